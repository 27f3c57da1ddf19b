import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

test('the nearest name is the one with the fewest slips', () => {
  const names = ['include', 'exclude', 'format', 'max_bytes'];
  expect(nearest('inclde', names)).toBe('include');
  expect(nearest('EXCLUDE', names)).toBe('exclude');
  expect(nearest('fromat', names)).toBe('format');
  expect(nearest('max', names)).toBe('max_bytes');
  expect(nearest('colour', names)).toBeUndefined();
  expect(nearest('x', names)).toBeUndefined();
});

test('distance counts insertions, deletions, replacements and swaps', () => {
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('abc', 'acb')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});

test('distance is a symmetric bound on the difference of lengths, and 0 only between equals', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
    { numRuns: 200 },
  );
});
