import { ConfigError } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filter } from './filter.ts';

/** Whether each event passes. */
async function passes(condition: string, events: readonly (object | string)[]): Promise<boolean[]> {
  const transform = await transformHarness(filter, { condition, on_error: 'dead_letter' });
  return events.map((event) => {
    const { texts, rejected } = transform.run([event]);
    if (rejected[0]) throw new Error(rejected[0].message);
    return texts.length === 1;
  });
}

test.each(filter.examples)('example: $title', async ({ config, input, output }) => {
  expect((await transformHarness(filter, config)).run(input).events).toEqual(output);
});

test.each([
  ['a == 1', { a: 1 }, true],
  ['a == 1', { a: 1.0 }, true],
  ['a == 1', {}, false],
  ['a == null', {}, true],
  ['a == null', { a: { b: null } }, false],
  ['a == null && a.b == null', {}, true],
  ['a != null && a.b == null', { a: { c: 1 } }, true],
  ['has(a.b)', { a: { b: false } }, true],
  ['has(a.b)', { a: { b: null } }, false],
  ['!has(a)', {}, true],
  ['has((a).b)', { a: { b: 1 } }, true],
  ['a > 5', {}, false],
  ['a <= 5', {}, false],
  ['5 < a', {}, false],
  ['a < b', {}, false],
  ['a >= "x"', {}, false],
  ['!(a > 5)', {}, true],
  ['a > 5', { a: null }, false],
  ['a.list > a.map', { a: { list: [1] } }, false],
  ['timestamp("2024-01-01T00:00:00Z") > a', {}, false],
  ['a.b > 1.5', { a: { b: 2 } }, true],
  ['a["b.c"].d[1] == "x"', { a: { 'b.c': { d: ['y', 'x'] } } }, true],
  ['(a).b == 1', { a: { b: 1 } }, true],
  ['a == "é\\"\\n"', { a: 'é"\n' }, true],
  ['a.exists(x, x.n > 1 && b)', { a: [{ n: 1 }, { n: 2 }], b: true }, true],
  ['[1, 2].all(a, a > 0) && a == "outer"', { a: 'outer' }, true],
  ['a.filter(x, x > 1).size() == 1', { a: [1, 2] }, true],
  ['cel.bind(x, a.b, x > 1)', { a: { b: 2 } }, true],
  ['type(a) == int', { a: 1 }, true],
  ['type == "x"', { type: 'x' }, true],
  ['a in ["x", "y"]', { a: 'y' }, true],
  ['a ? b == 1 : b == 2', { a: false, b: 2 }, true],
  ['a', { a: true }, true],
  ['a', {}, false],
  ['{"k": a}["k"] == 1', { a: 1 }, true],
  ['a[b] == 1', { a: { x: 1 }, b: 'x' }, true],
  ['a.matches("^x+$") && (b).matches("y")', { a: 'xx', b: 'ay' }, true],
  ['"matches".matches(a)', { a: '^ma' }, true],
  ['a.matches("^.{2}$") && !a.matches("^.{4}$") && size(a) == 2', { a: '😀😀' }, true],
  ['[a].exists(x, x.matches("(?i)B"))', { a: 'b' }, true],
  ['matches.matches("matches")', { matches: 'a matches b' }, true],
  ['!a . matches ("^(x+x+)+y")', { a: 'x'.repeat(10_000) }, true],
  ['a.contains("_path0_")', { a: '-_path0_-' }, true],
])('%s on %j: %s', async (condition, event, passing) => {
  expect(await passes(condition, [event])).toEqual([passing]);
});

test('integers beyond 2^53 are compared digit by digit', async () => {
  expect(await passes('id == 9007199254740993', ['{"id":9007199254740993}', '{"id":9007199254740992}'])).toEqual([
    true,
    false,
  ]);
});

test.each([
  ['keep', [{ a: 1 }, { a: 'x1' }], null],
  ['drop', [{ a: 'x1' }], null],
  ['dead_letter', [{ a: 'x1' }], 0],
])('on_error: %s', async (on_error, output, rejected) => {
  const { run } = await transformHarness(filter, { condition: 'a.startsWith("x")', on_error });
  const done = run([{ a: 1 }, { a: 'x1' }, { a: 'y' }]);
  expect(done.events).toEqual(output);
  expect(done.errors).toEqual({ condition_error: 1 });
  expect(done.rejected.map(({ i, code }) => [i, code])).toEqual(
    rejected === null ? [] : [[rejected, 'condition_error']],
  );
  // Another batch starts anew.
  expect(run([{ a: 'x' }]).errors).toEqual({});
});

test.each([
  ['1 + 2', 'must be a bool expression, is int'],
  ['"a"', 'must be a bool expression, is string'],
  ['a == ', 'is no valid condition: Unexpected token: EOF'],
  ['size(a.b) == "x" + 1', 'is no valid condition: no such overload: string + int'],
  ['a.matches("(a)(?=b)")', 'has a pattern that is none: column 4: a look-around (?= cannot be matched in linear time'],
  ['"a".matches(1)', "is no valid condition: found no matching overload for 'string.matches(int)'"],
  ['a // matches\n.matches("x")', 'calls matches with a comment in between: take it out'],
  ['nope(a.b)', "is no valid condition: found no matching overload for 'nope(dyn)'"],
])('%s is refused at set-up', async (condition, message) => {
  await expect(transformHarness(filter, { condition })).rejects.toEqual(new ConfigError(['condition'], message));
});

test('a pattern out of an event that is none is an error of that event', async () => {
  const { run } = await transformHarness(filter, { condition: 'a.matches(b)', on_error: 'dead_letter' });
  const done = run([
    { a: 'x', b: '(' },
    { a: 'x', b: '^x' },
  ]);
  expect(done.events).toEqual([{ a: 'x', b: '^x' }]);
  expect(done.rejected[0]?.message).toBe('the pattern of matches: column 1: the group is not closed: ) is missing');
});

test('a path that fails is named as it was written', async () => {
  const { run } = await transformHarness(filter, { condition: 'a.b + 1 == 2', on_error: 'dead_letter' });
  expect(run([{ a: { b: 'text' } }]).rejected[0]?.message).toBe('no such overload: string + int');
});

test('numbers compare as numbers, missing ones as nothing', async () => {
  const { run } = await transformHarness(filter, { condition: 'a.n >= limit', on_error: 'dead_letter' });
  fc.assert(
    fc.property(
      fc.array(
        fc.record(
          {
            a: fc.record(
              { n: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })) },
              { requiredKeys: [] },
            ),
            limit: fc.integer(),
          },
          { requiredKeys: [] },
        ),
        { maxLength: 5 },
      ),
      (events) => {
        const { events: left, rejected } = run(events);
        const expected = events.filter(({ a, limit }) => a?.n !== undefined && limit !== undefined && a.n >= limit);
        expect(rejected).toEqual([]);
        expect(left).toEqual(JSON.parse(JSON.stringify(expected)));
      },
    ),
    { numRuns: 200 },
  );
});
