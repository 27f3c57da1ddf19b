import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MetricExpression } from '../model.ts';
import { asker, at, counter } from './metric-query.fixture.ts';
import { type MetricsDatabase, openMetrics, type StoredPoint } from './metrics.fixture.ts';

let database: MetricsDatabase;
const ask = asker(() => database);
beforeAll(async () => {
  database = await openMetrics();
});
afterAll(() => database.close());

test('a counter grows by what came between its points, and begins again at 0', async () => {
  await database.fill([
    ...counter(1, 'a', [
      [-30, 100],
      [30, 106],
      [90, 2],
      [150, 5],
    ]),
    // What was counted before anybody looked is unknown.
    ...counter(2, 'b', [
      [30, 50],
      [90, 53],
    ]),
    // It says since when it counts.
    ...counter(3, 'c', [[90, 4]], 30),
  ]);
  const line: MetricExpression = { shape: 'increase', metric: 'read', by: ['place'] };
  const view = { from: at(0), to: at(180), step: 60_000 };
  expect(await ask(line, 'stat', view)).toEqual([
    ['a', 11],
    ['c', 4],
    ['b', 3],
  ]);
  expect(await ask({ ...line, by: [] }, 'stat', view)).toEqual([[18]]);
  expect(await ask({ ...line, where: [{ label: 'place', is: 'a' }] }, 'time', view)).toEqual([
    ['a', 0, 6],
    ['a', 60, 2],
    ['a', 120, 3],
  ]);
  expect(await ask(line, 'stat', { ...view, chosen: { where: ['b', 'c'] } })).toEqual([
    ['c', 4],
    ['b', 3],
  ]);
  // Between two points it grew evenly.
  expect(
    await ask({ ...line, shape: 'rate', by: [] }, 'time', { ...view, from: at(0), to: at(60), step: 15_000 }),
  ).toEqual([
    [0, 0.1],
    [15, 0.1],
    [30, 0.15],
    [45, 0.15],
  ]);
});

test('the step under way is measured up to the newest point', async () => {
  await database.fill(
    counter(1, 'a', [
      [-30, 0],
      [0, 30],
      [30, 60],
      [60, 90],
      [75, 105],
    ]),
  );
  const line: MetricExpression = { shape: 'rate', metric: 'read' };
  expect(await ask(line, 'time', { from: at(0), to: at(100), step: 60_000 })).toEqual([
    [0, 1],
    [60, 1],
  ]);
  // Long after the last point it is over: what is left of a step counts as nothing.
  expect(await ask(line, 'time', { from: at(60), to: at(1000), step: 60_000 })).toEqual([
    [60, 0.25],
    ...Array.from({ length: 15 }, (_, k) => [120 + 60 * k, null]),
  ]);
});

test('a counter that says when it began again is believed, though it is ahead of what it was', async () => {
  const [first, second] = counter(1, 'a', [
    [-30, 3],
    [30, 8],
  ]);
  const asked = { shape: 'increase', metric: 'read' } as const;
  const view = { from: at(0), to: at(60), step: 60_000 };
  await database.fill([first!, { ...second!, start: at(-10) }]);
  expect(await ask(asked, 'stat', view)).toEqual([[8]]);
  // Who began to look at this very point does not know since when it counts.
  await database.fill([first!, { ...second!, start: at(30) }]);
  expect(await ask(asked, 'stat', view)).toEqual([[5]]);
});

test('a gauge is what it was at the end of a step, up to five minutes ago', async () => {
  const gauge = (series: number, seconds: number, value: number): StoredPoint => ({
    ...{ series, name: 'm_read', labels: { place: String(series) }, time: at(seconds), value },
  });
  const line: MetricExpression = { shape: 'gauge', fold: 'sum', metric: 'read' };
  await database.fill([gauge(1, 10, 1), gauge(1, 50, 5), gauge(1, 60, 7), gauge(2, 20, 100)]);
  const of = (from: number, to: number) => ask(line, 'stat', { from: at(from), to: at(to) });
  expect(await of(0, 60)).toEqual([[105]]);
  expect(await of(0, 61)).toEqual([[107]]);
  expect(await of(0, 320)).toEqual([[107]]);
  expect(await of(0, 321)).toEqual([[7]]);
  expect(await of(0, 361)).toEqual([]);
  // A value that is none ends its series.
  await database.fill([gauge(1, 10, 1), gauge(1, 50, Number.NaN), gauge(2, 20, 100)]);
  expect(await of(0, 40)).toEqual([[101]]);
  expect(await of(0, 60)).toEqual([[100]]);
  expect(await ask(line, 'time', { from: at(0), to: at(50), step: 20_000 })).toEqual([
    [0, 1],
    [20, 101],
    [40, 101],
  ]);
});

const histogram = (
  seconds: number,
  buckets: readonly number[],
  bounds: readonly number[] = [0.5, 1, 4],
): StoredPoint => ({
  ...{ series: 1, name: 'm_read', labels: {}, temporality: 'cumulative', time: at(seconds), bounds, buckets },
});

test('percentiles are interpolated in their bucket; a heatmap has the counts of each bucket', async () => {
  const view = { from: at(0), to: at(60), step: 30_000 };
  const percentile = async (buckets: number[], percent: 50 | 75 | 99, bounds?: number[]) => {
    await database.fill([
      histogram(
        -10,
        buckets.map(() => 0),
        bounds,
      ),
      histogram(10, buckets, bounds),
    ]);
    return (await ask({ shape: 'quantile', metric: 'read', percent }, 'stat', view))[0]?.[0];
  };
  expect(await percentile([1, 2, 1, 0], 50)).toBe(0.75);
  expect(await percentile([4, 0, 0, 0], 75)).toBe(0.375);
  expect(await percentile([1, 0, 0, 9], 99)).toBe(4);
  expect(await percentile([3, 1], 50, [-2])).toBe(-2);
  expect(await percentile([0, 0, 0, 0], 50)).toBeUndefined();
  expect(await percentile([5], 50, [])).toBeUndefined();

  await database.fill([histogram(-10, [1, 1, 1, 1]), histogram(10, [1, 3, 1, 2]), histogram(40, [1, 3, 4, 2])]);
  const heat = await ask({ shape: 'buckets', metric: 'read' }, 'time', view);
  expect(heat).toEqual(
    [
      [0.5, 0, 0],
      [1, 2, 0],
      [4, 0, 3],
      [Infinity, 1, 0],
    ].flatMap(([le, first, second]) => [
      [le, 0, first],
      [le, 30, second],
    ]),
  );
});

test('counters without series are 0 beside those that have some, gauges are unknown', async () => {
  const sent = (value: number, seconds: number): StoredPoint => ({
    ...{ series: 9, name: 'm_sent', labels: { place: 'a' }, temporality: 'cumulative', time: at(seconds), value },
  });
  await database.fill([
    ...counter(1, 'a', [
      [-30, 0],
      [30, 6],
    ]),
    ...counter(2, 'b', [
      [-30, 0],
      [30, 4],
    ]),
    sent(0, -30),
    sent(9, 30),
  ]);
  const [read, other] = ['read', 'sent'].map(
    (metric): MetricExpression => ({ shape: 'increase', metric, by: ['place'] }),
  );
  const view = { from: at(0), to: at(60) };
  expect(await ask({ shape: 'ratio', over: other!, under: read!, atMost: 1 }, 'stat', view)).toEqual([
    ['a', 1],
    ['b', 0],
  ]);
  expect(await ask({ shape: 'difference', from: read!, minus: other! }, 'stat', view)).toEqual([
    ['b', 4],
    ['a', -3],
  ]);
  // Over 0 it says nothing.
  expect(await ask({ shape: 'ratio', over: read!, under: other! }, 'stat', view)).toEqual([['a', 0.666667]]);
  const gauges: MetricExpression = { shape: 'gauge', fold: 'sum', metric: 'sent', by: ['place'] };
  expect(await ask({ shape: 'difference', from: read!, minus: gauges }, 'stat', view)).toEqual([['a', -3]]);
});
