import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitted, parseLast, parseRange, rangeParameters, spanOf, type TimeRange, widened } from './time-range.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 5, 12);
const anyRange: fc.Arbitrary<TimeRange> = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000 }).map((seconds) => ({ last: seconds * 1000 })),
  fc
    .tuple(fc.integer({ min: 0, max: NOW }), fc.integer({ min: 1, max: 1e9 }))
    .map(([from, length]) => ({ from, to: from + length })),
);

describe('a range', () => {
  it.each([
    ['now-24h', null, { last: 24 * HOUR }],
    ['15m', 'now', { last: HOUR / 4 }],
    ['1000', '2000', { from: 1000, to: 2000 }],
    ['2026-01-05T10:00:00Z', '2026-01-05T11:00:00Z', { from: NOW - 2 * HOUR, to: NOW - HOUR }],
  ])('from=%s to=%s', (from, to, range) => {
    expect(parseRange(from, to)).toEqual(range);
  });

  it.each([
    [null, '5'],
    ['2000', '1000'],
    ['1000', null],
    ['now-0m', null],
    ['now-5x', null],
    ['now-999999999w', null],
    ['yesterday', '<script>'],
  ])('from=%s to=%s is none', (from, to) => {
    expect(parseRange(from, to)).toBeUndefined();
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(anyRange, (range) => {
        const { from, to = null } = rangeParameters(range);
        expect(parseRange(from, to)).toEqual(range);
      }),
      { numRuns: 100 },
    );
  });

  it('grows to both sides, has in it what it had, and never ends behind now', () => {
    fc.assert(
      fc.property(anyRange, (range) => {
        const [before, after] = [spanOf(range, NOW), spanOf(widened(range, NOW), NOW)];
        expect(after.to - after.from).toBeGreaterThan(before.to - before.from);
        if ('last' in range) expect(after.to - NOW).toBeLessThanOrEqual(Math.max(1000, (after.to - after.from) / 100));
        else expect(after.to).toBeLessThanOrEqual(Math.max(NOW, before.to));
        if (before.to <= NOW) expect(after.from).toBeLessThanOrEqual(before.from);
      }),
      { numRuns: 100 },
    );
  });

  it('up to now has now in it, is as long as it says, and is the same for who asks a moment later', () => {
    const span = spanOf({ last: HOUR }, NOW + 1);
    expect(span).toEqual({ from: NOW - HOUR + 10_000, to: NOW + 10_000 });
    expect(spanOf({ last: HOUR }, NOW + 9999)).toEqual(span);
    expect(spanOf({ last: HOUR }, NOW + 10_000)).not.toEqual(span);
  });

  it('is no longer than what the store holds, and shows all of that', () => {
    const day = parseLast('24h')!;
    expect(fitted(day, NOW - 2 * HOUR - 1, NOW)).toEqual({ last: 3 * HOUR });
    expect(fitted(day, NOW - 10_000, NOW)).toEqual({ last: HOUR / 12 });
    expect(fitted(day, NOW - 30 * HOUR, NOW)).toEqual(day);
    expect(fitted(day, null, NOW)).toEqual(day);
    expect(fitted({ last: HOUR }, NOW - 5 * HOUR, NOW)).toEqual({ last: HOUR });
  });
});
