import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, type Outcome, resolveConfig, type Signal } from '@tailrace/core';
import type { OtlpSignal } from '@tailrace/telemetry';
import { type Said, type SourceRun, sourceContext, sourceRun } from '@tailrace/testkit';
import { otlpSource } from './otlp-source.ts';

/** A source that listens on free ports of the loopback. */
export interface RunningSource {
  readonly said: Said;
  readonly run: SourceRun;
  /** Address of the gRPC listener, `host:port`. */
  readonly grpc: string;
  /** Of the HTTP listener. */
  readonly http: string;
  /** Lets what is held settle, now and from now on. */
  release(outcome: Outcome): void;
  /** Tells it to stop and waits until it has. */
  stop(): Promise<void>;
  /** Resolves when it has returned. */
  readonly ended: Promise<void>;
}

/** How a source runs in a test. */
export interface SourceSetup {
  /** Nothing settles before `release`. */
  readonly held?: boolean;
  readonly outcome?: (batch: Batch) => Outcome | Promise<Outcome>;
  readonly reads?: (signal: Signal) => boolean;
  readonly folder?: string;
}

const running: RunningSource[] = [];

/** Runs the source with these options until {@link stopSources}. */
export async function startSource(options: object = {}, setup: SourceSetup = {}): Promise<RunningSource> {
  const { context, said } = sourceContext(setup.folder);
  const { promise: released, resolve: release } = Promise.withResolvers<Outcome>();
  const outcome = setup.held ? () => released : (setup.outcome ?? ((): Outcome => 'delivered'));
  const run = sourceRun({ once: false, outcome });
  const anyPort = { address: '127.0.0.1:0' };
  const config = resolveConfig(otlpSource.config, { grpc: anyPort, http: anyPort, ...options });
  const source = await otlpSource.create({ config, context });
  const io = { ...run.io, reads: setup.reads ?? run.io.reads };
  const ended = source.run(io);
  await until(() => run.isReady());
  const addressOf = (name: string): string => {
    const messages = said.records.map(({ message }) => message);
    return messages.find((message) => message.includes(`over ${name} on `))?.split(' on ')[1] ?? '';
  };
  const stop = async (): Promise<void> => {
    run.abort.abort();
    release('errored');
    await ended;
  };
  const started = { said, run, grpc: addressOf('gRPC'), http: addressOf('HTTP'), release, stop, ended };
  running.push(started);
  return started;
}

/** Stops what a test started. */
export async function stopSources(): Promise<void> {
  await Promise.all(running.splice(0).map((source) => source.stop()));
}

/** Waits until it holds; fails after ten seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds(); await sleep(5)) {
    if (Date.now() > end) throw new Error('it did not come true within 10 s');
  }
}

/** A request of each signal as JSON, with `count` records that carry their number. */
export const REQUESTS: Readonly<Record<OtlpSignal, (count: number, text?: string) => object>> = {
  logs: (count, text = 'hello') => ({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeLogs: [{ logRecords: numbered(count, (n) => ({ timeUnixNano: `${n}`, body: { stringValue: text } })) }],
      },
    ],
  }),
  metrics: (count, text = 'requests') => ({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name: text, gauge: { dataPoints: numbered(count, (n) => ({ timeUnixNano: `${n}`, asInt: `${n}` })) } },
            ],
          },
        ],
      },
    ],
  }),
  traces: (count, text = 'GET /') => ({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: numbered(count, (n) => ({
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId: n.toString(16).padStart(16, '0'),
              name: text,
              startTimeUnixNano: `${n}`,
            })),
          },
        ],
      },
    ],
  }),
};

function numbered<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i + 1));
}

/** The same as protobuf, written by hand. */
export function requestBytes(signal: OtlpSignal, count: number, text?: string): Buffer {
  const record = RECORDS[signal];
  const records = numbered(count, (n) => record.of(n, text ?? record.text));
  return field(1, Buffer.concat([record.resource, field(2, record.inScope(records, text ?? record.text))]));
}

const TRACE_ID = Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex');

/** Fields by their numbers in opentelemetry/proto/{logs,metrics,trace}/v1. */
const RECORDS = {
  logs: {
    text: 'hello',
    resource: field(1, field(1, Buffer.concat([field(1, 'service.name'), field(2, field(1, 'shop'))]))),
    of: (n: number, text: string) => Buffer.concat([fixed(1, n), field(5, field(1, text))]),
    inScope: (records: Buffer[]) => Buffer.concat(records.map((record) => field(2, record))),
  },
  metrics: {
    text: 'requests',
    resource: Buffer.alloc(0),
    of: (n: number) => Buffer.concat([fixed(3, n), fixed(6, n)]),
    inScope: (records: Buffer[], text: string) =>
      field(2, Buffer.concat([field(1, text), field(5, Buffer.concat(records.map((record) => field(1, record))))])),
  },
  traces: {
    text: 'GET /',
    resource: Buffer.alloc(0),
    of: (n: number, text: string) => {
      const spanId = Buffer.alloc(8);
      spanId.writeUInt32BE(n, 4);
      return Buffer.concat([field(1, TRACE_ID), field(2, spanId), field(5, text), fixed(7, n)]);
    },
    inScope: (records: Buffer[]) => Buffer.concat(records.map((record) => field(2, record))),
  },
} as const;

/** A field with a length: text, bytes or a message. */
export function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const head = [(number << 3) | 2];
  let rest = bytes.length;
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...head, rest]), bytes]);
}

/** A field of eight bytes, little-endian. */
export function fixed(number: number, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = (number << 3) | 1;
  bytes.writeBigUInt64LE(BigInt(value), 1);
  return bytes;
}

/** How many records have come out of a source. */
export function recordsOf({ run }: RunningSource): number {
  return [...run.batches, ...run.records].reduce((sum, batch) => sum + batch.length, 0);
}
