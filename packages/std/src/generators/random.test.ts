import { describe, expect, test } from 'vitest';
import { createRandom, hex, popularity, spread } from './random.ts';

const draw = <T>(count: number, next: () => T) => Array.from({ length: count }, next);

describe('the stream of a seed', () => {
  test('is fixed for ever', () => {
    const { bits } = createRandom('tailrace');
    expect(draw(4, bits)).toMatchInlineSnapshot(`
      [
        2915963377,
        642680462,
        2766147542,
        785372238,
      ]
    `);
  });

  test('is the same for a number and its text, another for other seeds', () => {
    const first = (seed: string | number) => createRandom(seed).bits();
    expect(first(7)).toBe(first('7'));
    expect(new Set(draw(100, () => 0).map((_, seed) => first(seed))).size).toBe(100);
  });

  test('is even', () => {
    const random = createRandom(1);
    const counts = draw(10, () => 0);
    for (let drawn = 0; drawn < 20_000; drawn += 1) {
      const digit = random.below(10);
      counts[digit] = (counts[digit] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
    expect(draw(4000, () => random.chance(0.25)).filter(Boolean).length / 4000).toBeCloseTo(0.25, 1);
  });
});

test('spread has the asked median and a long tail', () => {
  const random = createRandom(2);
  const values = draw(10_001, () => spread(random, 100, 1)).sort((left, right) => left - right);
  expect(values[5000]).toBeGreaterThan(93);
  expect(values[5000]).toBeLessThan(107);
  expect(values[8413]).toBeGreaterThan(240);
  expect(values[0]).toBeGreaterThan(0);
});

test('popularity prefers the first and forgets nobody', () => {
  const random = createRandom(3);
  const next = popularity(['a', 'b', 'c', 'd']);
  const values = draw(4000, () => next(random));
  const count = (letter: string) => values.filter((value) => value === letter).length;
  expect(count('a')).toBeGreaterThan(1.6 * count('b'));
  expect(count('d')).toBeGreaterThan(200);
});

test('hex has eight digits per word; an empty list cannot be picked from', () => {
  expect(hex(createRandom(4), 3)).toMatch(/^[\da-f]{24}$/);
  expect(() => createRandom(5).pick([])).toThrow('pick: the list is empty');
});
