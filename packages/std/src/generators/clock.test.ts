import { expect, test } from 'vitest';
import { createClock } from './clock.ts';

test('digits: three, six, or up to nine without trailing zeros', () => {
  const clock = createClock('2026-11-02T06:00:00.5Z');
  expect(clock.millis(2.3)).toBe('2026-11-02T06:00:02.800Z');
  expect(clock.micros(0.000001)).toBe('2026-11-02T06:00:00.500001Z');
  expect(clock.nanos(0.000000123)).toBe('2026-11-02T06:00:00.500000123Z');
  expect(clock.nanos(0.5)).toBe('2026-11-02T06:00:01Z');
});

test('what rounds up to a whole second is the next second', () => {
  const clock = createClock('2026-12-31T23:59:59Z');
  expect(clock.millis(0.9996)).toBe('2027-01-01T00:00:00.000Z');
  expect(clock.nanos(0.9999999999)).toBe('2027-01-01T00:00:00Z');
});

test('days are busier than nights, whatever the start, and average 1', () => {
  const clock = createClock('2026-11-02T12:00:00Z');
  expect(clock.activity(0)).toBeCloseTo(1.3);
  expect(clock.activity(13 * 3600)).toBeLessThan(0.3);
  const hours = Array.from({ length: 240 }, (_, tenth) => clock.activity(tenth * 360));
  expect(hours.reduce((sum, activity) => sum + activity, 0) / 240).toBeCloseTo(1, 1);
});
