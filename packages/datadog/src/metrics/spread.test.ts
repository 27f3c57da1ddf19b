import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bucket, bucketsOf, spread } from './spread.ts';

const sumOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const LIMIT = 100_000;

describe('buckets', () => {
  test('of explicit bounds; empty ones are left out', () => {
    const total = { kind: 'histogram', count: 6n, sum: 1, bounds: [1, 2], counts: [3, 0, 3] } as const;
    expect(bucketsOf(total)).toEqual([
      { lower: -Infinity, upper: 1, count: 3 },
      { lower: 2, upper: Infinity, count: 3 },
    ]);
  });
  test('of an exponential histogram, from the most negative on', () => {
    const sides = { positive: { offset: -1, counts: [1, 2] }, negative: { offset: 0, counts: [4, 5] } };
    expect(bucketsOf({ kind: 'exponential', count: 15n, sum: 1, scale: 0, zero: 3, ...sides })).toEqual([
      { lower: -4, upper: -2, count: 5 },
      { lower: -2, upper: -1, count: 4 },
      { lower: 0, upper: 0, count: 3 },
      { lower: 0.5, upper: 1, count: 1 },
      { lower: 1, upper: 2, count: 2 },
    ]);
  });
});

describe('values', () => {
  test('lie evenly in their bucket when nothing is known of the sum', () => {
    expect(spread([{ lower: 0, upper: 4, count: 4 }], { sum: null }, LIMIT)).toEqual([0.5, 1.5, 2.5, 3.5]);
  });
  test('are drawn towards one side until the sum is right', () => {
    const values = spread([{ lower: 0, upper: 10, count: 10 }], { sum: 20 }, LIMIT);
    expect(sumOf(values)).toBeCloseTo(20, 9);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  });
  test('beyond the last bound have the mean that the sum leaves them', () => {
    const buckets = [
      { lower: 0, upper: 10, count: 2 },
      { lower: 10, upper: Infinity, count: 2 },
    ];
    expect(spread(buckets, { sum: 90 }, LIMIT)).toEqual([2.5, 7.5, 40, 40]);
  });
  test('keep to the smallest and the largest that were seen', () => {
    const buckets = [
      { lower: -Infinity, upper: 10, count: 3 },
      { lower: 10, upper: Infinity, count: 3 },
    ];
    const values = spread(buckets, { sum: null, min: 4, max: 16 }, LIMIT);
    expect([Math.min(...values), Math.max(...values)]).toEqual([5, 15]);
  });
  test('of very many observations each bucket gives its share', () => {
    const buckets = [
      { lower: 0, upper: 1, count: 3_000_000 },
      { lower: 1, upper: 2, count: 1_000_000 },
      { lower: 2, upper: 3, count: 1 },
    ];
    const values = spread(buckets, { sum: null }, 4000);
    expect(values.filter((value) => value < 1)).toHaveLength(3000);
    expect(values.filter((value) => value >= 1 && value < 2)).toHaveLength(1000);
    expect(values.filter((value) => value >= 2)).toHaveLength(1);
  });
});

const observations = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 1, maxLength: 300 });
const BOUNDS = [0.005, 0.1, 0.5, 1, 2.5, 10, 60, 300];

/** What an exporter makes of observations. */
function histogramOf(values: readonly number[]): Bucket[] {
  const lowers = [-Infinity, ...BOUNDS];
  return lowers
    .map((lower, k) => {
      const upper = BOUNDS[k] ?? Infinity;
      return { lower, upper, count: values.filter((value) => value > lower && value <= upper).length };
    })
    .filter(({ count }) => count > 0);
}

test('as many values per bucket as were counted, inside it, and their sum is that of the observations', () => {
  fc.assert(
    fc.property(observations, (observed) => {
      const buckets = histogramOf(observed);
      const values = spread(buckets, { sum: sumOf(observed) }, LIMIT);
      expect(values).toHaveLength(observed.length);
      for (const { lower, upper, count } of buckets) {
        const inside = values.filter((value) => value >= Math.max(lower, 0) && value <= upper);
        expect(inside.length).toBeGreaterThanOrEqual(count);
      }
      expect(Math.abs(sumOf(values) - sumOf(observed))).toBeLessThan(1e-6 * (1 + sumOf(observed)));
    }),
    { numRuns: 150 },
  );
});

test('percentiles are wrong by no more than the width of a bucket', () => {
  fc.assert(
    fc.property(observations, fc.constantFrom(0.5, 0.9, 0.99), (observed, quantile) => {
      const sorted = [...observed].sort((a, b) => a - b);
      const values = spread(histogramOf(observed), { sum: sumOf(observed) }, LIMIT).sort((a, b) => a - b);
      const rank = Math.floor(quantile * (sorted.length - 1));
      const upper = BOUNDS.find((bound) => sorted[rank]! <= bound) ?? Infinity;
      const lower = BOUNDS.findLast((bound) => bound < sorted[rank]!) ?? 0;
      expect(values[rank]).toBeGreaterThanOrEqual(lower * (1 - 1e-9));
      expect(values[rank]).toBeLessThanOrEqual(upper);
    }),
    { numRuns: 150 },
  );
});
