import { ConfigError, defineSource, type Source, type SourceContext, type SourceIo } from '@tailrace/core';
import { MAX_EVENT_BYTES } from '@tailrace/kernel';
import { type Admission, admission } from './admission.ts';
import { bearerCheck, readCredentials } from './credentials.ts';
import { decoder, freshStream, readingTime } from './decode.ts';
import { grpcListener } from './grpc-listener.ts';
import { httpExchange } from './http-exchange.ts';
import { httpListener } from './http-listener.ts';
import { intake } from './intake.ts';
import { type Address, keepOpening, type Listener, parseAddress } from './listening.ts';
import { type OtlpSourceConfig, otlpSourceOptions } from './options.ts';
import type { Reply } from './reply.ts';
import { sample } from './sample.ts';
import { within } from './within.ts';

/** Takes logs, metrics and traces as OTLP, over gRPC and HTTP. */
export const otlpSource = defineSource({
  type: 'otlp',
  output: ['logs', 'metrics', 'traces'],
  summary: 'Take logs, metrics and traces from OpenTelemetry SDKs and collectors: OTLP over gRPC and HTTP.',
  description: [
    'A request is answered when all its records have been delivered, or stand in a queue on the disk; dead letters count as accepted,',
    'because they are durable. Until then nothing is promised: a sender that hears 503 or UNAVAILABLE sends the request again.',
    'What the answers are, and how events look, stands in [OTLP](../../otlp.md).',
    '',
    'A log record becomes an event with `@timestamp`, `severity_text`, `body`, `attributes`, `resource` and so on; data points and',
    'spans keep their bytes. A signal that no component reads is refused. With `run --once` it does not listen: nothing is there to be read.',
  ].join('\n'),
  config: otlpSourceOptions,
  examples: [
    { title: 'From this machine, over both protocols', config: {} },
    {
      title: 'From other machines, over gRPC alone, with a token',
      config: { grpc: { address: '0.0.0.0:4317' }, http: false, auth: { bearer: `\${OTLP_TOKEN}` } },
    },
    {
      title: 'From machines that have a certificate of the company',
      config: {
        grpc: { address: '0.0.0.0:4317' },
        http: { address: '0.0.0.0:4318' },
        tls: { certificate: 'tls/server.pem', key: 'tls/server-key.pem', client_ca: 'tls/client-ca.pem' },
      },
    },
    {
      title: 'From a Collector that sends large requests over a slow line, to sinks that take their time',
      config: {
        grpc: false,
        max_compressed_bytes: '64MiB',
        max_body_bytes: '256MiB',
        max_in_flight_bytes: '512MiB',
        max_event_bytes: '1MiB',
        read_timeout: '2m',
        ack_timeout: '30s',
      },
    },
  ],
  create: ({ config, context }) => createSource(config, context),
  sample: ({ config, context, input }) => Promise.resolve(sample(config, context, input)),
});

/** How long a stopping source waits for connections whose requests are answered, in milliseconds. */
const DRAIN_MS = 2000;
/** A longer time would be over at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function createSource(config: OtlpSourceConfig, context: SourceContext): Source {
  check(config);
  const credentials = readCredentials(config.tls, context);
  const authorize = bearerCheck(config.auth.bearer);
  const grpc = config.grpc && parseAddress(config.grpc.address, ['grpc', 'address']);
  const http = config.http && parseAddress(config.http.address, ['http', 'address']);
  return {
    async run(io) {
      // Nothing waits anywhere before it is sent.
      if (io.once) return io.ready();
      const doors = admission(config.max_in_flight_bytes);
      const decode = decoder({
        context,
        maxEventBytes: config.max_event_bytes,
        stream: freshStream(context.componentId),
        now: readingTime,
      });
      const inside = intake({ io, context, admission: doors, decode, ackTimeoutMs: config.ack_timeout });
      const parts = { ...requestParts(config, context, io, doors), intake: inside, authorize, credentials };
      const listeners: Place[] = [];
      if (grpc) listeners.push({ name: 'gRPC', address: grpc, listener: grpcListener({ ...parts, address: grpc }) });
      if (http) {
        const listener = httpListener({ ...parts, address: http, exchange: httpExchange(parts) });
        listeners.push({ name: 'HTTP', address: http, listener });
      }
      await serve(listeners, context, io, () => inside.settled());
    },
  };
}

/** A listener and where it is to listen. */
interface Place {
  readonly name: string;
  readonly address: Address;
  readonly listener: Listener;
}

/** What both protocols read their requests with. */
function requestParts(config: OtlpSourceConfig, context: SourceContext, io: SourceIo, doors: Admission) {
  return {
    admission: doors,
    limits: { maxBytes: config.max_body_bytes, maxCompressedBytes: config.max_compressed_bytes },
    readTimeoutMs: config.read_timeout,
    signal: io.signal,
    onReply(reply: Reply): void {
      if (reply.reason !== 'accepted') context.countErrors(reply.code, 1);
      context.gauge('otlp_in_flight_bytes', 'Bytes of requests that are being read or have not settled.', doors.bytes);
      context.gauge('otlp_in_flight_requests', 'Requests that are being read or have not settled.', doors.requests);
    },
    onMalformed: () => context.countErrors('request_invalid', 1),
    onFailure(error: unknown): void {
      context.countErrors('source_threw', 1);
      context.log.error(
        { component: context.componentId, error },
        `${context.componentId}: a request failed: ${error}`,
      );
    },
  };
}

/** Listens until the signal; then takes nothing more, and answers what it has. */
async function serve(
  places: readonly Place[],
  context: SourceContext,
  io: SourceIo,
  settled: () => Promise<void>,
): Promise<void> {
  const stopped = new Promise<unknown>((resolve) => io.signal.addEventListener('abort', resolve, { once: true }));
  const opening = places.map(({ name, address, listener }) => keepOpening(listener, name, address, context, io.signal));
  const open = await Promise.all(opening);
  if (open.every((isOpen) => isOpen)) {
    io.ready();
    if (!io.signal.aborted) await stopped;
  }
  // The addresses are free from here on: a successor may take them.
  const drained = Promise.all(places.map(({ listener }) => listener.drain()));
  io.inputEnded?.();
  await settled();
  await within(drained, DRAIN_MS);
  for (const { listener } of places) listener.destroy();
}

function check(config: OtlpSourceConfig): void {
  const most = (option: 'max_body_bytes' | 'max_event_bytes', bytes: number, text: string): void => {
    if (config[option] < 1 || config[option] > bytes)
      throw new ConfigError([option], `must be from 1 byte to ${text}, is ${config[option]} bytes`);
  };
  most('max_body_bytes', 512 * 1024 ** 2, '512MiB');
  most('max_event_bytes', MAX_EVENT_BYTES, '4MiB');
  if (config.max_compressed_bytes < 1) throw new ConfigError(['max_compressed_bytes'], 'must be at least 1 byte');
  for (const option of ['ack_timeout', 'read_timeout'] as const) {
    if (config[option] < 1 || config[option] > LONGEST_TIMER_MS)
      throw new ConfigError([option], 'must be from 1ms to 24d');
  }
  if (config.max_in_flight_bytes < config.max_body_bytes) {
    throw new ConfigError(
      ['max_in_flight_bytes'],
      'must not be less than `max_body_bytes`, or the largest request never fits',
    );
  }
  if (!config.grpc && !config.http) throw new ConfigError(['grpc'], 'is off, and so is `http`: listen to one of them');
  if (config.auth.bearer && !/^[\x21-\x7e]+$/.test(config.auth.bearer.reveal()))
    throw new ConfigError(
      ['auth', 'bearer'],
      'must be one word of visible ASCII characters, because it stands in a header',
    );
}
