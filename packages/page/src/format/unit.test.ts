import type { Unit } from '@tailrace/dashboards';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatValue } from './unit.ts';

const UNITS: readonly Unit[] = [
  ...(['none', 'seconds', 'milliseconds', 'days', 'bytes', 'bytes_per_second', 'per_second', 'ratio'] as const),
];
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('a number with its unit', () => {
  it.each([
    [0, 'none', '0'],
    [7, 'none', '7'],
    [1234, 'none', '1,234'],
    [9999, 'none', '9,999'],
    [9999.6, 'none', '10 k'],
    [12_345, 'none', '12.3 k'],
    [999_999, 'none', '1 M'],
    [-12_345, 'none', '−12.3 k'],
    [0.123456, 'none', '0.123'],
    [0.00001234, 'none', '1.2e−5'],
    [2.5e18, 'none', '2.50e+18'],
    [0, 'seconds', '0 s'],
    [0.35, 'seconds', '350 ms'],
    [0.9996, 'seconds', '1 s'],
    [12.34, 'seconds', '12.3 s'],
    [59.96, 'seconds', '1 m'],
    [90, 'seconds', '1 m 30 s'],
    [3599.9, 'seconds', '1 h'],
    [4321, 'seconds', '1 h 12 m'],
    [276_480, 'seconds', '3 d 5 h'],
    [8_639_999, 'seconds', '100 d'],
    [8_641_800, 'seconds', '100 d'],
    [86_409_995_391_000, 'seconds', '1 G d'],
    [-90, 'seconds', '−1 m 30 s'],
    [350, 'milliseconds', '350 ms'],
    [2e-9, 'seconds', '2 ns'],
    [1, 'days', '1 day'],
    [23.45, 'days', '23.4 days'],
    [512, 'bytes', '512 B'],
    [1536, 'bytes', '1.5 KiB'],
    [1_048_575, 'bytes', '1 MiB'],
    [1.5 * 1024 ** 2, 'bytes_per_second', '1.5 MiB/s'],
    [12.34, 'per_second', '12.3/s'],
    [12_340, 'per_second', '12.3 k/s'],
    [0.5, 'ratio', '50 %'],
    [0.99872, 'ratio', '99.87 %'],
    [1, 'ratio', '100 %'],
    [0.99999, 'ratio', '>99.99 %'],
    [0.00001, 'ratio', '<0.01 %'],
    [1.5, 'ratio', '150 %'],
  ] as const)('%d in %s is %s', (value, unit, text) => {
    expect(plain(formatValue(value, unit))).toBe(text);
  });

  it('is a dash where there is none', () => {
    for (const unit of UNITS) {
      expect(formatValue(null, unit)).toBe('–');
      expect(formatValue(Number.NaN, unit)).toBe('–');
      expect(formatValue(Number.POSITIVE_INFINITY, unit)).toBe('∞');
    }
  });

  it('says nothing and all of a ratio only where it is so', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (ratio) => {
        const text = plain(formatValue(ratio, 'ratio'));
        expect(text === '0 %').toBe(ratio === 0);
        expect(text === '100 %').toBe(ratio === 1);
      }),
      { numRuns: 100 },
    );
  });

  it('is short, never breaks in two lines, and differs from its negative by a minus', () => {
    const value = fc.double({ min: 1e-12, max: 1e14, noNaN: true });
    fc.assert(
      fc.property(value, fc.constantFrom(...UNITS), (number, unit) => {
        const text = formatValue(number, unit);
        expect(text).not.toMatch(/[ -]|NaN|undefined/);
        expect(text.length).toBeLessThan(20);
        if (unit !== 'ratio') expect(formatValue(-number, unit)).toBe(`−${text}`);
      }),
      { numRuns: 100 },
    );
  });

  it('never has 60 of what makes one of the next', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e6, noNaN: true }), (seconds) => {
        expect(plain(formatValue(seconds, 'seconds'))).not.toMatch(/\b(60 s|60 m|24 h|1,?000 ms|1,?000 µs)\b/);
      }),
      { numRuns: 100 },
    );
  });
});
