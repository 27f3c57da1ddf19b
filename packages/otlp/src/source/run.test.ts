import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, defineSink, type EncodedBatch, type Log, object, type Signal, type Verdict } from '@tailrace/core';
import { loadPipeline, pluginEntries, printProblem, type RunSummary, runPipeline } from '@tailrace/runner';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callExport, closeClients } from './grpc.fixture.ts';
import { otlpSource } from './otlp-source.ts';
import { requestBytes, until } from './source.fixture.ts';

let folder = '';
const stops: (() => Promise<RunSummary>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otlp-run-'));
});
afterEach(async () => {
  closeClients();
  for (const stop of stops.splice(0)) await stop();
  await rm(folder, { recursive: true });
});

/** A target that answers as it is told, and what it was sent. */
function target(input: readonly Signal[], answer: (body: EncodedBatch) => Verdict | Promise<Verdict>) {
  const taken: { signal: Signal; text: string }[] = [];
  const encoder = new TextEncoder();
  const declaration = defineSink({
    type: 'target',
    input,
    summary: 'A target for a test.',
    config: object({}),
    examples: [],
    create: () => ({
      limits: { bytes: 1 << 20, events: 1000, waitMs: 5 },
      maxInFlight: 4,
      encode(batch: Batch, from: number, to: number, out) {
        for (let i = from; i < to; i++) if (!out.append(encoder.encode(`${batch.text(i)}\n`))) return i;
        return to;
      },
      async send(body) {
        const verdict = await answer(body);
        const lines = Buffer.from(body.bytes).toString().trimEnd().split('\n');
        if (verdict.kind === 'done') taken.push(...lines.map((text) => ({ signal: body.signal, text })));
        return verdict;
      },
    }),
  });
  return { taken, declaration };
}

type Target = ReturnType<typeof target>;

/** Runs a pipeline from the source into the target until it is stopped. */
async function start({ declaration }: Target, source: object = {}, sink: object = {}, shutdown = '5s') {
  const pipeline = {
    data_dir: 'data',
    metrics: { enabled: false },
    shutdown_timeout: shutdown,
    sources: { in: { type: 'otlp', grpc: { address: '127.0.0.1:0' }, http: { address: '127.0.0.1:0' }, ...source } },
    sinks: { out: { type: 'target', inputs: ['in'], retry: { initial: '5ms', max: '20ms' }, ...sink } },
  };
  await writeFile(join(folder, 'pipeline.yaml'), JSON.stringify(pipeline));
  const plugins = pluginEntries([otlpSource, declaration]);
  const loaded = await loadPipeline({ files: ['pipeline.yaml'], env: {}, plugins, cwd: folder });
  if (!loaded.config) throw new Error(loaded.problems.map(printProblem).join('\n'));
  const messages: string[] = [];
  const info = (_details: object, message: string): void => void messages.push(message);
  const log: Log = { debug() {}, info, warn: info, error: info };
  const abort = new AbortController();
  const ended = runPipeline(loaded.config, { once: false, stop: abort.signal, log, version: '0', env: {} });
  const stop = async (): Promise<RunSummary> => {
    abort.abort();
    return await ended;
  };
  stops.push(stop);
  const addressOf = (name: string): string | undefined =>
    messages.find((message) => message.includes(`over ${name} on`))?.split(' on ')[1];
  await until(() => addressOf('gRPC') !== undefined && addressOf('HTTP') !== undefined);
  return { grpc: addressOf('gRPC')!, http: addressOf('HTTP')!, stop };
}

const done: Verdict = { kind: 'done', refused: [] };
const busy: Verdict = { kind: 'retry', code: 'server_busy', message: 'later' };
const ALL = ['logs', 'metrics', 'traces'] as const;

const post = (http: string, signal: string, body: Buffer): Promise<Response> =>
  fetch(`http://${http}/v1/${signal}`, { method: 'POST', body, headers: { 'content-type': 'application/x-protobuf' } });

test('all three signals reach a sink that takes them; the books are even', async () => {
  const out = target(ALL, () => done);
  const { grpc, http, stop } = await start(out);
  for (const signal of ALL) {
    expect((await callExport(grpc, signal, requestBytes(signal, 20))).code).toBe(0);
    expect((await post(http, signal, requestBytes(signal, 30))).status).toBe(200);
    expect(out.taken.filter((record) => record.signal === signal)).toHaveLength(50);
  }
  const summary = await stop();
  expect(summary.components.map(({ received, inFlight }) => [received, inFlight])).toEqual([
    [150, 0],
    [150, 0],
  ]);
});

test('a signal that the sink does not take is refused', async () => {
  const out = target(['logs'], () => done);
  const { grpc, http } = await start(out);
  expect((await post(http, 'traces', requestBytes('traces', 1))).status).toBe(404);
  expect((await callExport(grpc, 'metrics', requestBytes('metrics', 1))).code).toBe(12);
  expect((await post(http, 'logs', requestBytes('logs', 1))).status).toBe(200);
});

test('a dead target: UNAVAILABLE after ack_timeout, RESOURCE_EXHAUSTED once the queue is full, delivered when it is back', async () => {
  let isDead = true;
  const out = target(['logs'], () => (isDead ? busy : done));
  const { grpc, http } = await start(out, { ack_timeout: '150ms' }, { queue: { max_bytes: 30_000 } });
  const body = requestBytes('logs', 50);
  expect((await callExport(grpc, 'logs', body)).code).toBe(14);
  const answers: number[] = [];
  for (let k = 0; k < 4; k++) answers.push((await post(http, 'logs', body)).status);
  expect(answers.at(-1)).toBe(429);
  expect(await callExport(grpc, 'logs', body)).toMatchObject({ code: 8, status: { retryAfterMs: 1000 } });
  const accepted = 1 + answers.filter((status) => status === 503).length;

  isDead = false;
  await until(() => out.taken.length === accepted * 50);
  expect((await callExport(grpc, 'logs', body)).code).toBe(0);
  expect(out.taken).toHaveLength((accepted + 1) * 50);
});

test('a queue on the disk settles while the target is dead; after a restart everything arrives once', async () => {
  let isDead = true;
  const out = target(ALL, () => (isDead ? busy : done));
  const queue = { queue: { type: 'disk' } };
  const first = await start(out, {}, queue, '100ms');
  for (const signal of ALL) {
    expect((await callExport(first.grpc, signal, requestBytes(signal, 40))).code).toBe(0);
  }
  expect(out.taken).toEqual([]);
  await first.stop();
  isDead = false;
  await start(out, {}, queue);
  await until(() => out.taken.length === 120);
  expect(new Set(out.taken.map(({ text }) => text)).size).toBe(120);
});

test('dead letters are durable, so their request is accepted', async () => {
  const out = target(['logs'], ({ entries }) => ({
    kind: 'done',
    refused: Array.from({ length: entries }, (_, index) => ({
      index,
      retry: false,
      code: 'document_refused' as const,
      message: 'no',
    })),
  }));
  const { grpc } = await start(out);
  expect((await callExport(grpc, 'logs', requestBytes('logs', 3))).code).toBe(0);
  const letters = (await readFile(join(folder, 'data', 'dead-letters.ndjson'), 'utf8')).trimEnd().split('\n');
  expect(letters).toHaveLength(3);
});
