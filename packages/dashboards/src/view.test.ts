import { expect, test } from 'vitest';
import { DASHBOARD } from './log-query.fixture.ts';
import type { LogQuery } from './model.ts';
import { checkQuery, columnNames, conditionsOf, stepOf, timesOf } from './view.ts';

const MINUTE = 60_000;
const query: LogQuery = {
  source: 'logs',
  where: [],
  agg: [
    { op: 'count', name: 'began' },
    { op: 'count', name: 'ended' },
    { op: 'cardinality', field: 'fields.user', name: 'users' },
  ],
};

test.each([
  [MINUTE, 1000],
  [60 * MINUTE, MINUTE],
  [24 * 60 * MINUTE, 30 * MINUTE],
  [7 * 24 * 60 * MINUTE, 3 * 60 * MINUTE],
])('%i ms are shown in steps of %i ms', (length, step) => {
  expect(stepOf({ from: 5, to: 5 + length })).toBe(step);
});

test('years have steps as well', () => {
  expect(timesOf({ from: 0, to: Date.parse('2026-01-01T00:00:00Z') })).toHaveLength(60);
});

test('steps begin at multiples of their length, and the end is not in them', () => {
  expect(timesOf({ from: 25, to: 40, step: 10 })).toEqual([20, 30]);
  expect(timesOf({ from: 25, to: 41, step: 10 })).toEqual([20, 30, 40]);
});

test.each([
  [{ from: 5, to: 5 }, 'view: from 5 must be before to 5'],
  [{ from: 0, to: 10, step: 0 }, 'view: step 0 must be a whole number of milliseconds'],
  [{ from: 0, to: 10, step: 1.5 }, 'view: step 1.5 must be a whole number of milliseconds'],
  [{ from: 0, to: 10_001, step: 1 }, 'view: step 1 makes more than 10000 steps'],
  [{ from: Number.NaN, to: 1 }, 'view: from NaN must be before to 1'],
])('%o has no steps', (view, message) => {
  expect(() => stepOf(view)).toThrow(message);
});

test('what was chosen narrows, and a variable without a choice does not', () => {
  const base = [{ field: 'fields.place', startsNotWith: 'b' }];
  const view = { from: 0, to: 1, chosen: { user: ['ann'], other: ['x'] } };
  expect(conditionsOf([], DASHBOARD, view)).toEqual([...base, { field: 'fields.user', is: ['ann'] }]);
  expect(conditionsOf([], DASHBOARD, { from: 0, to: 1, chosen: { user: [] } })).toEqual(base);
});

test('a running difference is one column', () => {
  expect(columnNames(query)).toEqual(['began', 'ended', 'users']);
  expect(columnNames({ ...query, over: 'time', running: { plus: 'began', minus: 'ended' } })).toEqual([
    'began − ended',
  ]);
});

test.each([
  [{ running: { plus: 'began', minus: 'ended' } }, "a running difference needs `over: 'time'`"],
  [{ over: 'time', running: { plus: 'users', minus: 'ended' } }, '"users": cardinality of steps cannot be summed up'],
  [
    { over: 'time', running: { plus: 'begun', minus: 'ended' } },
    'there is no column "begun", only began, ended, users',
  ],
  [{ over: 'time', having: { name: 'users', atLeast: 2 } }, 'a query with `having` has no `over`'],
] as const)('%o has no meaning', (more, message) => {
  expect(() => checkQuery({ ...query, ...more })).toThrow(message);
});
