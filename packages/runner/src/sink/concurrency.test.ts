import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Concurrency, concurrency, type Load } from './concurrency.ts';

/** A request that is sent now and ends at once. */
function one(limit: Concurrency, load: Load, milliseconds = 10, isFull = true): void {
  limit.ended({ round: limit.round, isFull, load, milliseconds });
}

function grown(max: number, milliseconds = 10): Concurrency {
  const limit = concurrency(max);
  for (let k = 0; k < max; k++) one(limit, 'easy', milliseconds);
  expect(limit.limit).toBe(max);
  return limit;
}

describe('the limit of requests at once', () => {
  it('begins with one and grows by one per answer up to the maximum', () => {
    const limit = concurrency(4);
    const seen = [limit.limit];
    for (let k = 0; k < 5; k++) {
      one(limit, 'easy');
      seen.push(limit.limit);
    }
    expect(seen).toEqual([1, 2, 3, 4, 4, 4]);
  });

  it('does not grow while it is not needed', () => {
    const limit = concurrency(4);
    for (let k = 0; k < 20; k++) one(limit, 'easy', 10, false);
    expect(limit.limit).toBe(1);
  });

  it('is halved by overload, then grows by one per round', () => {
    const limit = grown(16);
    one(limit, 'overloaded');
    expect(limit.limit).toBe(8);
    for (let k = 0; k < 8; k++) one(limit, 'easy');
    expect(limit.limit).toBe(8);
    one(limit, 'easy');
    expect(limit.limit).toBe(9);
  });

  it('is cut once by requests that were under way together', () => {
    const limit = grown(16);
    const { round } = limit;
    for (let k = 0; k < 16; k++) limit.ended({ round, isFull: true, load: 'overloaded', milliseconds: 1 });
    expect(limit.limit).toBe(8);
    one(limit, 'overloaded');
    expect(limit.limit).toBe(4);
  });

  it('sinks by a tenth when answers take much longer than usual, and learns what is usual', () => {
    const limit = grown(20, 50);
    for (let k = 0; k < 20; k++) one(limit, 'easy', 50 + (k % 5));
    expect(limit.limit).toBe(20);
    one(limit, 'easy', 400, false);
    expect(limit.limit).toBe(18);
    // A server that stays slower is the usual one after a while: the limit does not stay low for ever.
    for (let k = 0; k < 300; k++) one(limit, 'easy', 400 + (k % 7));
    expect(limit.limit).toBe(20);
  });

  it('does not mind milliseconds, nor requests that failed for another reason', () => {
    const limit = grown(8);
    for (let k = 0; k < 30; k++) one(limit, 'easy', 1 + (k % 2));
    one(limit, 'easy', 18);
    for (let k = 0; k < 30; k++) one(limit, 'unknown', 30_000);
    expect(limit.limit).toBe(8);
  });

  it('begins again after an outage, and goes fast only up to where it was', () => {
    const limit = grown(16);
    one(limit, 'overloaded');
    limit.collapse();
    limit.collapse();
    expect(limit.limit).toBe(1);
    for (let k = 0; k < 7; k++) one(limit, 'easy');
    expect(limit.limit).toBe(8);
    for (let k = 0; k < 8; k++) one(limit, 'easy');
    expect(limit.limit).toBe(8);
  });

  it('stays between one and its maximum whatever happens', () => {
    const event = fc.record({
      load: fc.constantFrom<Load>('easy', 'easy', 'easy', 'overloaded', 'unknown'),
      milliseconds: fc.nat(60_000),
      isFull: fc.boolean(),
      lateBy: fc.nat(3),
      collapses: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.array(event, { maxLength: 100 }), (max, events) => {
        const limit = concurrency(max);
        for (const { lateBy, collapses, ...request } of events) {
          const before = limit.limit;
          if (collapses && request.load === 'unknown') limit.collapse();
          else limit.ended({ ...request, round: Math.max(0, limit.round - lateBy) });
          expect(limit.limit).toBeGreaterThanOrEqual(1);
          expect(limit.limit).toBeLessThanOrEqual(max);
          expect(limit.limit).toBeLessThanOrEqual(before + 1);
        }
      }),
      { numRuns: 200 },
    );
  });
});
