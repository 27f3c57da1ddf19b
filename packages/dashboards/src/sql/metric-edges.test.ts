import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MetricExpression } from '../model.ts';
import { asker, at, counter } from './metric-query.fixture.ts';
import { readMetricRows } from './metric-rows.ts';
import { type MetricsDatabase, openMetrics } from './metrics.fixture.ts';

let database: MetricsDatabase;
const ask = asker(() => database);
beforeAll(async () => {
  database = await openMetrics();
});
afterAll(() => database.close());

test('sides that cannot match, and buckets beside others, are refused; rows of another form are too', async () => {
  const view = { from: at(0), to: at(60) };
  const [one, other]: MetricExpression[] = [
    { shape: 'rate', metric: 'a', by: ['x'] },
    { shape: 'rate', metric: 'b' },
  ];
  await expect(ask({ shape: 'ratio', over: one!, under: other! }, 'stat', view)).rejects.toThrow('by the same labels');
  const buckets: MetricExpression = { shape: 'buckets', metric: 'c' };
  await expect(ask({ shape: 'difference', from: other!, minus: buckets }, 'stat', view)).rejects.toThrow(
    'c: buckets are a line of their own',
  );
  expect(() => readMetricRows(one!, 'stat', [[1]])).toThrow('expected 2 columns, not 1');
});

test('a bound without an end may come as text', () => {
  const line: MetricExpression = { shape: 'buckets', metric: 'c', by: ['x'] };
  expect(readMetricRows(line, 'stat', [['Infinity', '1', 2]])).toEqual([{ groups: [Infinity, '1'], columns: [2] }]);
});

test('of the time that has not come nothing is said', async () => {
  const now = at(90);
  await database.fill([
    ...counter(1, 'a', [
      [0, 0],
      [30, 30],
      [60, 60],
      [90, 90],
    ]),
    { series: 2, name: 'm_sent', labels: {}, time: at(80), value: 7 },
  ]);
  const view = { from: at(0), to: at(86_400), step: 60_000, now };
  const gauge: MetricExpression = { shape: 'gauge', fold: 'sum', metric: 'sent' };
  expect(await ask(gauge, 'stat', view)).toEqual([[7]]);
  expect(await ask(gauge, 'time', view)).toEqual([
    [0, null],
    [60, 7],
  ]);
  expect(await ask({ shape: 'rate', metric: 'read' }, 'time', view)).toEqual([
    [0, 1],
    [60, 1],
  ]);
  expect(await ask(gauge, 'stat', { ...view, from: at(600) })).toEqual([]);
});

test('names and labels reach DuckDB as they are', async () => {
  const label = `pl'"ace`;
  await database.fill([{ series: 1, name: `m_it's`, labels: { [label]: `a'b"` }, time: at(0), value: 3 }]);
  const line: MetricExpression = {
    shape: 'gauge',
    fold: 'max',
    metric: `it's`,
    by: [label],
    where: [{ label, is: `a'b"` }],
  };
  expect(await ask(line, 'stat', { from: at(0), to: at(60) })).toEqual([[`a'b"`, 3]]);
});
