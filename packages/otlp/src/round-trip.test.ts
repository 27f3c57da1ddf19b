import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline, pluginEntries, printProblem, runPipeline } from '@tailrace/runner';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { otlpSink } from './sink/otlp-sink.ts';
import { callExport, closeClients } from './source/grpc.fixture.ts';
import { otlpSource } from './source/otlp-source.ts';
import { field, fixed, type RunningSource, startSource, stopSources, until } from './source/source.fixture.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let folder = '';
let stop = new AbortController();
let ended: Promise<unknown> = Promise.resolve();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otlp-round-trip-'));
  stop = new AbortController();
});
afterEach(async () => {
  closeClients();
  stop.abort();
  await ended;
  await stopSources();
  await rm(folder, { recursive: true });
});

/** Runs source → sink in the middle; `to` is where it sends. Gives the address of its gRPC listener. */
async function startMiddle(to: object, queue: 'memory' | 'disk'): Promise<string> {
  const pipeline = {
    data_dir: 'data',
    metrics: { enabled: false },
    sources: { in: { type: 'otlp', grpc: { address: '127.0.0.1:0' }, http: false } },
    sinks: { out: { type: 'otlp', inputs: ['in'], max_wait: '10ms', queue: { type: queue }, ...to } },
  };
  await writeFile(join(folder, 'pipeline.yaml'), JSON.stringify(pipeline));
  const plugins = pluginEntries([otlpSource, otlpSink]);
  const loaded = await loadPipeline({ files: ['pipeline.yaml'], env: {}, plugins, cwd: folder });
  if (!loaded.config) throw new Error(loaded.problems.map(printProblem).join('\n'));
  let address = '';
  const info = (_details: object, message: string): void => {
    if (message.includes('over gRPC on ')) address = message.split(' on ')[1]!;
  };
  const log = { ...quiet, info };
  ended = runPipeline(loaded.config, { once: false, stop: stop.signal, log, version: '0', env: {} });
  await until(() => address !== '');
  return address;
}

const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);
const text = (key: string, value: string): Buffer => message(field(1, key), field(2, field(1, value)));
const TRACE_ID = Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex');
const SPAN_ID = Buffer.from('b7ad6b7169203331', 'hex');
/** Field 1000, which no message of OTLP has. */
const UNKNOWN = Buffer.from([0xc2, 0x3e, 3, 1, 2, 3]);
const CONTEXT = [
  text('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
  text('tracestate', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'),
  text('baggage', 'user=Am%C3%A9lie;prop=1,tenant=7'),
];
const RESOURCE = field(1, message(field(1, text('service.name', 'shop')), Buffer.from([0x10, 2]), UNKNOWN));
const SCOPE = field(1, message(field(1, 'library'), field(2, '1.2'), field(3, text('scoped', 'yes')), UNKNOWN));
const SCHEMA = field(3, 'https://opentelemetry.io/schemas/1.30.0');

/** A request of one resource and scope, both with a schema. */
const request = (records: readonly Buffer[]): Buffer =>
  field(1, message(RESOURCE, field(2, message(SCOPE, ...records.map((record) => field(2, record)), SCHEMA)), SCHEMA));

const SPAN = message(
  field(1, TRACE_ID),
  field(2, SPAN_ID),
  field(3, 'rojo=00f067aa0ba902b7'),
  field(4, Buffer.from('00f067aa0ba902b7', 'hex')),
  field(5, 'GET /'),
  Buffer.from([0x30, 2]), // kind: server
  fixed(7, 1_700_000_000_000_000_001n),
  fixed(8, 1_700_000_000_000_000_999n),
  ...CONTEXT.map((attribute) => field(9, attribute)),
  Buffer.from([0x50, 3]), // dropped attributes
  field(11, message(fixed(1, 5), field(2, 'event'), field(3, text('k', 'v')), Buffer.from([0x20, 1]))),
  field(13, message(field(1, TRACE_ID), field(2, SPAN_ID), field(3, 'a=b'), field(4, text('l', 'w')))),
  field(15, message(field(2, 'failed'), Buffer.from([0x18, 2]))),
  Buffer.from([0x85, 0x01, 1, 3, 0, 0]), // flags, fixed32: sampled, is_remote
  UNKNOWN,
);
const POINT = message(
  fixed(2, 1000),
  fixed(3, 2000),
  Buffer.from([0x31, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), // as_int: 2^63 - 1
  field(5, message(fixed(2, 1500), field(4, SPAN_ID), field(5, TRACE_ID), UNKNOWN)),
  ...CONTEXT.map((attribute) => field(7, attribute)),
  UNKNOWN,
);
const METRIC = message(
  field(1, 'requests'),
  field(2, 'how many'),
  field(3, '1'),
  field(7, message(field(1, POINT), field(1, fixed(3, 3000)), Buffer.from([0x10, 2, 0x18, 1]), UNKNOWN)),
  UNKNOWN,
);
const LOG = message(
  fixed(1, 1_700_000_000_123_456_789n),
  fixed(11, 1_700_000_000_200_000_000n),
  Buffer.from([0x10, 9]),
  field(3, 'Information'),
  field(
    5,
    field(6, message(field(1, message(field(1, 'n'), field(2, Buffer.from([0x18, 42])))), field(1, text('s', 't')))),
  ),
  ...CONTEXT.map((attribute) => field(6, attribute)),
  field(6, message(field(1, 'double'), field(2, Buffer.from([0x21, 0, 0, 0, 0, 0, 0, 0x14, 0x40])))), // 5.0
  field(6, message(field(1, 'bytes'), field(2, field(7, Buffer.from([0, 255]))))),
  Buffer.from([0x38, 4]),
  Buffer.from([0x45, 1, 0, 0, 0]), // flags, fixed32
  field(9, TRACE_ID),
  field(10, SPAN_ID),
  field(12, 'session.start'),
);

/** The one record of each batch that arrived, with what stands above it. */
const arrived = ({ run }: RunningSource): string[] =>
  run.records.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, i) =>
      [batch.envelopeOf(i), batch.record(i)].map((bytes) => Buffer.from(bytes).toString('hex')).join(' '),
    ),
  );

test.each([
  ['gRPC', 'memory'],
  ['gRPC', 'disk'],
  ['HTTP', 'memory'],
] as const)('over %s, with a queue in %s: spans, points and logs come out as they went in', async (protocol, queue) => {
  const direct = await startSource();
  const target = await startSource();
  const to =
    protocol === 'gRPC'
      ? { protocol: 'grpc', endpoint: `http://${target.grpc}` }
      : { protocol: 'http/protobuf', endpoint: `http://${target.http}` };
  const middle = await startMiddle(to, queue);
  for (const [signal, body] of [
    ['traces', request([SPAN])],
    ['metrics', request([METRIC])],
    ['logs', request([LOG])],
  ] as const) {
    expect((await callExport(direct.grpc, signal, body)).code, signal).toBe(0);
    expect((await callExport(middle, signal, body)).code, signal).toBe(0);
  }
  await until(() => target.run.records.length === 2 && target.run.batches.length === 1);
  expect(arrived(target).toSorted()).toEqual(arrived(direct).toSorted());
  expect(arrived(target).join('\n')).toContain(SPAN.toString('hex'));
  expect(arrived(target).join('\n')).toContain(POINT.toString('hex'));
  expect(target.run.events()).toEqual(direct.run.events());
  expect(target.run.batches[0]!.text(0)).toBe(direct.run.batches[0]!.text(0));
  expect(target.run.events()[0]).toMatchObject({
    trace_id: TRACE_ID.toString('hex'),
    span_id: SPAN_ID.toString('hex'),
    flags: 1,
    attributes: { tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', baggage: 'user=Am%C3%A9lie;prop=1,tenant=7' },
  });
});
