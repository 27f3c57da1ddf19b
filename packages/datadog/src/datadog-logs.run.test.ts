import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineSource, object } from '@tailrace/core';
import { loadPipeline, pluginEntries, printProblem, type RunSummary, runPipeline } from '@tailrace/runner';
import { batchOf, type DatadogIntake, datadogIntake } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { datadogLogs } from './datadog-logs.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
let intake: DatadogIntake;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'datadog-logs-'));
  intake = await datadogIntake();
});
afterEach(async () => {
  await intake.stop();
  await rm(folder, { recursive: true });
});

/** A source that emits one batch. */
function eventsSource(events: readonly object[]) {
  return defineSource({
    type: 'events',
    summary: 'Events for a test.',
    config: object({}),
    examples: [],
    create: ({ context }) => ({
      async run(io) {
        io.ready();
        const made = batchOf(events);
        const { settled } = await io.emit(context.newBatch(made.events(), made.columns), { bytes: 1 });
        io.inputEnded?.();
        await settled;
      },
    }),
  });
}

/** Runs the events through the runner into the sink, to the end. */
async function run(events: readonly object[], options: object = {}): Promise<RunSummary> {
  const retry = { initial: '5ms', max: '50ms' };
  const out = {
    type: 'datadog_logs',
    inputs: ['in'],
    api_key: 'key',
    url: intake.url,
    retry,
    max_wait: '20ms',
    ...options,
  };
  const pipeline = {
    data_dir: 'data',
    metrics: { enabled: false },
    sources: { in: { type: 'events' } },
    sinks: { out },
  };
  await writeFile(join(folder, 'pipeline.yaml'), JSON.stringify(pipeline));
  const plugins = pluginEntries([eventsSource(events), datadogLogs]);
  const loaded = await loadPipeline({ files: ['pipeline.yaml'], env: {}, plugins, cwd: folder });
  if (!loaded.config) throw new Error(loaded.problems.map(printProblem).join('\n'));
  const stop = new AbortController();
  return await runPipeline(loaded.config, { once: true, stop: stop.signal, log: quiet, version: '0', env: {} });
}

async function deadLetters(): Promise<{ code: string; message: string; event: { n: number } }[]> {
  const text = await readFile(join(folder, 'data', 'dead-letters.ndjson'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const numbered = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, n) => ({
    '@timestamp': new Date().toISOString(),
    message: `event ${n}`,
    n,
    ...more,
  }));
const arrived = () => intake.logs.entries.map(({ n }) => n as number).toSorted((a, b) => a - b);
const answers = () => intake.requests.map(({ status }) => status);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

test('2,500 events are three requests, and each one arrives as it was', async () => {
  const events = numbered(2500, { x: 1.5, deep: { a: ['b'] } });
  expect((await run(events)).ok).toBe(true);
  expect(answers()).toEqual([202, 202, 202]);
  const logs = intake.logs.entries.toSorted((a, b) => (a['n'] as number) - (b['n'] as number));
  expect(logs).toMatchObject(events);
});

test('events of 1 MB go four a request, below 5 MB', async () => {
  const events = numbered(9, { text: 'x'.repeat(2_000_000) });
  expect((await run(events)).ok).toBe(true);
  expect(arrived()).toEqual(upTo(9));
  expect(answers()).toEqual([202, 202, 202]);
  expect(intake.logs.cut).toEqual([]);
});

describe('a request that is not taken', () => {
  test('is split after 413, and each event arrives once', async () => {
    intake.fault({ status: 413, body: { errors: ['too large'] } }, { status: 413, body: { errors: ['too large'] } });
    expect((await run(numbered(100))).ok).toBe(true);
    expect(arrived()).toEqual(upTo(100));
    expect(answers().toSorted()).toEqual([202, 202, 202, 413, 413]);
  });

  test('is a dead letter as a single event after 413', async () => {
    intake.fault({ status: 413, body: { errors: ['too large'] } });
    await run(numbered(1));
    expect(await deadLetters()).toMatchObject([{ code: 'request_too_large', message: 'too large', event: { n: 0 } }]);
  });

  test('waits after 403, and nothing is lost', async () => {
    const no = { status: 403, body: { errors: [{ status: '403', title: 'Forbidden' }] } };
    intake.fault(no, no, no);
    const { components } = await run(numbered(20));
    expect(arrived()).toEqual(upTo(20));
    expect(answers()).toEqual([403, 403, 403, 202]);
    const out = components.find(({ id }) => id === 'out');
    expect(out?.errors).toEqual(new Map([['forbidden', 60]]));
  });

  test('is halved after 400 until the event is found', async () => {
    const events = numbered(8).map((event, n) => (n === 5 ? { ...event, bad: true } : event));
    await intake.stop();
    intake = await datadogIntake({ refuses: (log) => (log['bad'] === true ? 'bad' : undefined) });
    await run(events);
    expect(arrived()).toEqual([0, 1, 2, 3, 4, 6, 7]);
    expect(await deadLetters()).toMatchObject([{ code: 'request_refused', event: { n: 5 } }]);
  });

  test.each([408, 429, 500, 502, 503])('is sent again after %i', async (status) => {
    intake.fault({ status });
    expect((await run(numbered(10))).ok).toBe(true);
    expect(arrived()).toEqual(upTo(10));
    expect(answers()).toEqual([status, 202]);
  });

  test('is sent again after Retry-After', async () => {
    intake.fault({ status: 429, headers: { 'retry-after': '1' } });
    const started = performance.now();
    await run(numbered(1));
    expect(performance.now() - started).toBeGreaterThan(990);
    expect(arrived()).toEqual([0]);
  });

  test('is sent again when the connection breaks', async () => {
    intake.fault('reset');
    expect((await run(numbered(10))).ok).toBe(true);
    expect(arrived()).toEqual(upTo(10));
  });
});

test('events that are too old become dead letters, the others arrive', async () => {
  const old = { '@timestamp': '2024-05-31T00:00:00Z', message: 'old', n: 100 };
  await run([...numbered(3), old], { on_too_old: 'dead_letter' });
  expect(arrived()).toEqual(upTo(3));
  expect(await deadLetters()).toMatchObject([{ code: 'event_too_old', event: { n: 100 } }]);
});
