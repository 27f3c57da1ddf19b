import type { LogBatch } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { examples } from './examples.ts';
import { type Entry, run } from './modify.fixture.ts';
import { modify } from './modify.ts';

test.each(examples)('$title', async ({ config, input, output }) => {
  expect((await transformHarness(modify, config)).run(input).events).toEqual(output);
});

test.each<[string, readonly Entry[], string, string]>([
  [
    'what no operation touches keeps its bytes',
    [{ set: { field: 'n', value: 1 } }],
    '{ "a" : 1.50, "\\u0062":"\\/"}',
    '{"n":1, "a" : 1.50, "\\u0062":"\\/"}',
  ],
  [
    'large numbers are moved with all their digits',
    [{ rename: { from: 'a', to: 'b.c' } }],
    '{"a":9007199254740993}',
    '{"b":{"c":9007199254740993}}',
  ],
  [
    'and joined',
    [{ join: { field: 'a', separator: '' } }],
    '{"a":[12345678901234567890,1.50,true,null,"x"]}',
    '{"a":"123456789012345678901.50truex"}',
  ],
  [
    'a member moves into what is made where it stood',
    [{ rename: { from: 'a', to: 'a.b' } }],
    '{"a":{"x":1}}',
    '{"a":{"b":{"x":1}}}',
  ],
  ['and out of it', [{ rename: { from: 'a.b', to: 'a' } }], '{"a":{"b":1}}', '{"a":1}'],
  [
    'a list in the way of a member is replaced',
    [{ set: { field: 'a.b', value: 1 } }, { copy: { from: 'a[0]', to: 'c' } }],
    '{"a":[7]}',
    '{"a":{"b":1}}',
  ],
  [
    'items move up',
    [{ remove: { fields: ['a[0]'] } }, { copy: { from: 'a[1]', to: 'c' } }],
    '{"a":[1,2,3]}',
    '{"c":3,"a":[2,3]}',
  ],
  [
    'items that are removed together are those that are named',
    [{ remove: { fields: ['a[0]', 'a[1]', 'a[0]'] } }],
    '{"a":[1,2,3]}',
    '{"a":[3]}',
  ],
  [
    'fields of one operation are read before it',
    [{ lower: { fields: ['a', 'b'] }, when: 'a == "X"' }],
    '{"a":"X","b":"Y"}',
    '{"a":"x","b":"y"}',
  ],
  [
    'null is a missing value',
    [{ default: { field: 'a', value: [1] } }, { lower: { fields: ['b'] } }],
    '{"a":null,"b":null}',
    '{"a":[1],"b":null}',
  ],
  ['but can be moved', [{ rename: { from: 'a', to: 'b' } }], '{"a":null}', '{"b":null}'],
  [
    'a text that is nothing but its case',
    [{ upper: { fields: ['a', 'b'] } }],
    '{"a":"straße","b":["x",null,["y"]]}',
    '{"a":"STRASSE","b":["x",null,["y"]]}',
  ],
  ['an item of a list', [{ lower: { fields: ['a[1].b'] } }], '{"a":["X",{"b":"Y"}]}', '{"a":["X",{"b":"y"}]}'],
  ['keys with dots', [{ set: { field: 'k."a.b/c"', value: null } }], '{}', '{"k":{"a.b/c":null}}'],
])('%s', async (_, operations, before, after) => {
  expect((await run(operations, [before])).texts).toEqual([after]);
});

test('a batch in which nothing changes keeps its text', async () => {
  const { run: again } = await transformHarness(modify, { operations: [{ remove: { fields: ['x'] } }] });
  expect(again(['{"a":1}']).batches[0]!.lineage.input).toBeNull();
});

test('the batch’s times follow @timestamp, and nothing else', async () => {
  const timesOf = async (entry: Entry): Promise<bigint> => {
    const { batches } = await run(
      [entry],
      [{ t: '2024-02-29T12:00:00.000000001Z', '@timestamp': '2000-01-01T00:00:00Z' }],
    );
    return (batches as LogBatch[])[0]!.time(0);
  };
  const moved = BigInt(Date.UTC(2024, 1, 29, 12)) * 1_000_000n + 1n;
  expect(await timesOf({ parse_timestamp: { field: 't', to: '@timestamp' } })).toBe(moved);
  expect(await timesOf({ copy: { from: 't', to: '@timestamp' } })).toBe(moved);
  expect(await timesOf({ parse_timestamp: { field: 't' } })).toBe(0n);
});

const lower: Entry = { lower: { fields: ['a'] } };
test.each<[string, readonly Entry[], object, object, string[]]>([
  ['missing: skipped', [lower], {}, {}, []],
  [
    'missing: refused',
    [lower],
    {},
    { on_missing: 'dead_letter' },
    ['field_missing', 'operations[0].lower: a is missing'],
  ],
  ['missing: as the operation says', [{ ...lower, on_missing: 'skip' }], {}, { on_missing: 'dead_letter' }, []],
  [
    'unfit: refused',
    [lower],
    { a: 1 },
    { on_error: 'dead_letter' },
    ['value_unfit', 'operations[0].lower: a is a number, neither text nor a list of texts'],
  ],
  [
    'unfit: as the operation says',
    [{ ...lower, on_error: 'dead_letter' }],
    { a: ['x', 1] },
    {},
    ['value_unfit', 'operations[0].lower: a is a list that holds more than texts'],
  ],
  [
    'split',
    [{ split: { field: 'a' } }],
    { a: ['x'] },
    { on_error: 'dead_letter' },
    ['value_unfit', 'operations[0].split: a is a list, no text'],
  ],
  [
    'join',
    [{ join: { field: 'a' } }],
    { a: 'x' },
    { on_error: 'dead_letter' },
    ['value_unfit', 'operations[0].join: a is text, no list'],
  ],
  [
    'join, inside',
    [{ join: { field: 'a' } }],
    { a: [{}] },
    { on_error: 'dead_letter' },
    ['value_unfit', 'operations[0].join: a is a list with an item that is an object'],
  ],
  [
    'time',
    [{ parse_timestamp: { field: 'a', formats: ['epoch', '%F'] } }],
    { a: 'soon' },
    { on_error: 'dead_letter' },
    ['value_unfit', 'operations[0].parse_timestamp: a "soon" fits none of: epoch, %F'],
  ],
  [
    'time, no text',
    [{ parse_timestamp: { field: 'a' } }],
    { a: true },
    { on_error: 'dead_letter' },
    ['value_unfit', 'operations[0].parse_timestamp: a is neither text nor a number'],
  ],
  [
    'condition',
    [{ ...lower, when: 'a.startsWith("x")' }],
    { a: 1 },
    { on_error: 'dead_letter' },
    ['condition_error', "operations[0].lower: when: found no matching overload for 'int.startsWith(string)'"],
  ],
  [
    'what hides does not follow on_error',
    [{ mask: { fields: ['a'] }, when: 'a.startsWith("x")' }],
    { a: 1 },
    { on_error: 'skip' },
    ['condition_error', "operations[0].mask: when: found no matching overload for 'int.startsWith(string)'"],
  ],
  ['unless it says so', [{ mask: { fields: ['a'] }, when: 'a.startsWith("x")', on_error: 'skip' }], { a: 1 }, {}, []],
])('%s', async (_, operations, event, more, refusal) => {
  const { rejected, events } = await run(operations, [event], more);
  expect(rejected.flatMap(({ code, message }) => [code, message])).toEqual(refusal);
  expect(events).toEqual(refusal.length === 0 ? [event] : []);
});

test('failures are counted once per batch and code; a field that is skipped is none', async () => {
  const { errors, rejected, events } = await run(
    [{ split: { field: 'a' } }, { split: { field: 'a' } }, { lower: { fields: ['missing'] } }],
    [{ a: 1 }, { a: 2 }, { a: 'x' }],
  );
  expect(errors).toEqual({ value_unfit: 5 });
  expect(rejected).toEqual([]);
  expect(events).toEqual([{ a: 1 }, { a: 2 }, { a: ['x'] }]);
});

test('of several fields those that fit are changed; nothing is done after an event was refused', async () => {
  expect((await run([{ lower: { fields: ['a', 'b', 'c'] } }], [{ a: 'A', b: 1, c: 'C' }])).events).toEqual([
    { a: 'a', b: 1, c: 'c' },
  ]);
  const operations = [
    { ...lower, on_error: 'dead_letter' },
    { split: { field: 'b' }, on_error: 'dead_letter' },
    { split: { field: 'a' } },
  ];
  const { rejected, errors } = await run(operations, [{ a: 1, b: 2 }]);
  expect(rejected.length).toBe(1);
  expect(errors).toEqual({ value_unfit: 1 });
});
