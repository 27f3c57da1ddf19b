import type { AnswerRow } from '@tailrace/dashboards';
import { expect } from 'vitest';
import type { KnownRow } from './known-numbers.ts';

/** Counts, times and groups as they are; percentiles within 1 % of rank, or between two neighbours where there are few. */
export function expectRows(rows: readonly AnswerRow[], known: readonly KnownRow[]): void {
  expect(rows.map(({ groups, time }) => [groups, time])).toEqual(known.map(({ groups, time }) => [groups, time]));
  for (const [at, { groups, columns }] of rows.entries()) {
    for (const [k, expected] of known[at]!.columns.entries()) {
      const [value, where] = [columns[k]!, `${groups.join(', ')} column ${k}`];
      if (expected === null || typeof expected === 'number') {
        expect(value, where).toBe(expected);
        continue;
      }
      const { of, percent } = expected;
      const tolerance = Math.max(0.01, 1 / of.length);
      const below = of.filter((each) => each < value).length / of.length;
      const notAbove = of.filter((each) => each <= value).length / of.length;
      expect(below - tolerance, where).toBeLessThanOrEqual(percent / 100);
      expect(notAbove + tolerance, where).toBeGreaterThanOrEqual(percent / 100);
    }
  }
}
