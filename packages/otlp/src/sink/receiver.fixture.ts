import { randomBytes } from 'node:crypto';
import {
  Server as GrpcServer,
  Metadata,
  type Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { RecordBatch, type RecordSignal, type Signal } from '@tailrace/core';
import { cutRequest, statusBytes } from '@tailrace/telemetry';

/** A call that a gRPC receiver got. */
export interface Call {
  readonly signal: Signal;
  readonly body: Buffer;
  readonly metadata: Metadata;
}

/** What it answers; without a code it is OK with that response. */
export interface CallAnswer {
  readonly code?: keyof typeof status;
  readonly message?: string;
  readonly response?: Uint8Array;
  /** Put into a google.rpc.Status as a RetryInfo. */
  readonly retryAfterMs?: number;
  readonly delayMs?: number;
}

/** An OTLP receiver over gRPC whose every answer the test decides. */
export interface GrpcReceiver {
  readonly port: number;
  readonly calls: Call[];
  play(answer: (call: Call) => CallAnswer): void;
  stop(): Promise<void>;
}

interface ReceiverOptions {
  readonly answer?: (call: Call) => CallAnswer;
  readonly signals?: readonly Signal[];
  readonly credentials?: ServerCredentials;
  readonly port?: number;
  readonly host?: string;
}

const SERVICES = {
  logs: 'logs.v1.LogsService',
  metrics: 'metrics.v1.MetricsService',
  traces: 'trace.v1.TraceService',
} as const;

/** Serves OTLP over gRPC on a loopback port. */
export async function grpcReceiver(options: ReceiverOptions = {}): Promise<GrpcReceiver> {
  const { signals = ['logs', 'metrics', 'traces'], credentials = ServerCredentials.createInsecure() } = options;
  const calls: Call[] = [];
  let decide: (call: Call) => CallAnswer = options.answer ?? (() => ({}));
  const server = new GrpcServer({ 'grpc.max_receive_message_length': 4 * 1024 ** 2 });
  for (const signal of signals) {
    server.addService(serviceOf(signal), {
      Export: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
        const received = { signal, body: call.request, metadata: call.metadata };
        calls.push(received);
        const decided = decide(received);
        setTimeout(() => answer(...callbackArguments(decided)), decided.delayMs ?? 0);
      },
    });
  }
  const port = await bind(server, `${options.host ?? '127.0.0.1'}:${options.port ?? 0}`, credentials);
  return {
    port,
    calls,
    play: (answer) => {
      decide = answer;
    },
    stop: () => Promise.resolve(server.forceShutdown()),
  };
}

function serviceOf(signal: Signal): ServiceDefinition {
  const asItIs = (bytes: Buffer): Buffer => bytes;
  return {
    Export: {
      path: `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize: asItIs,
      responseDeserialize: asItIs,
    },
  };
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

type CallbackArguments = Parameters<sendUnaryData<Buffer>>;

function callbackArguments({ code = 'OK', message = '', response, retryAfterMs }: CallAnswer): CallbackArguments {
  if (code === 'OK') return [null, Buffer.from(response ?? [])];
  const metadata = new Metadata();
  if (retryAfterMs !== undefined) {
    const details = statusBytes({ code: status[code], message, retryAfterMs });
    metadata.set('grpc-status-details-bin', Buffer.from(details));
  }
  return [{ code: status[code], details: message, metadata }];
}

/** A batch of the records of an export request. */
export function recordBatchOf<S extends RecordSignal>(signal: S, request: Uint8Array): RecordBatch<S> {
  const { text, start, end, length, envelopes, envelope, seconds, nanos } = cutRequest(signal, request);
  const offset = Float64Array.from({ length }, (_, i) => i);
  return RecordBatch.fromSource(
    signal,
    { text, start, end, length, envelopes, envelope },
    {
      streams: [{ id: 'streamstreamstre', source: 'tested', label: 'test', firstSeen: 0, replayBelow: 0 }],
      stream: new Uint16Array(length),
      offset,
      endOffset: offset.map((from) => from + 1),
      sub: new Uint32Array(length),
      seconds,
      nanos,
    },
  );
}

interface SpanOptions {
  readonly resource?: string;
  readonly scope?: string;
  readonly count?: number;
  readonly name?: string;
  readonly size?: number;
}

/** An export request of spans of one resource and scope, with a field that no version of OTLP knows in each. */
export function spansOf({
  resource = 'shop',
  scope = 'tracer',
  count = 1,
  name = 'get',
  size = 0,
}: SpanOptions = {}): Uint8Array {
  const attribute = message(field(1, 'service.name'), field(2, message(field(1, resource))));
  const spans = Array.from({ length: count }, (_, i) =>
    field(
      2,
      message(
        field(1, randomBytes(16)),
        field(2, randomBytes(8)),
        field(5, `${name} ${i}${'x'.repeat(size)}`),
        field(900, 'new'),
      ),
    ),
  );
  const scopeSpans = message(field(1, message(field(1, scope))), ...spans);
  return message(field(1, message(field(1, message(field(1, attribute))), field(2, scopeSpans))));
}

/** An export request of one point of a gauge. */
export function gaugeOf(name: string): Uint8Array {
  const point = message(field(7, message(field(1, 'key'))));
  const metric = message(field(1, name), field(5, message(field(1, point))));
  return message(field(1, message(field(2, message(field(2, metric))))));
}

function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

/** A field with a length (wire type 2). */
function field(number: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.of(...bytes, rest);
    bytes.push((rest % 128) + 128);
  }
}
