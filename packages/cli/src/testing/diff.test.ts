import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines, diffText } from './diff.ts';

const plain = (_: unknown, text: string): string => text;
const shown = (expected: string, found: string): string[] =>
  diffText(diffLines(expected.split(' '), found.split(' ')), plain);

test('a changed line stands twice, its neighbours once', () => {
  expect(shown('a b c', 'a x c')).toEqual(['  a', '- b', '+ x', '  c']);
});

test('added and missing lines', () => {
  expect(shown('a b c', 'a c')).toEqual(['  a', '- b', '  c']);
  expect(shown('a c', 'a b c')).toEqual(['  a', '+ b', '  c']);
});

test('far from a difference, what is the same is left out', () => {
  expect(shown('1 2 3 4 5 6 7 8 9', '1 2 3 4 x 6 7 8 9')).toEqual([
    '  …',
    '  2',
    '  3',
    '  4',
    '- 5',
    '+ x',
    '  6',
    '  7',
    '  8',
    '  …',
  ]);
});

test('both sides can be read back from a comparison, and what is common is as long as it can be', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 });
  fc.assert(
    fc.property(lines, lines, (expected, found) => {
      const compared = diffLines(expected, found);
      const side = (kind: string): string[] => compared.filter((line) => line.kind !== kind).map(({ text }) => text);
      expect(side('found')).toEqual(expected);
      expect(side('expected')).toEqual(found);
      expect(compared.filter(({ kind }) => kind === 'same')).toHaveLength(commonLength(expected, found));
    }),
    { numRuns: 200 },
  );
});

/** Length of the longest common subsequence, by its definition. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  if (a[0] === b[0]) return 1 + commonLength(a.slice(1), b.slice(1));
  return Math.max(commonLength(a.slice(1), b), commonLength(a, b.slice(1)));
}
