import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claim, holds, type Ranges } from './held-ranges.ts';

test('a run is one range', () => {
  const ranges: Ranges = [];
  expect(claim(ranges, 0, 10)).toEqual({ range: { from: 0, to: 10 }, isNew: true });
  expect(claim(ranges, 10, 25)).toEqual({ range: { from: 0, to: 25 }, isNew: false });
  expect(ranges).toEqual([{ from: 0, to: 25 }]);
  expect([holds(ranges, 0), holds(ranges, 10), holds(ranges, 24), holds(ranges, 25)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('a gap stays one until its event comes', () => {
  const ranges: Ranges = [];
  claim(ranges, 0, 10);
  claim(ranges, 20, 30);
  expect(holds(ranges, 10)).toBe(false);
  claim(ranges, 10, 20);
  expect(ranges).toEqual([
    { from: 0, to: 20 },
    { from: 20, to: 30 },
  ]);
  expect(holds(ranges, 25)).toBe(true);
});

test('a claim never reaches into what another event claimed', () => {
  const ranges: Ranges = [];
  claim(ranges, 20, 30);
  claim(ranges, 5, 100);
  expect(ranges).toEqual([
    { from: 5, to: 20 },
    { from: 20, to: 30 },
  ]);
  expect(holds(ranges, 50)).toBe(false);
});

test('offsets can be below 0', () => {
  const ranges: Ranges = [];
  claim(ranges, 0, 5);
  claim(ranges, -7, 0);
  expect([holds(ranges, -8), holds(ranges, -7), holds(ranges, -1)]).toEqual([false, true, true]);
});

test('it agrees with a plain set of offsets', () => {
  const lines = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });
  const order = fc.infiniteStream(fc.nat());
  fc.assert(
    fc.property(lines, order, (lengths, picks) => {
      let at = 0;
      const events = lengths.map((length) => {
        at += length;
        return { from: at - length, to: at };
      });
      const ranges: Ranges = [];
      const naive = new Set<number>();
      for (const pick of picks.take(60)) {
        const { from, to } = events[pick % events.length]!;
        expect(holds(ranges, from)).toBe(naive.has(from));
        if (!naive.has(from)) claim(ranges, from, to);
        naive.add(from);
      }
      for (const { from } of events) expect(holds(ranges, from)).toBe(naive.has(from));
      for (const [i, { from, to }] of ranges.entries())
        expect(ranges[i + 1]?.from ?? Infinity).toBeGreaterThanOrEqual(Math.max(to, from + 1));
    }),
    { numRuns: 100 },
  );
});
