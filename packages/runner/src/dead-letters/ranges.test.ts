import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFlatRanges, ranges } from './ranges.ts';

it('hold what a set of numbers would hold', () => {
  const pair = fc.tuple(fc.nat(60), fc.nat(12)).map(([from, length]) => [from, from + length] as const);
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 20 }), fc.array(pair, { maxLength: 20 }), (added, asked) => {
      const model = new Set<number>();
      let tested = ranges();
      for (const [from, to] of added) {
        tested.add(from, to);
        for (let n = from; n < to; n++) model.add(n);
        expect(isFlatRanges(JSON.parse(JSON.stringify(tested.flat)))).toBe(true);
        tested = ranges(tested.flat);
      }
      const runs = [...model].filter((n) => !model.has(n - 1)).length;
      expect(tested.flat).toHaveLength(2 * runs);
      for (const [from, to] of asked.filter(([a, b]) => b > a)) {
        const all = Array.from({ length: to - from }, (_, k) => from + k).every((n) => model.has(n));
        expect(tested.has(from, to)).toBe(all);
      }
    }),
    { numRuns: 200 },
  );
});

it.each([[[1, 0]], [[0]], ['x'], [[0, 1.5]], [[0, 1, 0, 2]], [null], [['0', '1']]])('%j are none', (value) => {
  expect(isFlatRanges(value)).toBe(false);
});
