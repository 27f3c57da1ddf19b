import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type {
  ServerCredentials as GrpcCredentials,
  handleUnaryCall,
  Server,
  ServerInterceptor,
  ServiceDefinition,
} from '@grpc/grpc-js';
import type { OtlpSignal } from '@tailrace/telemetry';
import { responseBody } from './answer.ts';
import type { ServerCredentials } from './credentials.ts';
import {
  authorizationOf,
  type CallParts,
  type Grpc,
  grpcStatus,
  type IncomingCall,
  incomingCall,
} from './grpc-call.ts';
import type { Intake } from './intake.ts';
import { type Address, type Listener, printAddress } from './listening.ts';
import { type Refused, type Reply, refused } from './reply.ts';

/** What a gRPC listener works with. */
export interface GrpcParts extends CallParts {
  readonly address: Address;
  readonly credentials: ServerCredentials | null;
  readonly intake: Intake;
  readonly authorize: (header: string | undefined) => Refused | null;
  /** Something of ours failed. */
  onFailure(error: unknown): void;
}

const SERVICES: readonly (readonly [OtlpSignal, string])[] = [
  ['logs', 'opentelemetry.proto.collector.logs.v1.LogsService'],
  ['metrics', 'opentelemetry.proto.collector.metrics.v1.MetricsService'],
  ['traces', 'opentelemetry.proto.collector.trace.v1.TraceService'],
];

const OPTIONS = {
  // Lengths are checked as they come in.
  'grpc.max_receive_message_length': -1,
  'grpc.max_concurrent_streams': 128,
  // Finds out about senders that are gone without a word.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
} as const;

/** OTLP over gRPC (OTLP 1.11, "OTLP/gRPC"). grpc-js is loaded when it opens. */
export function grpcListener(parts: GrpcParts): Listener {
  let server: Server | undefined;
  return {
    async open() {
      const grpc = await import('@grpc/grpc-js');
      // grpc-js would write to standard error, and keep why to itself.
      await checkFree(parts.address);
      const fresh = createServer(grpc, parts);
      const port = await new Promise<number>((resolve, reject) => {
        const at = printAddress(parts.address);
        fresh.bindAsync(at, credentialsOf(grpc, parts.credentials), (error, bound) =>
          error ? reject(error) : resolve(bound),
        );
      });
      server = fresh;
      return printAddress({ ...parts.address, port });
    },
    drain: () =>
      new Promise((resolve) => {
        if (server) server.tryShutdown(() => resolve());
        else resolve();
      }),
    destroy: () => server?.forceShutdown(),
  };
}

/** Rejects with the system's reason when the address cannot be listened on. */
async function checkFree({ host, port }: Address): Promise<void> {
  const probe = createTcpServer().listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

function credentialsOf(grpc: Grpc, credentials: ServerCredentials | null): GrpcCredentials {
  if (!credentials) return grpc.ServerCredentials.createInsecure();
  const { certificate, key, clientCa } = credentials;
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
  return grpc.ServerCredentials.createSsl(clientCa === null ? null : Buffer.from(clientCa), [pair], clientCa !== null);
}

function createServer(grpc: Grpc, parts: GrpcParts): Server {
  /** The calls whose requests are whole, by the bytes of those. */
  const calls = new WeakMap<Uint8Array, IncomingCall>();
  const server = new grpc.Server({ ...OPTIONS, interceptors: [admitting(grpc, parts, calls)] });
  for (const [signal, service] of SERVICES) {
    server.addService(definitionOf(service), { Export: exporter(grpc, signal, parts, calls) });
  }
  return server;
}

/** The Export method of a service; messages are bytes. */
function definitionOf(service: string): ServiceDefinition {
  const asBytes = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const asTheyAre = (bytes: Buffer): Uint8Array => bytes;
  return {
    Export: {
      path: `/${service}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asBytes,
      requestDeserialize: asTheyAre,
      responseSerialize: asBytes,
      responseDeserialize: asTheyAre,
    },
  };
}

/** Judges each call before any of its body is read. */
function admitting(grpc: Grpc, parts: GrpcParts, calls: WeakMap<Uint8Array, IncomingCall>): ServerInterceptor {
  return (method, call) => {
    const incoming = incomingCall(grpc, call, parts, (body) => void (incoming && calls.set(body, incoming)));
    const signal = SERVICES.find(([, service]) => method.path === `/${service}/Export`)?.[0];
    return new grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, proceed) {
            if (!incoming || !signal) {
              return call.sendStatus(grpcStatus(grpc, refused('failed', 'this version of grpc-js is not known')));
            }
            const early = parts.authorize(authorizationOf(metadata)) ?? parts.intake.refusal(signal);
            if (early) return incoming.refuse(early);
            incoming
              .admit(() => parts.intake.refusal(signal))
              .then((refusal) => (refusal ? incoming.refuse(refusal) : proceed(metadata)))
              .catch(parts.onFailure);
          },
          onReceiveHalfClose(proceed) {
            const refusal = incoming?.ended();
            if (refusal) incoming?.refuse(refusal);
            else proceed();
          },
          onCancel: () => incoming?.close(),
        }),
    });
  };
}

function exporter(
  grpc: Grpc,
  signal: OtlpSignal,
  { intake, onReply, onFailure }: GrpcParts,
  calls: WeakMap<Uint8Array, IncomingCall>,
): handleUnaryCall<Uint8Array, Uint8Array> {
  const answer = async (body: Uint8Array): Promise<Reply> => {
    const incoming = calls.get(body);
    if (!incoming) throw new Error('a request came past the admission');
    return await intake.take({ signal, format: 'protobuf', body, hold: incoming.handOver() });
  };
  return (call, callback) => {
    const done = (reply: Reply): void => {
      onReply(reply);
      if (reply.reason === 'accepted') callback(null, responseBody(signal, 'protobuf', reply));
      else callback(grpcStatus(grpc, reply));
    };
    answer(call.request).then(done, (error: unknown) => {
      onFailure(error);
      callback(grpcStatus(grpc, refused('failed', 'a fault of this collector: see its log')));
    });
  };
}
