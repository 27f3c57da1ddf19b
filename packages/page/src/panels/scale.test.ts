import type { Unit } from '@tailrace/dashboards';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extentOf, valueAxis } from './scale.ts';

test('round lines of the unit from zero to above the largest', () => {
  expect(valueAxis(3, 42, 'none', 5)).toEqual({ from: 0, to: 50, ticks: [0, 10, 20, 30, 40, 50] });
  expect(valueAxis(0, 0.3, 'ratio', 3).ticks).toEqual([0, 0.1, 0.2, 0.3]);
  expect(valueAxis(0, 100, 'seconds', 4).ticks).toEqual([0, 30, 60, 90, 120]);
  expect(valueAxis(0, 3e6, 'bytes', 3).ticks).toEqual([0, 2 ** 20, 2 ** 21, 3 * 2 ** 20]);
  expect(valueAxis(-7, 12, 'none', 4).ticks).toEqual([-10, -5, 0, 5, 10, 15]);
});

test('nothing, nothing but zeros and what is no number give an axis from 0 to 1', () => {
  for (const [least, largest] of [
    [0, 0],
    [Number.NaN, Number.NaN],
    [0, Number.POSITIVE_INFINITY],
  ] as const) {
    expect(valueAxis(least, largest, 'none', 5)).toEqual({ from: 0, to: 1, ticks: [0, 1] });
  }
});

test('counts have no half lines', () => {
  expect(valueAxis(0, 2, 'none', 5, true).ticks).toEqual([0, 1, 2]);
  expect(valueAxis(0, 12, 'none', 5, true).ticks).toEqual([0, 5, 10, 15]);
});

test('the extent tells whether all are whole', () => {
  expect(extentOf([[1, null, 5], [-2]])).toEqual({ least: -2, largest: 5, whole: true });
  expect(extentOf([[1, 0.5]])).toEqual({ least: 0.5, largest: 1, whole: false });
  expect(extentOf([[null], []])).toEqual({ least: 0, largest: 0, whole: true });
});

const UNITS: readonly Unit[] = ['none', 'seconds', 'milliseconds', 'days', 'bytes', 'per_second', 'ratio'];

test('whatever the values, the axis holds them and their zero, with few lines that rise', () => {
  const number = fc
    .double({ min: -1e12, max: 1e12, noNaN: true })
    .filter((each) => each === 0 || Math.abs(each) > 1e-6);
  fc.assert(
    fc.property(number, number, fc.constantFrom(...UNITS), fc.integer({ min: 2, max: 6 }), (one, other, unit, most) => {
      const [least, largest] = [Math.min(one, other), Math.max(one, other)];
      const { from, to, ticks } = valueAxis(least, largest, unit, most);
      const near = 1e-9 * Math.max(Math.abs(one), Math.abs(other));
      expect(from).toBeLessThanOrEqual(Math.min(0, least) + near);
      expect(to).toBeGreaterThanOrEqual(Math.max(0, largest) - near);
      expect(ticks).toContain(0);
      expect(ticks.length).toBeLessThanOrEqual(most + 3);
      expect(ticks.every((tick, at) => at === 0 || tick > (ticks[at - 1] ?? tick))).toBe(true);
    }),
    { numRuns: 100 },
  );
});
