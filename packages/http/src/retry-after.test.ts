import { expect, test } from 'vitest';
import { retryAfter } from './retry-after.ts';

test('seconds, or a date by the clock of the one that sent it', () => {
  const date = 'Sat, 21 Nov 2026 08:00:00 GMT';
  expect(retryAfter({ 'retry-after': '7' })).toBe(7000);
  for (const later of [
    'Sat, 21 Nov 2026 08:00:42 GMT',
    'Saturday, 21-Nov-26 08:00:42 GMT',
    'Sat Nov 21 08:00:42 2026',
  ]) {
    expect(retryAfter({ date, 'retry-after': later })).toBe(42_000);
  }
  expect(retryAfter({ date, 'retry-after': 'Sat, 21 Nov 2026 07:00:00 GMT' })).toBe(0);
  const inAMinute = retryAfter({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
  expect(Math.abs(inAMinute! - 60_000)).toBeLessThan(5000);
});

test.each([undefined, '', 'soon', '-1', '1.5', ['1', '2']])('%j is no time', (value) => {
  expect(retryAfter({ 'retry-after': value })).toBeUndefined();
});
