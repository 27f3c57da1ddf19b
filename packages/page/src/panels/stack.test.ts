import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromZero, stackOf } from './stack.ts';

test('values lie on each other, negative ones below zero, and gaps take no room', () => {
  expect(
    stackOf([
      [1, -2, null],
      [3, -4, 5],
      [null, 6, 1],
    ]),
  ).toEqual([
    { from: [0, 0, null], to: [1, -2, null] },
    { from: [1, -2, 0], to: [4, -6, 5] },
    { from: [null, 0, 5], to: [null, 6, 6] },
  ]);
  expect(stackOf([])).toEqual([]);
  expect(fromZero([[1, null]])).toEqual([{ from: [0, null], to: [1, null] }]);
});

test('each piece is as high as its value, and pieces of a step touch without overlapping', () => {
  const value = fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: null });
  const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(rows, (given) => {
      const stacked = stackOf(given);
      for (const at of [0, 1]) {
        let [above, below] = [0, 0];
        for (const [place, row] of given.entries()) {
          const [from, to] = [stacked[place]?.from[at] ?? null, stacked[place]?.to[at] ?? null];
          const number = row[at] ?? null;
          if (number === null) {
            expect([from, to]).toEqual([null, null]);
            continue;
          }
          expect((to ?? 0) - (from ?? 0)).toBe(number);
          expect(from).toBe(number < 0 ? below : above);
          if (number < 0) below = to ?? 0;
          else above = to ?? 0;
        }
      }
    }),
    { numRuns: 60 },
  );
});
