import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mostSeries } from './most-series.ts';
import type { SeriesOverTime } from './series-of-answer.ts';

function overTime(...rows: (number | null)[][]): SeriesOverTime {
  const series = rows.map((values, at) => ({ name: `s${at}`, line: 0, groups: [], column: '', values }));
  return { times: (rows[0] ?? []).map((_, at) => at), step: 1, partial: [], series };
}

test('the largest are kept in their order; what is left is said', () => {
  const { series, more, summed } = mostSeries(overTime([1, 1], [-9, 9], [5, null]), 2, false);
  expect([series.map(({ name }) => name), more, summed]).toEqual([['s1', 's2'], 1, false]);
});

test('what can be added up becomes one series, gaps of all staying gaps', () => {
  const { series, more, summed } = mostSeries(overTime([9, 9], [1, null], [2, null], [null, null]), 1, true);
  expect(series.map(({ name, values }) => [name, ...values])).toEqual([
    ['s0', 9, 9],
    ['3 more', 3, null],
  ]);
  expect([more, summed]).toEqual([3, true]);
});

test('nothing is lost: the sum of each step stays, however few are kept', () => {
  const rows = fc.array(fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 3, maxLength: 3 }), { maxLength: 300 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 30 }), (given, most) => {
      const { series, more } = mostSeries(overTime(...given), most, true);
      const sums = (of: readonly (readonly (number | null)[])[]) =>
        [0, 1, 2].map((at) => of.reduce((sum, values) => sum + (values[at] ?? 0), 0));
      expect(sums(series.map(({ values }) => values))).toEqual(sums(given));
      expect(more).toBe(Math.max(0, given.length - most));
      expect(series.length).toBeLessThanOrEqual(most + 1);
    }),
    { numRuns: 40 },
  );
});
