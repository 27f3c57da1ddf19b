import type { MetricQuery, StatPanel, TablePanel, ToplistPanel } from '@tailrace/dashboards';
import { expect, test } from 'vitest';
import { formatTime } from '../format/time.ts';
import { answerOf, row, tableOfRows } from './answers.fixture.ts';
import { statValues } from './stat-values.ts';
import { barsOf, tableOf } from './table-of-answer.ts';

const frame = { id: 'p', title: 'P', description: '', width: 12, height: 8, unit: 'none' } as const;
const users: TablePanel = {
  ...frame,
  kind: 'table',
  drillDown: 'Machine',
  query: {
    source: 'logs',
    where: [],
    agg: [
      { op: 'count', name: 'Sessions' },
      { op: 'avg', field: 'd', name: 'Mean', unit: 'seconds' },
      { op: 'last_seen', name: 'Last seen' },
    ],
    by: ['User', 'Machine', 'Namespace'].map((name) => ({ field: name.toLowerCase(), size: 5, name })),
  },
};
const gauges: MetricQuery = {
  source: 'metrics',
  of: 'tailrace',
  lines: [
    { name: 'Ready', shape: 'gauge', fold: 'min', metric: 'r' },
    { name: 'Paused', shape: 'gauge', fold: 'max', metric: 'p' },
  ],
};

test('a table has groupings and numbers in their units, and links from the grouping that drills down', () => {
  const seen = Date.UTC(2026, 2, 1, 9, 5, 7);
  const { columns, rows } = tableOf(
    users,
    answerOf(tableOfRows('', [], row(undefined, ['alice', 8080, ''], 3, 90, seen))),
  );
  expect(columns.map(({ name, numeric }) => [name, numeric])).toEqual([
    ['User', false],
    ['Machine', false],
    ['Namespace', false],
    ['Sessions', true],
    ['Mean', true],
    ['Last seen', true],
  ]);
  expect(rows).toEqual([
    [
      { value: 'alice', text: 'alice' },
      { value: 8080, text: '8080', clicked: { groups: ['alice', 8080] } },
      { value: '', text: '(empty)' },
      { value: 3, text: '3' },
      { value: 90, text: '1\u00a0m\u00a030\u00a0s' },
      { value: seen, text: formatTime(seen).slice(0, 19), title: formatTime(seen) },
    ],
  ]);
  expect(tableOf(users, answerOf()).rows).toEqual([]);
});

test('lines of metrics stand side by side where their labels are the same', () => {
  const ready = { name: 'Ready', groups: ['id', 'type'], columns: ['v'], rows: [row(undefined, ['a', 'file'], 1)] };
  const paused = {
    ...{ name: 'Paused', groups: ['type', 'id'], columns: ['v'] },
    rows: [row(undefined, ['file', 'a'], 0), row(undefined, ['otlp', 'b'], null)],
  };
  const { columns, rows } = tableOf({ ...frame, kind: 'table', query: gauges }, answerOf(ready, paused));
  expect(columns.map(({ name }) => name)).toEqual(['id', 'type', 'Ready', 'Paused']);
  expect(rows.map((cells) => cells.map(({ text }) => text))).toEqual([
    ['a', 'file', '1', '0'],
    ['b', 'otlp', '–', '–'],
  ]);
});

test('bars are parts of the largest; those of logs keep their rank, those of metrics are sorted', () => {
  const rows = [
    row(undefined, ['a'], 5),
    row(undefined, ['b'], null),
    row(undefined, ['c'], 10),
    row(undefined, ['d'], -5),
  ];
  const toplist = (query: ToplistPanel['query']): ToplistPanel => ({ ...frame, kind: 'toplist', query });
  const bars = (query: ToplistPanel['query']) =>
    barsOf(toplist(query), answerOf(tableOfRows('x', ['v'], ...rows))).map(({ name, ratio }) => [name, ratio]);
  expect(bars(users.query)).toEqual([
    ['a', 0.5],
    ['b', 0],
    ['c', 1],
    ['d', 0],
  ]);
  expect(bars(gauges).map(([name]) => name)).toEqual(['c', 'a', 'd', 'b']);
  const zeros = barsOf(toplist(gauges), answerOf(tableOfRows('x', ['v'], row(undefined, ['a'], 0))));
  expect(zeros[0]?.ratio).toBe(0);
});

test('a stat has a number per column, or per line and group, each with its unit', () => {
  const stat = (query: StatPanel['query']): StatPanel => ({ ...frame, kind: 'stat', query });
  const columns = ['Sessions', 'Mean', 'Last seen'];
  expect(statValues(stat(users.query), answerOf(tableOfRows('', columns, row(undefined, [], 3, 90, null))))).toEqual([
    { name: 'Sessions', value: 3, unit: 'none', isTime: false },
    { name: 'Mean', value: 90, unit: 'seconds', isTime: false },
    { name: 'Last seen', value: null, unit: 'none', isTime: true },
  ]);
  const lines = [
    tableOfRows('Ready', ['v'], row(undefined, ['a'], 1)),
    tableOfRows('Paused', ['v'], row(undefined, [], 0)),
  ];
  expect(statValues(stat(gauges), answerOf(...lines)).map(({ name }) => name)).toEqual(['Ready · a', 'Paused']);
  expect(statValues(stat(gauges), answerOf())).toEqual([]);
});
