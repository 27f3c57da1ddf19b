import { ConfigError } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unpack } from './unpack.ts';

const run = async (config: object, events: readonly (object | string)[]) =>
  (await transformHarness(unpack, config)).run(events);

test.each(unpack.examples)('example: $title', async ({ config, input, output }) => {
  expect((await run(config as object, input)).events).toEqual(output);
});

test('any JSON nested one to three times comes out equal, its numbers digit by digit', async () => {
  const transforms = await Promise.all([1, 2, 3].map((depth) => transformHarness(unpack, { into: 'v', depth })));
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 3 }), (value, depth) => {
      // A string at the heart would be opened too while levels are left.
      let text = JSON.stringify({ heart: value });
      for (let level = 1; level < depth; level++) text = JSON.stringify(text);
      const [event] = transforms[depth - 1]!.run([{ log: text }]).texts;
      expect(event).toBe(`{"v":${JSON.stringify({ heart: value })}}`);
    }),
    { numRuns: 200 },
  );
  const [event] = transforms[1]!.run([
    JSON.stringify({ log: JSON.stringify('{"n":[1.10,9007199254740993,1e400]}') }),
  ]).texts;
  expect(event).toBe('{"v":{"n":[1.10,9007199254740993,1e400]}}');
});

const damaged = ['{"a":', '{"a":1} x', '', '  ', "{'a':1}", '[1,]', '01', '\ufeff{}', '{"a":1}{"b":2}'];
test('what is no JSON stays as it was and is counted', async () => {
  const { events, errors } = await run(
    {},
    damaged.map((log) => ({ log })),
  );
  expect(events).toEqual(damaged.map((log) => ({ log })));
  expect(errors).toEqual({ not_json: damaged.length });
});

test('every fault has its code', async () => {
  const deep = '['.repeat(1200) + ']'.repeat(1200);
  const { errors } = await run({ max_fields: 2, max_bytes: 5000 }, [
    { log: '{"a":1,"b":2,"c":3}' },
    { log: '[1]' },
    { log: deep },
    { log: `"${'x'.repeat(6000)}"` },
    { log: '{' },
    { log: 7 },
    { other: 1 },
  ]);
  expect(errors).toEqual({ too_many_fields: 1, not_object: 1, too_deep: 1, too_large: 1, not_json: 1 });
});

test('on_error: dead_letter sends the event away with a reason', async () => {
  const { events, rejected, errors, reason } = await run({ on_error: 'dead_letter' }, [
    { log: '{"a":1}' },
    { log: 'x' },
    { log: '[]' },
    { n: 1 },
  ]);
  expect(events).toEqual([{ a: 1 }, { n: 1 }]);
  expect(rejected).toEqual([
    { i: 1, code: 'not_json', message: 'log: is not one JSON value' },
    { i: 2, code: 'not_object', message: 'log: is JSON but no object, so it has no members to lift: set into' },
  ]);
  expect(errors).toEqual({ not_json: 1, not_object: 1 });
  expect(reason).toBeNull();
});

test('on_error: drop leaves the event out and says why', async () => {
  const { events, reason, rejected } = await run({ on_error: 'drop' }, [{ log: 'x' }, { log: '{"a":1}' }]);
  expect(events).toEqual([{ a: 1 }]);
  expect(reason).toBe('not_unpacked');
  expect(rejected).toEqual([]);
});

test.each([
  ['never', [{ a: 1 }, { n: 1 }]],
  ['on_error', [{ a: 1 }, { n: 1, log: 'x' }]],
  [
    'always',
    [
      { log: '{"a":1}', a: 1 },
      { n: 1, log: 'x' },
    ],
  ],
])('keep_original: %s', async (keep_original, output) => {
  expect((await run({ keep_original }, [{ log: '{"a":1}' }, { n: 1, log: 'x' }])).events).toEqual(output);
});

const clash = { '@timestamp': 't', kubernetes: { pod: 'p' }, docker: 'd', a: 'outer', log: '' };
const inner = { '@timestamp': 'u', kubernetes: 1, docker: 2, a: 'inner', b: 3 };
test.each([
  ['inner_wins', { '@timestamp': 't', kubernetes: { pod: 'p' }, docker: 'd', a: 'inner', b: 3 }],
  ['outer_wins', { '@timestamp': 't', kubernetes: { pod: 'p' }, docker: 'd', a: 'outer', b: 3 }],
  [
    'rename',
    {
      '@timestamp': 't',
      kubernetes: { pod: 'p' },
      docker: 'd',
      a: 'outer',
      'log_@timestamp': 'u',
      log_kubernetes: 1,
      log_docker: 2,
      log_a: 'inner',
      b: 3,
    },
  ],
  [
    'nest',
    {
      '@timestamp': 't',
      kubernetes: { pod: 'p' },
      docker: 'd',
      a: 'outer',
      b: 3,
      log: { '@timestamp': 'u', kubernetes: 1, docker: 2, a: 'inner' },
    },
  ],
])('conflict: %s loses only what it says', async (conflict, output) => {
  expect((await run({ conflict }, [{ ...clash, log: JSON.stringify(inner) }])).events).toEqual([output]);
});

test('without protection the lifted @timestamp is the time of the event', async () => {
  const events = [{ '@timestamp': '2024-01-01T00:00:00Z', log: '{"@timestamp":"2025-01-01T00:00:00.5Z"}' }];
  const own = (await run({}, events)).batches[0]!;
  expect(own.columns.seconds[0]).toBe(1704067200);
  const taken = (await run({ protect: [] }, events)).batches[0]!;
  expect([taken.text(0), taken.columns.seconds[0], taken.columns.nanos[0]]).toEqual([
    '{"@timestamp":"2025-01-01T00:00:00.5Z"}',
    1735689600,
    500_000_000,
  ]);
});

test('keys are only keys, the last of equal ones counts', async () => {
  const log = '{"__proto__":{"x":1},"a":1,"\\u0061":2,"o":{"k":1,"k":2}}\r\n';
  expect((await run({}, [JSON.stringify({ log })])).texts).toEqual(['{"__proto__":{"x":1},"\\u0061":2,"o":{"k":2}}']);
});

test.each([
  [{ field: 'a[0]' }, 'field', 'names an array item, which unpack cannot replace: name a member, is a[0]'],
  [
    { field: 'a..b' },
    'field',
    'field path "a..b", column 3: expected a key (quote one that holds . " [ ] or white space)',
  ],
  [{ max_bytes: '5MiB' }, 'max_bytes', 'must be from 1 byte to 4MiB (4194304), is 5242880'],
])('%j is refused at set-up', async (config, at, message) => {
  await expect(transformHarness(unpack, config)).rejects.toEqual(new ConfigError([at], message));
});
