import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenBuckets } from './token-buckets.ts';

/** How many of `count` attempts at this time find a token. */
const taken = (buckets: ReturnType<typeof tokenBuckets>, key: string, now: number, count: number): number =>
  Array.from({ length: count }, () => buckets.take(key, now)).filter(Boolean).length;

test('a burst passes at once, then what comes back with time', () => {
  const buckets = tokenBuckets({ perMs: 2 / 1000, burst: 5, maxKeys: 10 });
  expect(taken(buckets, 'a', 0, 8)).toBe(5);
  expect(taken(buckets, 'a', 499, 1)).toBe(0);
  expect(taken(buckets, 'a', 500, 2)).toBe(1);
  expect(taken(buckets, 'a', 2000, 9)).toBe(3);
  expect(taken(buckets, 'a', 60_000, 9)).toBe(5);
  expect(taken(buckets, 'b', 60_000, 9)).toBe(5);
});

/** How many keys it holds, and how many it forgot too early since this was last asked. */
function told(buckets: ReturnType<typeof tokenBuckets>): [size: number, forgotten: number] {
  const numbers: [number, number] = [0, 0];
  buckets.tell({
    gauge: (_name, _help, value) => {
      numbers[0] = value;
    },
    countErrors: (_code, count) => {
      numbers[1] = count;
    },
  });
  return numbers;
}

test('the key that came longest ago is forgotten, and counted when its bucket was not full', () => {
  const buckets = tokenBuckets({ perMs: 1 / 1000, burst: 1, maxKeys: 2 });
  for (const key of ['a', 'b', 'a']) buckets.take(key, 0);
  buckets.take('c', 10);
  expect(told(buckets)).toEqual([2, 1]);
  // `b` is gone, so it begins anew; `a` was kept.
  expect([buckets.take('a', 10), buckets.take('b', 10)]).toEqual([false, true]);
  expect(told(buckets)).toEqual([2, 1]);
  buckets.take('d', 5000);
  expect(told(buckets)).toEqual([2, 0]);
});

test('never more than the burst and what came back pass in any stretch of time', () => {
  const arrivals = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 300 }), key: fc.constantFrom('a', 'b') }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 20 }), (all, burst, perSecond) => {
      const buckets = tokenBuckets({ perMs: perSecond / 1000, burst, maxKeys: 10 });
      const passed: Record<string, number[]> = { a: [], b: [] };
      let now = 0;
      for (const { gap, key } of all) {
        now += gap;
        if (buckets.take(key, now)) passed[key]!.push(now);
      }
      for (const times of Object.values(passed))
        for (const [i, from] of times.entries())
          for (const [j, to] of times.entries())
            if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(burst + ((to - from) * perSecond) / 1000 + 1e-6);
    }),
    { numRuns: 60 },
  );
});
