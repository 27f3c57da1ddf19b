import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changeOf, type ExponentialTotal, type HistogramTotal } from './totals.ts';

const histogram = (counts: number[], sum = 0): HistogramTotal => ({
  kind: 'histogram',
  count: BigInt(counts.reduce((a, b) => a + b, 0)),
  sum,
  bounds: [1, 2, 5],
  counts,
});
const exponential = (scale: number, offset: number, counts: number[]): ExponentialTotal => ({
  kind: 'exponential',
  count: counts.reduce((a, b) => a + b, 0),
  sum: null,
  scale,
  zero: 0,
  positive: { offset, counts },
  negative: { offset: 0, counts: [] },
});

describe('numbers', () => {
  test('integers beyond 2^53 are told apart', () => {
    const last = { kind: 'number', value: 9_007_199_254_740_993n } as const;
    const now = { kind: 'number', value: 9_007_199_254_740_996n } as const;
    expect(changeOf(last, now)).toEqual({ kind: 'number', value: 3n });
  });
  test('a smaller value is a reset, an equal one is not', () => {
    expect(changeOf({ kind: 'number', value: 5 }, { kind: 'number', value: 4 })).toBe('reset');
    expect(changeOf({ kind: 'number', value: 5 }, { kind: 'number', value: 5 })).toEqual({ kind: 'number', value: 0 });
  });
  test('what was an integer may come as a double', () => {
    expect(changeOf({ kind: 'number', value: 5n }, { kind: 'number', value: 7.5 })).toMatchObject({ value: 2.5 });
  });
});

describe('histograms', () => {
  test('each bucket has its own change', () => {
    const change = changeOf(histogram([1, 2, 3, 4], 30), histogram([1, 4, 3, 5], 45));
    expect(change).toMatchObject({ count: 3n, sum: 15, counts: [0, 2, 0, 1] });
  });
  test('a bucket that falls is a reset though the count rises', () => {
    expect(changeOf(histogram([5, 0, 0, 0]), histogram([0, 9, 0, 0]))).toBe('reset');
  });
  test('other bounds cannot be compared', () => {
    expect(changeOf(histogram([1, 2, 3, 4]), { ...histogram([1, 2, 3, 4]), bounds: [1, 2, 6] })).toBe('other');
  });
  test('a sum that falls is no reset: observations may be negative', () => {
    expect(changeOf(histogram([1, 0, 0, 0], 5), histogram([2, 0, 0, 0], 3))).toMatchObject({ sum: -2 });
  });
});

describe('exponential histograms', () => {
  test('at one scale, whatever the offset', () => {
    const change = changeOf(exponential(0, 2, [1, 1]), exponential(0, 1, [3, 1, 2]));
    expect(change).toMatchObject({ scale: 0, positive: { offset: 1, counts: [3, 0, 1] } });
  });
  test('a coarser scale meets the earlier buckets where they fall together', () => {
    const change = changeOf(exponential(1, -2, [1, 2, 3, 4]), exponential(0, -1, [5, 8]));
    expect(change).toMatchObject({ scale: 0, positive: { offset: -1, counts: [2, 1] } });
  });
  test('a bucket that is gone is a reset', () => {
    expect(changeOf(exponential(0, 0, [1, 1]), exponential(0, 1, [5]))).toBe('reset');
  });
  test('nothing is lost between the scales', () => {
    const side = fc.array(fc.nat(20), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(side, fc.integer({ min: -9, max: 9 }), fc.integer({ min: 0, max: 3 }), (counts, offset, steps) => {
        const last = exponential(5, offset, counts);
        const now = exponential(5 - steps, Math.floor(offset / 2 ** steps), [0]);
        const merged = changeOf({ ...exponential(5 - steps, 0, []), count: 0 }, last);
        const total = (merged as ExponentialTotal).positive.counts.reduce((a, b) => a + b, 0);
        expect(total).toBe(last.count);
        expect((merged as ExponentialTotal).positive.offset).toBe(now.positive.offset);
      }),
    );
  });
});
