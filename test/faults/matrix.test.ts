import { expect, test } from 'vitest';
import { AXES, allCases, fastCases, nameOf, pairCases } from './axes.ts';
import { allPairs, pairsIn, pairsOf } from './pairwise.ts';

test('the rows hold every pair, and few more rows than the two longest axes ask for', () => {
  const cases = pairCases();
  const held = new Set(cases.flatMap(pairsIn));
  expect(held).toEqual(pairsOf(AXES));
  const lengths = Object.values(AXES)
    .map((values) => values.length)
    .toSorted((a, b) => b - a);
  expect(cases.length).toBeLessThan(lengths[0]! * lengths[1]! * 1.25);
});

test('a missing pair would be seen', () => {
  const axes = { a: ['1', '2'], b: ['x', 'y'], c: ['p', 'q'] };
  expect(pairsOf(axes).size).toBe(12);
  expect(new Set(allPairs(axes).slice(1).flatMap(pairsIn)).size).toBeLessThan(12);
});

test('the fast cases hold every value', () => {
  const cases = fastCases();
  for (const [axis, values] of Object.entries(AXES))
    expect(new Set(cases.map((one) => one[axis as keyof typeof AXES]))).toEqual(new Set(values));
  expect(cases.length).toBeLessThanOrEqual(14);
});

test('the full product has each cell once', () => {
  const names = allCases().map(nameOf);
  expect(names.length).toBe(12 * 3 * 7 * 7);
  expect(new Set(names).size).toBe(names.length);
});

test('the committed list of pairs is what the axes give', async () => {
  await expect(`${pairCases().map(nameOf).join('\n')}\n`).toMatchFileSnapshot('pairs.txt');
});
