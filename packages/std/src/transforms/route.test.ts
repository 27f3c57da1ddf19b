import { ConfigError } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { route } from './route.ts';

test.each(route.examples)('example: $title', async ({ config, input, output, outputs }) => {
  const done = (await transformHarness(route, config)).run(input);
  expect(done.events).toEqual(output);
  expect(done.outputs).toEqual(outputs);
});

describe('an event that no condition takes', () => {
  const events = [{ n: 1 }, { n: 2 }, { n: 1 }];
  test.each([
    ['default', { one: [{ n: 1 }, { n: 1 }], default: [{ n: 2 }] }, {}, []],
    ['drop', { one: [{ n: 1 }, { n: 1 }] }, { 1: 'unmatched' }, []],
    ['dead_letter', { one: [{ n: 1 }, { n: 1 }] }, {}, [[1, 'route_unmatched']]],
  ])('unmatched: %s', async (unmatched, outputs, reasons, rejected) => {
    const done = (await transformHarness(route, { outputs: { one: 'n == 1' }, unmatched })).run(events);
    expect(done.outputs).toEqual(outputs);
    expect(done.reasons).toEqual(reasons);
    expect(done.rejected.map(({ i, code }) => [i, code])).toEqual(rejected);
    expect(done.errors).toEqual({});
  });
});

describe('a condition that cannot be evaluated', () => {
  const outputs = { text: 'a.startsWith("x")', large: 'a > 10' };
  test.each([
    ['no_match', { large: [{ a: 20 }], text: [{ a: 'xy' }], default: [{ a: 3 }] }, {}, []],
    ['drop', { text: [{ a: 'xy' }] }, { 0: 'condition_error', 1: 'condition_error' }, []],
    [
      'dead_letter',
      { text: [{ a: 'xy' }] },
      {},
      [
        [0, 'condition_error'],
        [1, 'condition_error'],
      ],
    ],
  ])('on_error: %s', async (on_error, expected, reasons, rejected) => {
    const done = (await transformHarness(route, { outputs, on_error })).run([{ a: 20 }, { a: 3 }, { a: 'xy' }]);
    expect(done.outputs).toEqual(expected);
    expect(done.reasons).toEqual(reasons);
    expect(done.rejected.map(({ i, code }) => [i, code])).toEqual(rejected);
    expect(done.errors).toEqual({ condition_error: 2 });
  });
});

test('each event leaves by the first, or by every, output whose condition is true', async () => {
  const divisors = fc.uniqueArray(fc.integer({ min: 2, max: 6 }), { minLength: 1, maxLength: 4 });
  const numbers = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(divisors, numbers, fc.constantFrom('first', 'all'), async (by, values, mode) => {
      const outputs = Object.fromEntries(by.map((d) => [`by${d}`, `n % ${d} == 0`]));
      const done = (await transformHarness(route, { outputs, mode })).run(values.map((n) => ({ n })));
      const expected: Record<string, { n: number }[]> = {};
      for (const n of values) {
        const fitting = by.filter((d) => n % d === 0).map((d) => `by${d}`);
        const ways = fitting.length === 0 ? ['default'] : mode === 'first' ? fitting.slice(0, 1) : fitting;
        for (const way of ways) expected[way] = [...(expected[way] ?? []), { n }];
      }
      expect(done.outputs).toEqual(expected);
      expect(done.events).toEqual(values.map((n) => ({ n })));
    }),
    { numRuns: 60 },
  );
});

test.each([
  [{}, ['outputs'], 'names no output: give at least one, with its condition'],
  [{ a: '1 + 2' }, ['outputs', 'a'], 'must be a bool expression, is int'],
  [
    { default: 'true' },
    ['outputs', 'default'],
    'is the output of events for which no condition is true: choose another name',
  ],
  [
    { 'a.b': 'true' },
    ['outputs', 'a.b'],
    '"a.b" is no name of an output: expected up to 64 letters, digits, "_" and "-", beginning with a letter or "_"',
  ],
])('outputs: %j is refused at set-up', async (outputs, at, message) => {
  await expect(transformHarness(route, { outputs })).rejects.toEqual(new ConfigError(at, message));
});
