import { type ConnectionOptions, createSecureContext } from 'node:tls';
import type { Client, ClientOptions, Metadata } from '@grpc/grpc-js';
import { ConfigError, type Signal } from '@tailrace/core';
import { ABORTED, type NoAnswer } from '@tailrace/http';
import { MAX_RESPONSE_BYTES, readFailure } from './grpc-failure.ts';
import type { OtlpSinkConfig } from './options.ts';
import type { Targets } from './targets.ts';
import type { GrpcReply, StrangerReply, Transport } from './transport.ts';

type Grpc = typeof import('@grpc/grpc-js');

/** A longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const METHODS: Readonly<Record<Signal, string>> = {
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
};

/** Unary calls over gRPC (OTLP 1.11, “OTLP/gRPC”); the library, which is loaded here, repeats nothing by itself. */
export async function grpcTransport(
  config: OtlpSinkConfig,
  targets: Targets,
  headers: Readonly<Record<string, string>>,
  tls: ConnectionOptions,
): Promise<Transport> {
  const grpc = await import('@grpc/grpc-js');
  const metadata = metadataOf(grpc, headers);
  const channels = channelsOf((url) => openChannel(grpc, url, config, tls));
  return {
    async send(signal, body, stop) {
      const origin = targets[signal];
      const client = channels.get(origin);
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const reply = await call(grpc, client, METHODS[signal], bytes, metadata.clone(), config.connect_timeout, stop);
      // A channel waits longer and longer before it connects again, or trusts a dead connection for minutes; a new one does neither.
      if (reply.kind === 'none') channels.replace(origin, client);
      return reply;
    },
    close: channels.close,
  };
}

function metadataOf(grpc: Grpc, headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) {
    try {
      metadata.set(name, value);
    } catch {
      const at = name === 'authorization' ? ['auth'] : ['headers', name];
      throw new ConfigError(at, 'holds characters that gRPC metadata cannot have: only printable ASCII');
    }
  }
  return metadata;
}

/** Channels by where they go; those of the same place are one. */
function channelsOf(open: (url: URL) => Client) {
  const clients = new Map<string, Client>();
  return {
    get(url: URL): Client {
      const client = clients.get(url.origin) ?? open(url);
      clients.set(url.origin, client);
      return client;
    },
    /** Calls under way on the old one go on. */
    replace(url: URL, client: Client): void {
      if (clients.get(url.origin) === client) clients.delete(url.origin);
      client.close();
    },
    close(): void {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}

function openChannel(grpc: Grpc, url: URL, config: OtlpSinkConfig, tls: ConnectionOptions): Client {
  const secure = url.protocol === 'https:';
  const options: ClientOptions = {
    'grpc.primary_user_agent': 'tailrace',
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    // Backoff would be shared with other channels otherwise.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.max_send_message_length': config.max_bytes,
    'grpc.max_receive_message_length': MAX_RESPONSE_BYTES,
    ...(config.compression === 'gzip' && { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip }),
    ...(secure && tls.servername !== undefined && { 'grpc.ssl_target_name_override': tls.servername }),
  };
  const credentials = secure
    ? grpc.credentials.createFromSecureContext(createSecureContext(tls), {
        rejectUnauthorized: tls.rejectUnauthorized ?? true,
      })
    : grpc.credentials.createInsecure();
  return new grpc.Client(`${url.hostname}:${url.port || (secure ? 443 : 80)}`, credentials, options);
}

function call(
  grpc: Grpc,
  client: Client,
  method: string,
  body: Buffer,
  metadata: Metadata,
  connectTimeout: number,
  stop: AbortSignal,
): Promise<GrpcReply | StrangerReply | NoAnswer> {
  if (stop.aborted) return Promise.resolve(ABORTED);
  return new Promise((resolve) => {
    const asItIs = (bytes: Buffer): Buffer => bytes;
    let headers: Metadata | undefined;
    const under = client.makeUnaryRequest(method, asItIs, asItIs, body, metadata, {}, (error, response) => {
      end(
        error
          ? readFailure(error, (headers ?? error.metadata).getMap())
          : { kind: 'grpc', code: grpc.status.OK, message: '', body: response!, details: undefined },
      );
    });
    under.on('metadata', (received) => {
      headers = received;
    });
    const onStop = (): void => cancel(ABORTED);
    const timer = connectTimeout > 0 && setTimeout(onLate, Math.min(connectTimeout, LONGEST_TIMER_MS));
    function onLate(): void {
      const isReady = client.getChannel().getConnectivityState(false) === grpc.connectivityState.READY;
      if (!isReady) cancel({ kind: 'none', cause: 'refused', message: 'no connection within connect_timeout' });
    }
    function cancel(reply: NoAnswer): void {
      end(reply);
      under.cancel();
    }
    function end(reply: GrpcReply | StrangerReply | NoAnswer): void {
      if (timer) clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      resolve(reply);
    }
    stop.addEventListener('abort', onStop, { once: true });
  });
}
