import { ConfigError, path } from '@tailrace/core';
import { type Transformed, transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { fields } from './fields.ts';

const harness = (config: object, files?: Record<string, string>) => transformHarness(fields, config, files);
const run = async (config: object, events: readonly (object | string)[]): Promise<Transformed> =>
  (await harness(config)).run(events);

test.each(fields.examples)('example: $title', async ({ config, input, output, files }) => {
  expect((await transformHarness(fields, config, files)).run(input).events).toEqual(output);
});

test('what fits keeps every byte', async () => {
  const declared = {
    n: { type: 'long' },
    d: { type: 'double' },
    s: { type: 'keyword', values: { x: { aliases: ['y'] } } },
    t: { type: 'date' },
    i: { type: 'ip' },
    f: { type: 'flattened' },
    o: { type: 'object' },
  };
  const text =
    '{ "@timestamp" : "2024-01-01T00:00+01","n" : -0, "d":1.50e2,"s":"\\u0041", "t":"2024-01-01T00:00:00+01:00","i":"::1","f":[{"a.b":1},null],"o":{"x":[1,2]},"z":1e400 }';
  const { run: again } = await harness({ fields: declared });
  // The first time the undeclared fields are new, the second time they are known.
  expect([again([text]).texts[0], again([text]).texts[0]]).toEqual([text, text]);
});

const declared = {
  port: { type: 'long' },
  user: { type: 'keyword' },
  'a.b': { type: 'long' },
  'a.c': { type: 'keyword' },
  labels: { type: 'flattened' },
};

test.each([
  ['stringify', { port_text: 'http', user_text: '{"n":1}', a: { b_text: '1.5' }, labels_text: '[1]' }],
  ['rename', { port_string: 'http', user_object: { n: 1 }, a: { b_double: 1.5 }, labels_long: [1] }],
])('on_conflict: %s', async (on_conflict, output) => {
  const { events, errors } = await run({ fields: declared, on_conflict }, [
    { port: 'http', user: { n: 1 }, a: { b: 1.5 }, labels: [1] },
  ]);
  expect(events).toEqual([output]);
  expect(errors).toEqual({ type_conflict: 4 });
});

test('on_conflict: dead_letter', async () => {
  const { events, errors, rejected } = await run({ fields: declared, on_conflict: 'dead_letter' }, [
    { port: 1 },
    { port: 'http', user: { n: 1 } },
    { port: '2' },
  ]);
  expect(events).toEqual([{ port: 1 }, { port: 2 }]);
  expect(rejected).toEqual([{ i: 1, code: 'type_conflict', message: 'port: "http" is no long' }]);
  expect(errors).toEqual({ type_conflict: 2 });
});

test('a place that is taken is not taken twice', async () => {
  expect((await run({ fields: declared }, [{ port: 'http', port_text: 'mine' }])).events).toEqual([
    { port_text: 'mine', port_text_: 'http' },
  ]);
  const both = { ...declared, port_text: { type: 'long' } };
  expect((await run({ fields: both }, [{ port: 'http' }])).events).toEqual([{ port_text_: 'http' }]);
});

test('something that is no object where objects are declared', async () => {
  expect((await run({ fields: declared }, [{ a: 'text' }, { a: [{ b: 1 }] }, { a: null }])).events).toEqual([
    { a_text: 'text' },
    { a_text: '[{"b":1}]' },
    { a: null },
  ]);
});

test.each([
  [{ 'a.b': '7' }, { a: { b: 7 } }],
  [{ 'a.b': '7', a: { c: 'x' } }, { a: { c: 'x', b: 7 } }],
  [
    { 'a.b': '7', a: { b: 8 } },
    { a: { b: 8 }, a_b: '7' },
  ],
  [
    { 'a.b': 1, a: 'text' },
    { a_text: 'text', a_b: 1 },
  ],
  [
    { 'x.y': 1, x_y: 2 },
    { x_y_: 1, x_y: 2 },
  ],
  [
    { ' ': 1, '': { '.': 2 } },
    { _: 1, __: { _: 2 } },
  ],
  [{ q: [{ 'x.y': { '': 1 } }] }, { q: [{ x_y: { _: 1 } }] }],
  [{ labels: { 'app.kubernetes.io/name': { '': 1 } } }, { labels: { 'app.kubernetes.io/name': { '': 1 } } }],
  [{ 'a.b': 1, a: { 'b.x': 2 } }, { a: { b_x: 2, b: 1 } }],
])('keys of %j', async (input, output) => {
  expect((await run({ fields: declared }, [input])).events).toEqual([output]);
});

test('an object under a key with dots fills the declared one', async () => {
  const nested = { 'p.q.r': { type: 'keyword' }, 'p.q.s': { type: 'long' } };
  expect((await run({ fields: nested }, [{ 'p.q': { r: 'x', s: '2' }, p: { q: { r: 'mine' } } }])).events).toEqual([
    { p: { q: { r: 'mine', s: 2 } }, p_q: { r: 'x' } },
  ]);
});

test('keys that differ only in what is not safe stay apart, however many there are', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, i) => [i % 2 ? ' '.repeat(i % 50) + i : `a.${'.'.repeat(i % 9)}${i}`, i]),
  );
  const blanks = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [' '.repeat(i), i]));
  const [event] = (await run({ fields: declared, max_fields: 1e6 }, [{ many, blanks }])).events as [
    { many: object; blanks: object },
  ];
  expect(Object.values(event.many).length).toBe(20_000);
  expect(Object.values(event.blanks)).toEqual(Object.values(blanks));
});

test('an event as deep as they get', async () => {
  const text = `${'{"a.b":'.repeat(990)}1${'}'.repeat(990)}`;
  expect((await run({ fields: {} }, [text])).texts).toEqual([text.replaceAll('a.b', 'a_b')]);
});

const usage = {
  'f.duration': { type: 'double', aliases: ['f.old', 'f.older', 'elsewhere'] },
  'f.target': { type: 'keyword', split: { separator: '/', into: ['f.kind', 'f.name'] } },
  'f.kind': { type: 'keyword', values: { deployment: { aliases: ['deploy'] } } },
  'f.name': { type: 'keyword' },
};
test.each([
  [{ f: { old: '1.5' } }, { f: { duration: 1.5 } }],
  [{ f: { old: 1, duration: 2 } }, { f: { old: 1, duration: 2 } }],
  [{ f: { older: 1, old: 2 } }, { f: { older: 1, duration: 2 } }],
  [
    { elsewhere: '3', g: 1 },
    { g: 1, f: { duration: 3 } },
  ],
  [{ f: { old: 'x' } }, { f: { duration_text: 'x' } }],
  [{ f: { old: null } }, { f: { duration: null } }],
  [{ f: { target: 'deploy/x/y' } }, { f: { target: 'deploy/x/y', kind: 'deployment', name: 'x' } }],
  [{ f: { target: 'a/b', name: 'n' } }, { f: { target: 'a/b', name: 'n', kind: 'a' } }],
  [{ f: { target: 'a' } }, { f: { target: 'a', kind: 'a' } }],
  [{ f: { target: '/b', old: 4 } }, { f: { target: '/b', duration: 4, name: 'b' } }],
  [{ f: { target: null } }, { f: { target: null } }],
  [{ f: { target: ['a/b'] } }, { f: { target: ['a/b'] } }],
  [{ f: { target: 'a\n/b' } }, { f: { target: 'a\n/b', kind: 'a\n', name: 'b' } }],
])('other names and pieces: %j', async (input, output) => {
  expect((await run({ fields: usage }, [input])).events).toEqual([output]);
});

test('a key with escapes is the same key', async () => {
  const { run: again } = await harness({ fields: usage });
  const texts = [
    '{"f":{"\\u0064uration":1,"old":2}}',
    '{"f":{"target":"a/b","\\u006bind":"c"}}',
    '{"f":{"t\\u0061rget":"a/b"}}',
  ];
  expect(again(texts).events).toEqual([
    { f: { duration: 1, old: 2 } },
    { f: { target: 'a/b', kind: 'c', name: 'b' } },
    { f: { target: 'a/b', kind: 'a', name: 'b' } },
  ]);
});

const odd = { port: 1, x: { y: 1, z: [{ k: 1 }] }, a: { q: 1 } };
test.each([
  ['keep', odd],
  ['flatten', { port: 1, a: {}, _overflow: { x: { y: 1, z: [{ k: 1 }] }, 'a.q': 1 } }],
  ['drop', { port: 1, a: {} }],
])('unknown: %s', async (unknown, output) => {
  const { run: again } = await harness({ fields: declared, unknown });
  expect(again([odd]).events).toEqual([output]);
  expect(again([odd]).events).toEqual([output]);
});

test('the budget holds over batches; what is over it is counted once per batch', async () => {
  const { run: again } = await harness({ fields: declared, max_fields: 2, overflow: 'rest' });
  expect(again([{ a: { n: 1 } }, { x: [{ y: 1 }] }]).events).toEqual([{ a: { n: 1 } }, { x: [{ y: 1 }] }]);
  const { events, errors } = again([
    { z: 1, x: [{ y: 2 }] },
    { x: [{ y: 3, w: 4 }], a: { n: 2 } },
    { u: { v: 1 }, port: 1 },
  ]);
  expect(events).toEqual([
    { x: [{ y: 2 }], rest: { z: 1 } },
    { a: { n: 2 }, rest: { x: [{ y: 3, w: 4 }] } },
    { port: 1, rest: { 'u.v': 1 } },
  ]);
  expect(errors).toEqual({ field_budget: 3 });
});

test('what is under the overflow key already stays there', async () => {
  const { run: again } = await harness({ fields: declared, max_fields: 0 });
  expect(again([{ _overflow: { z: 1 }, z: 2 }, { _overflow: 'x' }]).events).toEqual([
    { _overflow: { z: 1, z_: 2 } },
    { _overflow_text: 'x' },
  ]);
});

test('a changed @timestamp is the event’s time', async () => {
  const { batches } = await run({ fields: { '@timestamp': { type: 'date', aliases: ['ts'] } } }, [
    { '@timestamp': 1704067200 },
    { ts: '2024-01-01 00:00:01' },
  ]);
  expect([...batches[0]!.columns.seconds]).toEqual([1704067200, 1704067201]);
});

test('an @timestamp that is a date keeps its bytes; it is the event’s time under another name, too', async () => {
  const times = ['2024-01-01T00:00:00.123+0000', '2024-01-01T00:00', '2024-01-01', '2024', '2024-01-01T02+02'];
  const { batches } = await run(
    { fields: { '@timestamp': { type: 'date', aliases: ['ts'] } } },
    times.map((ts) => ({ ts })),
  );
  const [batch] = batches;
  expect(times.map((_, i) => batch!.get(i, path('@timestamp')))).toEqual(times);
  expect(times.map((_, i) => batch!.indexSeconds(i))).toEqual(times.map(() => 1704067200));
});

const TIME = '2024-01-01T00:00:00.123+0000';
test.each([
  [{ max_fields: 0 }, { b: 5, _overflow: { a: 1, c: 2 } }],
  [{ unknown: 'flatten' }, { b: 5, _overflow: { a: 1, c: 2 } }],
  [{ unknown: 'drop' }, { b: 5 }],
  [{ max_fields: 2 }, { a: 1, b: 5, c: 2 }],
])('@timestamp needs no declaration: %j', async (config, output) => {
  const { run: again } = await harness({ fields: { b: { type: 'long' } }, ...config });
  const event = { '@timestamp': TIME, a: 1, b: '5', c: 2 };
  expect(again([event]).events).toEqual([{ '@timestamp': TIME, ...output }]);
  expect(again([event]).events).toEqual([{ '@timestamp': TIME, ...output }]);
});

test('an @timestamp that is not declared is coerced as a date, and is the event’s time', async () => {
  const { events, batches, errors } = await run({ fields: { b: { type: 'long' } } }, [
    { '@timestamp': 1704067200 },
    { '@timestamp': '01/Jan/2024:00:00:01 +0000', b: 'x' },
    { '@timestamp': 'soon' },
  ]);
  expect(events).toEqual([
    { '@timestamp': '2024-01-01T00:00:00Z' },
    { '@timestamp': '2024-01-01T00:00:01Z', b_text: 'x' },
    { '@timestamp_text': 'soon' },
  ]);
  expect([0, 1, 2].map((i) => batches[0]!.hasOwnTime(i))).toEqual([true, true, false]);
  expect([0, 1].map((i) => batches[0]!.indexSeconds(i))).toEqual([1704067200, 1704067201]);
  expect(errors).toEqual({ type_conflict: 2 });
});

test.each([
  [{ '@timestamp': { type: 'keyword' } }, { '@timestamp': 'soon' }, { '@timestamp': 'soon' }],
  [{ at: { type: 'date', aliases: ['@timestamp'] } }, { '@timestamp': 1704067200 }, { at: '2024-01-01T00:00:00Z' }],
  [{ '@timestamp.a': { type: 'long' } }, { '@timestamp': { a: '1' } }, { '@timestamp': { a: 1 } }],
])('@timestamp is what the fields say of it: %j', async (says, input, output) => {
  expect((await run({ fields: says, unknown: 'drop' }, [input])).events).toEqual([output]);
});

test.each([
  [{}, [], 'needs either "file", a field file, or "fields", the fields themselves'],
  [{ fields: {}, file: 'x' }, [], 'needs either "file", a field file, or "fields", the fields themselves'],
  [{ fields: { a: { type: 'longg' } } }, ['fields', 'a', 'type'], /^must be one of keyword, .*, is "longg"$/],
  [{ fields: { a: {}, b: {} } }, ['fields'], /^a has no type: .*; b has no type: .*$/],
  [{ file: 'none.yaml' }, ['file'], /^cannot be read: ENOENT: /],
  [{ file: 'bad.yaml' }, ['file'], /bad\.yaml:3:8 fields > a > type: must be one of .*, is "x"$/],
])('%j is refused at set-up', async (config, at, message) => {
  const files = { 'bad.yaml': 'version: 1\nfields:\n  a: { type: x }\n' };
  const error = await harness(config, files).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).at).toEqual(at);
  expect((error as ConfigError).message).toMatch(message);
});
