import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dashboard, Panel } from './model.ts';
import { questionsOf } from './panel-questions.ts';
import { DEFAULTS } from './parameters.ts';
import { type EventsDatabase, openEvents } from './sql/duckdb.fixture.ts';
import { type MetricsDatabase, openMetrics } from './sql/metrics.fixture.ts';

const START = Date.parse('2026-03-01T00:00:00Z');
const VIEW = { from: START, to: START + 120_000, step: 60_000 };
const placed = { id: 'p', title: 'P', description: '.', width: 4, height: 4, unit: 'none' } as const;
const dashboard: Dashboard = {
  ...{ id: 'd', system: 'mirrord', name: 'D', description: '.', time: { from: '1h', refresh: '30s' }, links: [] },
  base: [{ field: 'fields.base', is: 'x' }],
  variables: [{ name: 'user', label: 'User', field: 'fields.user' }],
  rows: [{ title: 'None', panels: [] }],
};
let events: EventsDatabase;
let metrics: MetricsDatabase;
beforeAll(async () => {
  events = await openEvents({ '@timestamp': 'date', 'fields.base': 'keyword', 'fields.user': 'keyword' });
  metrics = await openMetrics();
});
afterAll(() => {
  events.close();
  metrics.close();
});

test('a log query asks one question, whose rows make a table', async () => {
  await events.fill([{ '@timestamp': START + 61_000, 'fields.base': 'x', 'fields.user': 'ann' }]);
  const panel: Panel = {
    ...{ ...placed, kind: 'timeseries', draw: 'bars' },
    query: {
      ...{ source: 'logs', where: [], agg: [{ op: 'count', name: 'sessions' }], over: 'time' },
      by: [{ field: 'fields.user', size: 3, name: 'User' }],
    },
  };
  const { step, questions } = questionsOf(panel, dashboard, DEFAULTS, VIEW, { logs: 'events', metrics: 'metrics' })!;
  expect(step).toBe(60_000);
  expect(questions).toHaveLength(1);
  expect(questions[0]!.read(await events.ask(questions[0]!.sql))).toEqual({
    ...{ name: '', groups: ['User'], columns: ['sessions'] },
    rows: [
      { groups: ['ann'], time: START, columns: [0] },
      { groups: ['ann'], time: START + 60_000, columns: [1] },
    ],
  });
});

test('a metric query asks a question per line; a stat has no steps', async () => {
  const point = { series: 1, name: 'valid', labels: { node: 'a' }, time: START + 1000, value: 86_400 };
  await metrics.fill([point, { ...point, series: 2, labels: {}, value: 3 * 86_400 }]);
  const panel: Panel = {
    ...{ ...placed, kind: 'stat' },
    query: {
      ...{ source: 'metrics', of: 'mirrord' },
      lines: [
        { name: 'least', shape: 'gauge', fold: 'min', metric: 'valid', scale: 1 / 86_400 },
        { name: 'each', shape: 'gauge', fold: 'max', metric: 'valid', by: ['node'] },
      ],
    },
  };
  const { step, questions } = questionsOf(panel, dashboard, DEFAULTS, VIEW)!;
  expect(step).toBeUndefined();
  const tables = await Promise.all(questions.map(async ({ sql, read }) => read(await metrics.ask(sql))));
  expect(tables).toEqual([
    { name: 'least', groups: [], columns: ['least'], rows: [{ groups: [], columns: [1] }] },
    {
      ...{ name: 'each', groups: ['node'], columns: ['each'] },
      rows: [
        { groups: [''], columns: [3 * 86_400] },
        { groups: ['a'], columns: [86_400] },
      ],
    },
  ]);
});

test('percentiles of one histogram are asked by one statement', async () => {
  const bounds = [1, 2];
  const point = { series: 1, name: 'took', labels: {}, temporality: 'cumulative', bounds } as const;
  await metrics.fill([
    { ...point, time: START - 1000, buckets: [0, 0, 0] },
    { ...point, time: START + 1000, buckets: [5, 4, 1] },
  ]);
  const took = { shape: 'quantile', metric: 'took' } as const;
  const panel: Panel = {
    ...{ ...placed, kind: 'stat' },
    query: {
      ...{ source: 'metrics', of: 'mirrord' },
      lines: [
        { ...took, name: 'p50', percent: 50 },
        { ...took, name: 'other', percent: 50, by: ['x'] },
        { ...took, name: 'p90', percent: 90 },
        { ...took, name: 'p99', percent: 99 },
      ],
    },
  };
  const { questions } = questionsOf(panel, dashboard, DEFAULTS, VIEW)!;
  expect(new Set(questions.map(({ sql }) => sql)).size).toBe(2);
  const tables = await Promise.all(questions.map(async ({ sql, read }) => read(await metrics.ask(sql))));
  expect(tables.map(({ name, rows }) => [name, rows])).toEqual([
    ['p50', [{ groups: [], columns: [1] }]],
    ['other', [{ groups: [''], columns: [1] }]],
    ['p90', [{ groups: [], columns: [2] }]],
    ['p99', [{ groups: [], columns: [2] }]],
  ]);
});

test('events and texts ask no numbers', () => {
  const panel: Panel = {
    ...{ ...placed, kind: 'events', where: [] },
    columns: [{ field: '@timestamp', name: 'Time' }],
  };
  expect(questionsOf(panel, dashboard, DEFAULTS, VIEW)).toBeUndefined();
  expect(questionsOf({ ...placed, kind: 'text', text: 'x' }, dashboard, DEFAULTS, VIEW)).toBeUndefined();
});
