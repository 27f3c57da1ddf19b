import fc from 'fast-check';
import { expect, test } from 'vitest';
import { histogramSince, quantile, valuesIn } from './quantile.ts';

const of = (bounds: number[], counts: number[], sum = 0) => ({ bounds, counts, sum });

test('is even within a bucket, begins at 0 and ends at the highest bound, as histogram_quantile does', () => {
  expect(quantile(of([1, 2, 4], [0, 0, 0, 0]), 0.5)).toBeUndefined();
  expect(quantile(of([1, 2, 4], [10, 0, 0, 0]), 0.5)).toBe(0.5);
  expect(quantile(of([1, 2, 4], [5, 0, 5, 0]), 0.75)).toBe(3);
  expect(quantile(of([1, 2, 4], [5, 0, 5, 0]), 0.5)).toBe(1);
  expect(quantile(of([1, 2, 4], [1, 0, 0, 9]), 0.95)).toBe(4);
});

test('lies in the bucket that holds the value, and never falls with the share', () => {
  const values = fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
      const bounds = [1, 2, 5, 10];
      const counts = [0, 0, 0, 0, 0];
      for (const value of all) counts[bounds.findIndex((bound) => value <= bound)]!++;
      const exact = all.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * all.length) - 1)]!;
      const estimate = quantile(of(bounds, counts), share)!;
      const upper = bounds.find((bound) => exact <= bound)!;
      expect(estimate).toBeLessThanOrEqual(upper);
      expect(estimate).toBeGreaterThanOrEqual(bounds[bounds.indexOf(upper) - 1] ?? 0);
      expect(quantile(of(bounds, counts), 1)!).toBeGreaterThanOrEqual(estimate);
    }),
    { numRuns: 200 },
  );
});

test('what came since is the difference, or all of it where counting began anew', () => {
  const now = of([1, 2], [5, 3, 1], 20);
  expect(histogramSince(now, of([1, 2], [2, 3, 0], 8))).toEqual(of([1, 2], [3, 0, 1], 12));
  expect(histogramSince(now, of([1, 2], [6, 0, 0], 3))).toEqual(now);
  expect(histogramSince(now, of([1], [1, 0], 1))).toEqual(now);
  expect(histogramSince(now, undefined)).toEqual(now);
  expect(valuesIn(now)).toBe(9);
});
