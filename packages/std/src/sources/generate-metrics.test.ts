import { inspect } from 'node:util';
import { ConfigError, resolveConfig } from '@tailrace/core';
import { type MetricPoint, readPoint } from '@tailrace/telemetry';
import { memoryCheckpoints, sourceContext, sourceRun } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { serveMirrordMetrics } from '../generators/mirrord-metrics/serve.ts';
import { mirrordMetrics } from '../generators/mirrord-metrics.ts';
import { generateMetrics } from './generate-metrics.ts';
import { prometheusScrape } from './prometheus-scrape/index.ts';

type Run = ReturnType<typeof sourceRun>;

async function run(options: object, more: Parameters<typeof sourceRun>[0] = {}) {
  const { context, said } = sourceContext();
  const source = await generateMetrics.create({ config: resolveConfig(generateMetrics.config, options), context });
  const sink: Run = sourceRun({ ...more });
  await source.run(sink.io);
  return { sink, said };
}

function pointsOf({ records }: Run): MetricPoint[] {
  return records.flatMap((batch) =>
    Array.from({ length: batch.length }, (_, i) => readPoint(batch.envelopeOf(i), batch.record(i))),
  );
}

/** Its number, or how many a histogram has counted. */
const numberIn = ({ value, histogram }: MetricPoint): number => Number(histogram?.count ?? value);

const sumAt = (points: readonly MetricPoint[], name: string, time: bigint): number =>
  points.reduce((sum, point) => sum + (point.name === name && point.time === time ? numberIn(point) : 0), 0);

/** A point without what is of one moment or one place. */
function shapeOf({ time: _time, startTime: _start, attributes, resource, ...rest }: MetricPoint): string {
  const own = [...resource].filter(([name]) => !/^server\.|^service\.instance/.test(name));
  const shape = { ...rest, attributes: [...attributes].toSorted(), resource: own.toSorted() };
  return inspect(shape, { depth: 9, maxArrayLength: null });
}

const START = { start: '2026-11-20T12:00:00Z' };

test('a scrape gives the points that prometheus_scrape makes of the operator’s exposition', async () => {
  // The operator has run for an hour when it is first seen.
  const ticks = 3600 / 15 + 1;
  const generated = pointsOf((await run(START)).sink);
  const server = await serveMirrordMetrics({ port: 0, seed: 1 });
  const { context } = sourceContext();
  const targets = [{ url: `${server.url}?scrape=${ticks}`, job: 'mirrord-operator' }];
  const config = resolveConfig(prometheusScrape.config, { targets });
  const scraped = sourceRun();
  await (await prometheusScrape.create({ config, context })).run(scraped.io);
  await server.close();
  const sorted = (points: readonly MetricPoint[]) =>
    points
      .filter(({ name }) => name !== 'scrape_duration_seconds')
      .map(shapeOf)
      .toSorted();
  expect(sorted(generated)).toEqual(sorted(pointsOf(scraped)));
  expect(generated.length).toBeGreaterThan(100);
});

test('a back-fill has a scrape per interval, the same in every run, with counters that never fall', async () => {
  const options = { ...START, backfill: '10m', interval: '30s', seed: 4 };
  const { sink, said } = await run(options);
  const points = pointsOf(sink);
  const times = [...new Set(points.map(({ time }) => Number(time / 1_000_000n)))];
  const end = Date.parse(START.start);
  expect(times).toEqual(Array.from({ length: 21 }, (_, k) => end - 600_000 + k * 30_000));
  expect(pointsOf((await run(options)).sink)).toEqual(points);
  expect(said.records).toMatchObject([
    { details: { from: '2026-11-20T11:50:00.000Z', to: '2026-11-20T12:00:00.000Z' } },
  ]);

  const operator = mirrordMetrics({ seed: 4 });
  for (let k = 0; k < (3600 + 600) / 15 + 1; k++) operator.next('text');
  const { metrics } = operator.answers();
  for (const [name, answer] of Object.entries(metrics)) {
    const last = points.filter((point) => point.name === name && point.time === BigInt(end) * 1_000_000n);
    const sum = sumAt(points, name, BigInt(end) * 1_000_000n);
    expect([name, last.length, sum]).toEqual([name, answer.series, 'count' in answer ? answer.count : answer.sum]);
    expect(last.every(({ startTime, time, kind }) => kind === 'gauge' || (startTime > 0n && startTime <= time))).toBe(
      true,
    );
  }
  const created = times.map((time) => sumAt(points, 'mirrord_sessions_create_total', BigInt(time) * 1_000_000n));
  expect(created).toEqual(created.toSorted((a, b) => a - b));
  expect(created.at(-1)).toBeGreaterThan(created[0]!);
});

test('from now on, a run goes on where the one before ended, and so do the counters', async () => {
  const checkpoints = memoryCheckpoints();
  const options = { backfill: '5m', interval: '1s' };
  const one = pointsOf((await run(options, { checkpoints })).sink);
  const times = [...new Set(one.map(({ time }) => time))];
  expect(times.length).toBeGreaterThanOrEqual(299);
  const live = sourceRun({ checkpoints, once: false });
  const { context } = sourceContext();
  const source = await generateMetrics.create({ config: resolveConfig(generateMetrics.config, options), context });
  const running = source.run(live.io);
  await expect.poll(() => live.records.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  live.abort.abort();
  await running;
  const two = pointsOf(live);
  expect(two[0]!.time).toBe(times.at(-1)! + 1_000_000_000n);
  const created = (points: MetricPoint[], time: bigint) => sumAt(points, 'mirrord_sessions_create_total', time);
  const [before, after] = [created(one, times.at(-1)!), created(two, two[0]!.time)];
  expect(after).toBeGreaterThanOrEqual(before);
  expect(after).toBeLessThanOrEqual(before + 12);
});

test('an operator older than a day begins anew, its counters at once', async () => {
  const since = Date.now() - 25 * 3_600_000;
  const checkpoints = memoryCheckpoints([
    ['operator', { version: 1, since }],
    ['last', { version: 1, time: Date.now() - 60_000 }],
  ]);
  const { sink } = await run({ backfill: '2h' }, { checkpoints });
  const points = pointsOf(sink);
  expect(sumAt(points, 'mirrord_sessions_create_total', points[0]!.time)).toBeLessThan(20);
  expect((checkpoints.get('operator') as { since: number }).since).toBeGreaterThan(Date.now() - 120_000);
});

test('what cannot be generated is a configuration error at its place', async () => {
  const problem = await run({ interval: '10ms' }).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(ConfigError);
  expect(problem).toMatchObject({ at: ['interval'], message: 'must be at least 1s' });
  await expect(run({ start: 'soon' })).rejects.toThrow('must be `now` or a time like 2026-11-02T06:00:00Z, is "soon"');
});
