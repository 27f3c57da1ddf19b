import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { defineSource, object, type RecordSignal } from '@tailrace/core';
import { loadPipeline, pluginEntries, printProblem, type RunSummary, runPipeline } from '@tailrace/runner';
import { cutRequest, type OtlpSignal, responseBytes } from '@tailrace/telemetry';
import { listenOnLoopback, type ScriptedAnswer, scriptedServer } from '@tailrace/testkit';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { otlpSink } from './otlp-sink.ts';
import { gaugeOf, grpcReceiver, recordBatchOf, spansOf } from './receiver.fixture.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otlp-sink-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Request {
  readonly signal: RecordSignal;
  readonly request: Uint8Array;
}

/** A source that emits a batch for each export request. */
function requestsSource(requests: readonly Request[]) {
  return defineSource({
    type: 'requests',
    summary: 'Export requests for a test.',
    output: ['metrics', 'traces'],
    config: object({}),
    examples: [],
    create: ({ context }) => ({
      async run(io) {
        io.ready();
        const settled: Promise<unknown>[] = [];
        for (const { signal, request } of requests) {
          const made = recordBatchOf(signal, request);
          const batch = context.newRecordBatch(signal, made.records(), made.columns);
          settled.push((await io.emit(batch, { bytes: 1 })).settled);
        }
        io.inputEnded?.();
        await Promise.all(settled);
      },
    }),
  });
}

/** Runs the requests through the runner into the sink, to the end. */
async function run(requests: readonly Request[], options: object): Promise<RunSummary> {
  const out = { type: 'otlp', inputs: ['in'], retry: { initial: '5ms', max: '50ms' }, max_wait: '20ms', ...options };
  const pipeline = {
    data_dir: 'data',
    metrics: { enabled: false },
    sources: { in: { type: 'requests' } },
    sinks: { out },
  };
  await writeFile(join(folder, 'pipeline.yaml'), JSON.stringify(pipeline));
  const plugins = pluginEntries([requestsSource(requests), otlpSink]);
  const loaded = await loadPipeline({ files: ['pipeline.yaml'], env: {}, plugins, cwd: folder });
  if (!loaded.config) throw new Error(loaded.problems.map(printProblem).join('\n'));
  const stop = new AbortController();
  return await runPipeline(loaded.config, { once: true, stop: stop.signal, log: quiet, version: '0', env: {} });
}

async function deadLetters(): Promise<{ code: string; message: string }[]> {
  const text = await readFile(join(folder, 'data', 'dead-letters.ndjson'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const spans = (count: number, name = 'get'): Request => ({ signal: 'traces', request: spansOf({ count, name }) });
const GAUGE: Request = { signal: 'metrics', request: gaugeOf('up') };

/** Records of a request, as text that can be compared. */
function recordsOf(signal: OtlpSignal, body: Uint8Array): string[] {
  const { text, start, end, length } = cutRequest(signal, body);
  return Array.from({ length }, (_, i) => Buffer.from(text.subarray(start[i], end[i])).toString('base64'));
}

const sentRecords = (requests: readonly Request[]): string[] =>
  requests.flatMap(({ signal, request }) => {
    const batch = recordBatchOf(signal, request);
    return Array.from({ length: batch.length }, (_, i) => Buffer.from(batch.record(i)).toString('base64'));
  });

/** A receiver over HTTP that tells what it got. */
async function httpReceiver(port = 0, delayMs = 0) {
  const got: string[] = [];
  const bodies: { signal: OtlpSignal; body: Uint8Array }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const signal = request.url!.slice('/v1/'.length) as OtlpSignal;
      const body = gunzipSync(Buffer.concat(chunks));
      // An empty request is the probe's.
      if (body.length > 0) bodies.push({ signal, body });
      got.push(...recordsOf(signal, body));
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(), delayMs);
    });
  });
  const listening = await listenOnLoopback(server, port);
  return { ...listening, got, bodies, url: `http://127.0.0.1:${listening.port}` };
}

test('every record arrives as it was, resources and scopes stand once in a request, signals are apart', async () => {
  const receiver = await httpReceiver();
  onTestFinished(receiver.stop);
  const other: Request = { signal: 'traces', request: spansOf({ scope: 'other' }) };
  const requests = [spans(3), spans(2, 'put'), other, spans(1), GAUGE];
  const summary = await run(requests, { endpoint: receiver.url, max_wait: '1s' });
  expect(summary.ok).toBe(true);
  expect(receiver.got.toSorted()).toEqual(sentRecords(requests).toSorted());
  expect(receiver.bodies.map(({ signal }) => signal).toSorted()).toEqual(['metrics', 'traces']);
  const traces = Buffer.from(receiver.bodies.find(({ signal }) => signal === 'traces')!.body).toString('latin1');
  expect(traces.split('service.name').length - 1).toBe(1);
  expect(traces.split('tracer').length - 1).toBe(1);
});

test('a body is never larger than max_bytes, and holds at most max_events', async () => {
  const receiver = await httpReceiver();
  onTestFinished(receiver.stop);
  const requests = [spans(60), spans(60)];
  await run(requests, { endpoint: receiver.url, max_bytes: 2000, max_events: 10 });
  expect(receiver.got.length).toBe(120);
  expect(Math.max(...receiver.bodies.map(({ body }) => body.length))).toBeLessThanOrEqual(2000);
  expect(Math.max(...receiver.bodies.map(({ body }) => recordsOf('traces', body).length))).toBeLessThanOrEqual(10);
});

test('JSON, which is longer, keeps to max_bytes too', async () => {
  const server = await scriptedServer([{ status: 200 }]);
  onTestFinished(() => server.stop());
  const options = { endpoint: server.url, protocol: 'http/json', max_bytes: 2000 };
  const summary = await run([spans(60)], options);
  expect(summary.components[1]).toMatchObject({ sent: 60, deadLettered: 0 });
  expect(Math.max(...server.requests.map(({ text }) => text.length))).toBeLessThanOrEqual(2000);
});

test('413 is halved until it fits; a record that is too large alone is a dead letter', async () => {
  const server = await scriptedServer((request) => ({
    status: recordsOf('traces', gunzipSync(request.body)).length > 2 || request.text.includes('huge') ? 413 : 200,
  }));
  onTestFinished(() => server.stop());
  const summary = await run([spans(9), spans(1, 'huge')], { endpoint: server.url });
  expect(summary.components[1]).toMatchObject({ sent: 9, deadLettered: 1 });
  expect(await deadLetters()).toMatchObject([{ code: 'request_too_large', message: 'status 413: an empty body' }]);
});

test('400 is bisected: one broken record costs no other', async () => {
  const server = await scriptedServer((request) =>
    request.text.includes('broken') ? { status: 400, body: 'bad record' } : { status: 200 },
  );
  onTestFinished(() => server.stop());
  const summary = await run([spans(20), spans(1, 'broken'), spans(20)], { endpoint: server.url });
  expect(summary.components[1]).toMatchObject({ sent: 40, deadLettered: 1 });
  expect(await deadLetters()).toMatchObject([{ code: 'request_refused', message: 'status 400: bad record' }]);
});

/** A server that answers in turn, but the probe's empty requests with success. */
async function exportsServer(answers: ScriptedAnswer[]) {
  let next = 0;
  const server = await scriptedServer(({ text }) => (text === '' ? { status: 200 } : answers[next++]!));
  onTestFinished(() => server.stop());
  return { server, exports: () => next };
}

test('500 is not sent again', async () => {
  const { server, exports } = await exportsServer([{ status: 500, body: 'boom' }, { status: 200 }]);
  const summary = await run([spans(5)], { endpoint: server.url });
  expect(exports()).toBe(1);
  expect(summary.components[1]).toMatchObject({ sent: 0, deadLettered: 5 });
});

test('what was rejected is in the dead letters with the target’s message, and the request is not sent again', async () => {
  const body = responseBytes('traces', { rejected: 2n, message: 'too old' }, 'protobuf');
  const answer = { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body };
  const { server, exports } = await exportsServer([answer, { status: 200 }]);
  const summary = await run([spans(3)], { endpoint: server.url });
  expect(exports()).toBe(1);
  expect(summary.components[1]).toMatchObject({ sent: 0, deadLettered: 3 });
  const message = 'the target rejected 2 of 3 records of the request and does not say which: too old';
  expect(await deadLetters()).toMatchObject([0, 1, 2].map(() => ({ code: 'records_rejected', message })));
});

test('what was rejected and is accepted so counts as discarded', async () => {
  const body = responseBytes('traces', { rejected: 2n, message: 'too old' }, 'protobuf');
  const answer = { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body };
  const { server } = await exportsServer([answer]);
  const summary = await run([spans(3)], { endpoint: server.url, partial_success: 'accept' });
  expect(summary.ok).toBe(true);
  expect(summary.components[1]).toMatchObject({ sent: 1, deadLettered: 0 });
  expect(JSON.stringify([...summary.components[1]!.discarded])).toContain('rejected_by_target');
});

test('a signal that the target does not serve does not hold the others back', async () => {
  let isServed = false;
  const got: string[] = [];
  const server = await scriptedServer(({ path, body }) => {
    if (path === '/v1/traces' && !isServed) return { status: 404 };
    got.push(...recordsOf(path.slice(4) as OtlpSignal, gunzipSync(body)));
    if (path === '/v1/metrics') isServed = true;
    return { status: 200 };
  });
  onTestFinished(() => server.stop());
  const summary = await run([spans(3), GAUGE], { endpoint: server.url, max_in_flight: 1 });
  expect(summary.components[1]).toMatchObject({ sent: 4, deadLettered: 0 });
  expect(got.length).toBe(4);
});

test.each(['http/protobuf', 'grpc'])('%s: a target that dies and comes back loses nothing', async (protocol) => {
  const requests = Array.from({ length: 40 }, (_, i) => spans(5, `span ${i}`));
  const got: string[] = [];
  const start = async (port: number) => {
    if (protocol !== 'grpc') {
      const receiver = await httpReceiver(port, 5);
      return { port: receiver.port, stop: receiver.stop, take: () => got.push(...receiver.got) };
    }
    const receiver = await grpcReceiver({ port, answer: () => ({ delayMs: 5 }) });
    const take = () => got.push(...receiver.calls.flatMap(({ signal, body }) => recordsOf(signal, body)));
    return { port: receiver.port, stop: receiver.stop, take };
  };
  let target = await start(0);
  const endpoint = `http://127.0.0.1:${target.port}`;
  const running = run(requests, { protocol, endpoint, max_events: 5, max_in_flight: 2 });
  for (let i = 0; i < 3; i++) {
    await sleep(30);
    await target.stop();
    target.take();
    await sleep(50);
    target = await start(target.port);
  }
  const summary = await running;
  await target.stop();
  target.take();
  expect(summary.ok).toBe(true);
  expect(summary.components[1]).toMatchObject({ sent: 200, deadLettered: 0 });
  expect(summary.components[1]!.sink!.retries).toBeGreaterThan(0);
  expect([...new Set(got)].toSorted()).toEqual(sentRecords(requests).toSorted());
});
