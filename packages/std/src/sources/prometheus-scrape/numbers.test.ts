import { expect, test } from 'vitest';
import { readMilliseconds, readNumber, readSeconds } from './numbers.ts';

test('numbers as Go reads them', () => {
  const spelled = ['0', '-0', '.5', '5.', '1e3', '1E-3', '+12', '123456789012345678', '0.1', '9007199254740993'];
  const odd = ['inf', '-Inf', '+INFINITY', 'nan', 'NaN', '-NaN', '0.000000000000001', '1.7976931348623157e308'];
  const values = [...spelled, ...odd].map((text) => readNumber(text, 0, text.length));
  expect(values).toEqual([
    ...spelled.map(Number),
    ...[Infinity, -Infinity, Infinity, NaN, NaN, NaN, 1e-15, Number.MAX_VALUE],
  ]);
});

test('what is no number', () => {
  for (const text of ['', '.', '-', '1e', '0x1', '1_0', 'infinit', '1.2.3', ' 1', 'e1', '١'])
    expect(readNumber(text, 0, text.length)).toBeUndefined();
});

test('times are exact to the nanosecond', () => {
  expect(readSeconds('1520879607.789')).toBe(1_520_879_607_789_000_000n);
  expect(readSeconds('1520879607.123456789999')).toBe(1_520_879_607_123_456_789n);
  expect(readSeconds('-0.5')).toBe(-500_000_000n);
  expect(readSeconds('1.5e3')).toBe(1_500_000_000_000n);
  expect(readSeconds('7.')).toBe(7_000_000_000n);
  expect(readMilliseconds('+1')).toBe(1_000_000n);
});

test('times that no 64 bits hold, or that are none', () => {
  for (const text of ['9223372037', '1e300', 'NaN', 'Inf', '', 'x', '99999999999999999999'])
    expect(readSeconds(text)).toBeUndefined();
  for (const text of ['9223372036855', '1.5', '', '1e3']) expect(readMilliseconds(text)).toBeUndefined();
});
