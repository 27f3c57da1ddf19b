import { describe, expect, it } from 'vitest';
import { formatAgo, formatMoment, formatTime } from './time.ts';

const NOON = new Date(2026, 2, 1, 12, 5, 7, 89).getTime();

describe('a time', () => {
  it('is of the viewer’s zone, with all its digits', () => {
    expect(formatTime(NOON)).toBe('2026-03-01 12:05:07.089');
  });

  it('leaves out the day of today', () => {
    expect(formatMoment(NOON, NOON + 1000)).toBe('12:05:07');
    expect(formatMoment(NOON, NOON + 24 * 3_600_000)).toBe('2026-03-01 12:05:07');
  });

  it.each([
    [0, 'just now'],
    [-5000, 'just now'],
    [12_900, '12 s ago'],
    [61_000, '1 m ago'],
    [7_300_000, '2 h ago'],
    [200_000_000, '2 d ago'],
  ])('%d ms ago is %s', (milliseconds, text) => {
    expect(formatAgo(NOON - milliseconds, NOON).replaceAll('\u00a0', ' ')).toBe(text);
  });
});
