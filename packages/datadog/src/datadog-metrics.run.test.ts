import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineSource, object } from '@tailrace/core';
import { loadPipeline, pluginEntries, printProblem, type RunSummary, runPipeline } from '@tailrace/runner';
import type { MetricPoint } from '@tailrace/telemetry';
import {
  type DatadogIntake,
  datadogIntake,
  metricsRoutes,
  type StoredSeries,
  storedSeries,
  storedSum,
  type TakenMetrics,
  takenMetrics,
} from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { datadogMetrics } from './datadog-metrics.ts';
import { recordsOf } from './metrics/batch.fixture.ts';
import { ago, attributes, histogram, point } from './metrics/points.fixture.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
let taken: TakenMetrics;
let intake: DatadogIntake;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'datadog-metrics-'));
  taken = takenMetrics();
  intake = await datadogIntake({ routes: metricsRoutes(taken) });
});
afterEach(async () => {
  await intake.stop();
  await rm(folder, { recursive: true });
});

/** A source that emits one batch per list of points, and waits until each has ended. */
function pointsSource(scrapes: readonly (readonly MetricPoint[])[]) {
  return defineSource({
    type: 'points',
    summary: 'Data points for a test.',
    output: 'metrics',
    config: object({}),
    examples: [],
    create: ({ context }) => ({
      async run(io) {
        io.ready();
        for (const points of scrapes) {
          const { records, columns } = recordsOf(points);
          const batch = context.newRecordBatch('metrics', records, columns);
          await (await io.emit(batch, { bytes: 1 })).settled;
        }
      },
    }),
  });
}

/** Runs the points through the runner into the sink, to the end. */
async function run(scrapes: readonly (readonly MetricPoint[])[], options: object = {}): Promise<RunSummary> {
  const retry = { initial: '5ms', max: '50ms' };
  const own = { api_key: 'key', url: intake.url, retry, max_wait: '5ms', ...options };
  const pipeline = {
    data_dir: 'data',
    metrics: { enabled: false },
    sources: { in: { type: 'points' } },
    sinks: { out: { type: 'datadog_metrics', inputs: ['in'], ...own } },
  };
  await writeFile(join(folder, 'pipeline.yaml'), JSON.stringify(pipeline));
  const plugins = pluginEntries([pointsSource(scrapes), datadogMetrics]);
  const loaded = await loadPipeline({ files: ['pipeline.yaml'], env: {}, plugins, cwd: folder });
  if (!loaded.config) throw new Error(loaded.problems.map(printProblem).join('\n'));
  const stop = new AbortController();
  return await runPipeline(loaded.config, { once: true, stop: stop.signal, log: quiet, version: '0', env: {} });
}

const jobs = (value: number, seconds: number, shard = 0) =>
  point({ value: BigInt(value), time: ago(seconds), attributes: attributes({ shard: String(shard) }) });
const scrape = (value: number, seconds: number, shards = 100) =>
  Array.from({ length: shards }, (_, shard) => jobs(value, seconds, shard));
const answers = () => intake.requests.map(({ status }) => status);
const outOf = ({ components }: RunSummary) => components.find(({ id }) => id === 'out');

test('what counters rose by arrives, over runs', async () => {
  expect((await run([scrape(10, 30), scrape(13, 20)])).ok).toBe(true);
  expect((await run([scrape(18, 10)])).ok).toBe(true);
  expect(storedSeries(taken, 'jobs')).toHaveLength(100);
  expect(storedSum(taken, 'jobs')).toBe(800);
});

test('a histogram arrives as a distribution with exact counts', async () => {
  const latency = (counts: number[], sum: number, seconds: number) =>
    histogram(counts, sum, { time: ago(seconds), unit: 's' });
  await run([[latency([1, 0, 0], 0.5, 30)], [latency([4, 5, 1], 60.5, 20)]], { namespace: 'shop' });
  expect(storedSum(taken, 'shop.latency.count')).toBe(9);
  expect(storedSum(taken, 'shop.latency.sum')).toBeCloseTo(60, 6);
  const [{ values }] = storedSeries(taken, 'shop.latency') as [StoredSeries];
  expect(values.filter((value) => value <= 1)).toHaveLength(3);
  expect(values.filter((value) => value > 10)).toHaveLength(1);
  expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(60, 6);
});

describe('a request that is not taken', () => {
  const no = (status: number) => ({ status, body: { errors: ['no'] } });

  test('is halved after 413, and everything arrives', async () => {
    intake.fault(no(413), no(413));
    expect((await run([[...scrape(10, 30)]], { first_value: 'keep' })).ok).toBe(true);
    expect(storedSum(taken, 'jobs')).toBe(1000);
    expect(answers()).toEqual([413, 413, 202, 202, 202]);
  });
  test('waits after 403, and nothing is lost', async () => {
    intake.fault(no(403), no(403));
    expect((await run([scrape(10, 30)], { first_value: 'keep' })).ok).toBe(true);
    expect(storedSum(taken, 'jobs')).toBe(1000);
    expect(answers()).toEqual([403, 403, 202]);
  });
  test('is halved after 400 until the point is found, which becomes a dead letter', async () => {
    intake.fault(no(400), no(400));
    await run([scrape(10, 30, 2)], { first_value: 'keep' });
    expect(storedSum(taken, 'jobs')).toBe(10);
    const letters = await readFile(join(folder, 'data', 'dead-letters.ndjson'), 'utf8');
    expect(letters.trimEnd().split('\n')).toHaveLength(1);
    expect(letters).toContain('"request_refused"');
  });
  test.each([408, 429, 500, 503])('is sent again after %i', async (status) => {
    intake.fault(no(status));
    expect((await run([scrape(10, 30), scrape(12, 20)])).ok).toBe(true);
    expect(storedSum(taken, 'jobs')).toBe(200);
  });
  test('is sent again when the connection breaks, and when the answer is lost', async () => {
    intake.fault('reset');
    taken.answersLost = 1;
    expect((await run([scrape(10, 30), scrape(12, 20), scrape(15, 10)])).ok).toBe(true);
    expect(storedSum(taken, 'jobs')).toBe(500);
  });
});

test('points that are no numbers are counted and stop nothing', async () => {
  const summary = await run([
    [point({ kind: 'gauge', value: Number.NaN }), point({ kind: 'gauge', name: 'level', value: 2 })],
  ]);
  expect(summary.ok).toBe(true);
  expect(storedSum(taken, 'level')).toBe(2);
  const { errors, sent, discarded } = outOf(summary) ?? {};
  expect(errors).toEqual(new Map([['metric_refused', 1]]));
  expect([sent, [...(discarded?.values() ?? [])]]).toEqual([
    1,
    [{ reason: 'metric_refused', intentional: false, count: 1 }],
  ]);
});

test('the library of Datadog is not loaded as long as no application key is there', async () => {
  await run([scrape(10, 30)], { first_value: 'keep' });
  expect(
    Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('datadog-api-client')),
  ).toEqual([]);
});
