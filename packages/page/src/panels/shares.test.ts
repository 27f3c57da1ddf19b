import type { DonutPanel } from '@tailrace/dashboards';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerOf, row, tableOfRows } from './answers.fixture.ts';
import { arcsOf } from './arcs.ts';
import { sharesOf } from './shares.ts';

const frame = { kind: 'donut', id: 'd', title: 'D', description: '', width: 6, height: 8, unit: 'none' } as const;
const byKind: DonutPanel = {
  ...frame,
  query: {
    source: 'logs',
    where: [],
    agg: [{ op: 'count', name: 'events' }],
    by: [{ field: 'k', size: 9, name: 'K' }],
  },
};
const byColumns: DonutPanel = {
  ...frame,
  query: {
    source: 'logs',
    where: [],
    agg: [
      { op: 'count', name: 'with' },
      { op: 'count', name: 'without' },
    ],
  },
};

test('groups are parts, the largest first, and lead to their events', () => {
  const table = tableOfRows('', ['events'], row(undefined, ['a'], 1), row(undefined, ['b'], 3));
  expect(sharesOf(byKind, answerOf(table), 8)).toEqual([
    { name: 'b', value: 3, ratio: 0.75, clicked: { groups: ['b'] } },
    { name: 'a', value: 1, ratio: 0.25, clicked: { groups: ['a'] } },
  ]);
});

test('columns with conditions of their own are parts', () => {
  const table = tableOfRows('', ['with', 'without'], row(undefined, [], 1, 1));
  expect(sharesOf(byColumns, answerOf(table), 8).map(({ name, ratio, clicked }) => [name, ratio, clicked])).toEqual([
    ['with', 0.5, { column: 'with' }],
    ['without', 0.5, { column: 'without' }],
  ]);
});

test('what is nothing, negative or unknown has no share, and of nothing there are none', () => {
  const table = tableOfRows(
    '',
    ['events'],
    row(undefined, ['a'], 0),
    row(undefined, ['b'], null),
    row(undefined, ['c'], -1),
  );
  expect(sharesOf(byKind, answerOf(table), 8)).toEqual([]);
  expect(sharesOf(byKind, answerOf(), 8)).toEqual([]);
});

test('shares add up to one, however many there are and however few are told apart', () => {
  const values = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 9 }), (given, most) => {
      const rows = given.map((value, at) => row(undefined, [at], value));
      const shares = sharesOf(byKind, answerOf(tableOfRows('', ['events'], ...rows)), most);
      expect(shares.length).toBe(Math.min(given.length, most + 1));
      expect(shares.reduce((sum, { ratio }) => sum + ratio, 0)).toBeCloseTo(1, 9);
      expect(shares.reduce((sum, { value }) => sum + value, 0)).toBe(given.reduce((sum, value) => sum + value, 0));
      if (given.length > most) expect(shares.at(-1)?.name).toBe(`${given.length - most} more`);
    }),
    { numRuns: 60 },
  );
});

test('arcs begin at the top and follow each other; the whole is a ring', () => {
  expect(arcsOf([0.25, 0.75], 0.5)).toEqual([
    'M0 -1A1 1 0 0 1 1 0L0.5 0A0.5 0.5 0 0 0 0 -0.5Z',
    'M1 0A1 1 0 1 1 0 -1L0 -0.5A0.5 0.5 0 1 0 0.5 0Z',
  ]);
  expect(arcsOf([1], 0.5)[0]).toMatch(/^M0 -1A1 1 0 1 1 0 1A/);
  expect(arcsOf([], 0.5)).toEqual([]);
});
