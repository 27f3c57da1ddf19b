import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RAMP_MS, rampMs, steadyRate } from './recovery.ts';

describe('the steady rate', () => {
  it.each([
    [1000, 10],
    [250, 3000],
    [5000, 100],
  ])('one request per %i ms with %i events', (interval, events) => {
    const rate = steadyRate();
    expect(rate.perSecond).toBe(0);
    for (let now = 0; now <= 20_000; now += interval) rate.delivered(events, now);
    expect(rate.perSecond).toBeCloseTo((events * 1000) / interval, 6);
  });

  it('follows a change within some seconds, and leaves the time of an outage out', () => {
    const rate = steadyRate();
    for (let now = 0; now <= 10_000; now += 100) rate.delivered(10, now);
    expect(rate.perSecond).toBeCloseTo(100, 6);
    rate.resume(100_000);
    for (let now = 100_100; now <= 103_000; now += 100) rate.delivered(20, now);
    expect(rate.perSecond).toBeGreaterThan(150);
    expect(rate.perSecond).toBeLessThan(200);
  });
});

describe('the ramp', () => {
  it('lets through at most twice the steady rate in the first second, at most three times that in the next', () => {
    expect(rampMs(0, 100)).toBe(0);
    expect(rampMs(145, 100)).toBeGreaterThan(1000);
    expect(rampMs(144, 100)).toBeLessThan(1000);
    expect(rampMs(433, 100)).toBeGreaterThan(2000);
  });

  it('never makes anybody wait for more than ten seconds, and more events never for less', () => {
    fc.assert(
      fc.property(fc.nat(1e7), fc.nat(1e7), fc.double({ min: 0.001, max: 1e6, noNaN: true }), (a, b, perSecond) => {
        expect(rampMs(a + b, perSecond)).toBeGreaterThanOrEqual(rampMs(a, perSecond));
        expect(rampMs(a + b, perSecond)).toBeLessThanOrEqual(RAMP_MS);
        expect(rampMs(2 * perSecond, perSecond)).toBeGreaterThan(1000);
      }),
    );
  });
});
