import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dashboard, MetricExpression } from '../model.ts';
import { DEFAULTS } from '../parameters.ts';
import type { View } from '../view.ts';
import { readMetricRows } from './metric-rows.ts';
import { metricSqlOf } from './metric-sql.ts';
import { type MetricsDatabase, openMetrics, type StoredPoint } from './metrics.fixture.ts';

let database: MetricsDatabase;
beforeAll(async () => {
  database = await openMetrics();
});
afterAll(() => database.close());

const START = Date.parse('2026-03-01T00:00:00Z');
const at = (seconds: number) => START + seconds * 1000;
const DASHBOARD: Dashboard = {
  ...{
    id: 'd',
    system: 'mirrord',
    name: 'D',
    description: '.',
    time: { from: '1h', refresh: '30s' },
    base: [],
    links: [],
  },
  variables: [{ name: 'where', label: 'Where', label_name: 'place', metric: 'read' }],
  rows: [{ title: 'None', panels: [] }],
};

async function ask(line: MetricExpression, over: 'time' | 'stat', view: View) {
  const sql = metricSqlOf(line, 'mirrord', DASHBOARD, { ...DEFAULTS, metric_prefix: 'm_' }, view, over, 'metrics');
  const rows = readMetricRows(line, over, await database.ask(sql));
  return rows.map(({ groups, time, columns }) => [
    ...groups,
    ...(time === undefined ? [] : [(time - START) / 1000]),
    columns[0] === null ? null : Math.round(columns[0]! * 1e6) / 1e6,
  ]);
}

const counter = (series: number, place: string, values: readonly (readonly [number, number])[], start?: number) =>
  values.map(
    ([seconds, value]): StoredPoint => ({
      ...{ series, name: 'm_read', labels: { place }, temporality: 'cumulative', time: at(seconds), value },
      ...(start !== undefined && { start: at(start) }),
    }),
  );

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
