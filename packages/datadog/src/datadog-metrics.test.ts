import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteWriter, type ErrorCode, ProbeError } from '@tailrace/core';
import {
  type DatadogIntake,
  datadogIntake,
  metricsRoutes,
  type SinkRun,
  sinkRun,
  storedSeries,
  type TakenMetrics,
  takenMetrics,
} from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { datadogMetrics } from './datadog-metrics.ts';
import { metricBatch } from './metrics/batch.fixture.ts';
import { ago, attributes, histogram, point } from './metrics/points.fixture.ts';

let taken: TakenMetrics;
let intake: DatadogIntake;
let folder: string;
const runs: SinkRun[] = [];

beforeEach(async () => {
  taken = takenMetrics();
  intake = await datadogIntake({ routes: metricsRoutes(taken) });
  folder = mkdtempSync(join(tmpdir(), 'datadog-metrics-'));
});
afterEach(async () => {
  for (const { sink } of runs.splice(0)) await sink.close?.();
  await intake.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function newSink(options: object = {}): Promise<SinkRun> {
  const run = await sinkRun(datadogMetrics, { api_key: 'key', url: intake.url, ...options }, folder);
  runs.push(run);
  return run;
}

describe('the key', () => {
  test('is looked at where `api_url` says', async () => {
    const { probe } = await newSink({ api_url: intake.url });
    await probe();
    expect(intake.requests.map(({ path }) => path)).toEqual(['/api/v1/validate']);
  });
  test('that is not known is said', async () => {
    const { probe } = await newSink({ api_url: intake.url, api_key: 'other' });
    const error = await probe().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProbeError);
    expect((error as { code: ErrorCode }).code).toBe('forbidden');
  });
});

test('unit and description are set once the points are there', async () => {
  const { send, said } = await newSink({ api_url: intake.url, metadata: { app_key: 'app key' }, namespace: 'shop' });
  const described = point({ kind: 'gauge', name: 'age', value: 1, unit: 's', description: 'How old it is.' });
  await send(metricBatch([described]));
  await vi.waitFor(() => expect(taken.metadata.size).toBe(1), 10_000);
  expect(taken.metadata.get('shop.age')).toEqual({ unit: 'second', description: 'How old it is.' });
  expect(said.errors).toEqual({});
}, 20_000);

describe('options that cannot work', () => {
  test.each([
    [{ metadata: { app_key: 'x' } }, 'needs `api_url` beside `url`'],
    [{ metadata: { app_key: 'x', retry_after: '30d' } }, 'must be from 1s to 24d'],
    [{ metadata: { app_key: 'x', retry_after: '0s' } }, 'must be from 1s to 24d'],
    [{ api_key: ' ' }, 'is empty'],
    [{ compression_level: 12 }, 'must be at most 9 for gzip'],
    [{ url: 'ftp://x' }, 'must be a URL'],
  ])('%o', async (options, message) => {
    await expect(newSink(options)).rejects.toThrow(message);
  });
});

test('a test of a pipeline sees what a first request would hold, whatever the time is', async () => {
  const { encode, sink } = await newSink({ tags: { env: 'Test' }, hostname: 'h' });
  const year2024 = 1_717_142_400_000_000_000n;
  const batch = metricBatch([
    point({ value: 5n, time: year2024, startTime: year2024 - 60_000_000_000n, attributes: attributes({ a: 'b' }) }),
    histogram([1, 0, 0], 0.5, { time: year2024, startTime: year2024 - 60_000_000_000n }),
  ]);
  const [series, distributions] = (sink.bodyText?.(encode(batch)) ?? '').split('\n').map((line) => JSON.parse(line));
  expect(series.series[0]).toEqual({
    metric: 'jobs',
    type: 1,
    interval: 60,
    tags: ['a:b', 'env:test'],
    resources: [{ type: 'host', name: 'h' }],
    points: [{ timestamp: 1_717_142_400, value: 5 }],
  });
  expect(distributions.series[0].points).toEqual([[1_717_142_400, [0.5]]]);
});

test('a body is closed when it is full', async () => {
  const { sink } = await newSink({ max_bytes: '1KiB', max_events: 1000 });
  const batch = metricBatch(
    Array.from({ length: 50 }, (_, i) => point({ kind: 'gauge', name: `level${i}`, value: 1 })),
  );
  const writer = new ByteWriter(sink.limits.bytes, sink.limits.events);
  const next = sink.encode(batch, 0, batch.length, writer);
  expect(next).toBe(writer.entries);
  expect(next).toBeGreaterThan(5);
  expect(next).toBeLessThan(50);
});

test('last values stand in a folder of the component’s name', async () => {
  const { send, said } = await newSink();
  await send(metricBatch([point({ value: 1n, time: ago(20) })]));
  await send(metricBatch([point({ value: 4n, time: ago(10) })]));
  expect(storedSeries(taken, 'jobs').flatMap(({ points }) => [...points.values()])).toEqual([3]);
  expect(said.notReady.size).toBe(0);
  expect(readdirSync(join(folder, 'tested')).sort()).toEqual(['last-values.ndjson', 'unconfirmed.request']);
});
