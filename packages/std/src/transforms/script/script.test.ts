import { ConfigError, type Json } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { script } from './script.ts';

/** The transform with a module that holds this function. */
const withFunction = (text: string, config: object = {}) =>
  transformHarness(script, { module: 'f.mjs', ...config }, { 'f.mjs': `export default ${text};\n` });

test.each(script.examples)('example: $title', async ({ config, files, input, output }) => {
  expect((await transformHarness(script, config, files)).run(input).events).toEqual(output);
});

describe('what a function returns', () => {
  test.each([
    ['the event it got', '(e) => e', { n: 1 }, [{ n: 1 }]],
    ['the event, changed', '(e) => { e.a.push(2); delete e.n; return e; }', { n: 1, a: [1] }, [{ a: [1, 2] }]],
    ['another event', '(e) => ({ m: e.n })', { n: 1 }, [{ m: 1 }]],
    ['null', '() => null', { n: 1 }, []],
    ['no events', '() => []', { n: 1 }, []],
    ['one in a list', '(e) => [e]', { n: 1 }, [{ n: 1 }]],
    ['the same one twice', '(e) => [e, e]', { n: 1 }, [{ n: 1 }, { n: 1 }]],
    ['members without a value', '(e) => ({ ...e, x: undefined, y: null })', { n: 1 }, [{ n: 1, y: null }]],
    [
      'a list with a deleted item',
      '(e) => { e.a = [1, 2, 3]; delete e.a[1]; return e; }',
      { n: 1 },
      [{ n: 1, a: [1, null, 3] }],
    ],
    ['a date', '(e) => ({ at: new Date(0) })', { n: 1 }, [{ at: '1970-01-01T00:00:00.000Z' }]],
  ])('%s', async (_, text, event, expected) => {
    const { run } = await withFunction(text);
    const done = run([event, { n: 'x', a: [] }]);
    expect(done.events.slice(0, expected.length)).toEqual(expected);
    expect(done.rejected).toEqual([]);
  });

  test('what it leaves as it is keeps its bytes', async () => {
    const text = '{"z":1.0,"big":12345678901234567890,"n":1,"deep":{"x":1e2,"y":[1.50]},"__proto__":{"a":1.0}}';
    for (const body of [
      '(e) => { e.n = 2; return e; }',
      '(e) => ({ ...e, n: 2 })',
      '(e) => [{ ...e, n: 2 }, { ...e, n: 2 }]',
    ]) {
      const { texts } = (await withFunction(body)).run([text]);
      expect(texts[0]).toBe(text.replace('"n":1', '"n":2'));
    }
  });

  test('a time that it sets is the event’s time', async () => {
    const { run } = await withFunction("(e) => ({ ...e, '@timestamp': '2026-01-02T03:04:05.000000006Z' })");
    const [batch] = run([{ n: 1 }]).batches;
    expect(batch!.time(0)).toBe(1767323045000000006n);
  });
});

describe('the context', () => {
  test('says where the event comes from; asking for it takes nothing back', async () => {
    const { run } = await withFunction(
      '(e, c) => { e.a = 1; e.id = c.id; e.time = String(c.time); e.b = 2; return { ...e, from: c.source, input: c.input, by: c.component }; }',
    );
    const done = run([{ n: 1 }]);
    const [batch] = done.batches;
    const { stream } = batch!.position(0);
    const about = { id: batch!.id(0), time: String(batch!.time(0)), from: stream.source, input: stream.label };
    expect(done.events).toEqual([{ n: 1, a: 1, b: 2, ...about, by: 'tested' }]);
  });
});

test('what a function changes after it has asked where the event comes from is kept', async () => {
  const { run } = await withFunction(
    '(e, c) => { e.id = c.id; e.at = String(c.time); e.from = c.input; delete e.n; e.last = 1; return e; }',
  );
  const done = run([{ n: 1 }]);
  const [batch] = done.batches;
  const { label } = batch!.position(0).stream;
  expect(done.events).toEqual([{ id: batch!.id(0), at: String(batch!.time(0)), from: label, last: 1 }]);
});

describe('an event that is split', () => {
  test('gives events with identities of their own, the same at every reading, whatever stands around it', async () => {
    const { run } = await withFunction('(e) => e.parts?.map((part) => ({ part })) ?? e');
    const events = [{ n: 1 }, { parts: [1, 2, 3] }, { parts: [4] }, { parts: [] }, { n: 2 }];
    const ids = () =>
      run(events).batches.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => batch.id(i)));
    const found = ids();
    expect(new Set(found).size).toBe(6);
    expect(found.map((id) => id.split('.')[1])).toEqual([undefined, '1', '2', '3', undefined, undefined]);
    expect(ids()).toEqual(found);
  });

  test('every event comes from its input, in order, however many each becomes', async () => {
    const { run } = await withFunction('(e) => Array.from({ length: e.count }, (_, k) => ({ ...e, k }))');
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 20 }), (counts) => {
        const done = run(counts.map((count, n) => ({ n, count })));
        expect(done.events).toEqual(
          counts.flatMap((count, n) => Array.from({ length: count }, (_, k) => ({ n, count, k }))),
        );
        const inputs = done.batches.flatMap(({ lineage, length }) =>
          Array.from({ length }, (_, k) => lineage.input?.[k] ?? k),
        );
        expect(inputs).toEqual(counts.flatMap((count, n) => Array.from({ length: count }, () => n)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a function that fails for an event', () => {
  const cases: [string, string, string][] = [
    ['throws', "(e) => { e.gone = true; throw new TypeError('no host'); }", 'f.mjs:1:46: TypeError: no host'],
    ['throws a text', "(e) => { throw 'x'; }", 'threw x'],
    ['throws nothing', '(e) => { throw null; }', 'threw null'],
    ['throws what is no text', '(e) => { throw Object.create(null); }', 'threw an object that is no error'],
    [
      'throws an error that looks like another place',
      "(e) => { throw new Error('no\\n    at f.mjs:9:9'); }",
      'f.mjs:1:52: Error: no',
    ],
    [
      'throws an error without a message',
      '(e) => { throw Object.assign(new Error(), { message: undefined, stack: 1 }); }',
      'Error: undefined',
    ],
    [
      'returns nothing',
      '(e) => { e.gone = true; }',
      'returned nothing: return the event, a list of events, or null to drop it',
    ],
    ['returns a number', '(e) => 3', 'returned a number where an event is expected'],
    ['returns a list with a text', "(e) => [e, 'x']", 'returned a string where an event is expected'],
    ['returns a list of lists', '(e) => [[e]]', 'returned a list where an event is expected'],
    ['returns a promise', '(e) => Promise.resolve(e)', 'returned a promise: the function must not be async'],
    [
      'returns a promise that fails',
      "(e) => Promise.reject(new Error('late'))",
      'returned a promise: the function must not be async',
    ],
    [
      'returns an event with a promise in it',
      "(e) => ({ ...e, host: [Promise.reject(new Error('late'))], port: Promise.reject(new Error('later')) })",
      'returned an event with a promise in it: the function must not be async',
    ],
    ['returns what holds itself', '(e) => { e.self = { e }; return e; }', 'returned an event that holds itself'],
    [
      'returns what is nested too deep',
      '(e) => { for (let i = 0, at = e; i < 2000; i++) at = at.x = {}; return e; }',
      'returned an event that is nested deeper than 1000',
    ],
    ['returns too many', '(e) => Array(10001).fill(e)', 'returned 10001 events: at most 10000 are taken'],
  ];
  test.each(cases)('%s', async (_, text, message) => {
    const good = `(e) => e.good ? e : (${text})(e)`;
    const { run } = await withFunction(good);
    const done = run([{ good: 1 }, { n: 1.0 }, { good: 2 }]);
    expect(done.events).toEqual([{ good: 1 }, { good: 2 }]);
    expect(done.errors).toEqual({ script_failed: 1 });
    expect(done.rejected).toEqual([{ i: 1, code: 'script_failed', message: message.replace(':46:', `:${46 + 21}:`) }]);
  });

  test('on_error keep: goes on as it came', async () => {
    const { run } = await withFunction('(e) => { delete e.a; e.b.c = 1; if (e.n) throw new Error(); return e; }', {
      on_error: 'keep',
    });
    const done = run(['{"a":1.0,"b":{},"n":true}', '{"a":1,"b":{}}']);
    expect(done.texts).toEqual(['{"a":1.0,"b":{},"n":true}', '{"b":{"c":1}}']);
    expect([done.errors, done.rejected]).toEqual([{ script_failed: 1 }, []]);
  });

  test('on_error drop: is discarded with its reason', async () => {
    const done = (await withFunction('(e) => { if (e.n) throw new Error(); return null; }', { on_error: 'drop' })).run([
      { n: 1 },
      {},
    ]);
    expect([done.events, done.rejected, done.reasons]).toEqual([[], [], { 0: 'script_failed' }]);
  });
});

// To look for a place at each of its characters would take hours; the test's own limit of time is the assertion.
test('an error that holds all of a long event is told in short, and soon', { timeout: 60_000 }, async () => {
  const { run } = await withFunction("(e) => { throw new Error('bad ' + e.log); }");
  const [refused] = run([{ log: '/:1'.repeat(1_000_000) }]).rejected;
  expect(refused!.message).toBe(`f.mjs:1:31: Error: bad ${'/:1'.repeat(332)}…`);
});

test('whatever members events have, a function that copies them changes no byte', async () => {
  const { run } = await withFunction('(e) => structuredClone(e)');
  const events = fc.array(fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<Json>), { maxLength: 5 });
  fc.assert(
    fc.property(events, (all) => {
      const texts = all.map((event) => JSON.stringify(event));
      expect(run(texts).texts).toEqual(texts);
    }),
    { numRuns: 60 },
  );
});

test.each([
  [
    'export const other = 1, hosts = 2;',
    'host',
    ['function'],
    'f.mjs has no export "host": it exports hosts, other; did you mean "hosts"?',
  ],
  ['', 'default', ['function'], 'f.mjs has no export "default": it exports nothing'],
  ['export default 5;', 'default', ['function'], 'the export "default" of f.mjs is no function but number'],
  [
    'export default async (e) => e;',
    'default',
    ['function'],
    'the export "default" of f.mjs is an AsyncFunction: expected a function that returns its events at once, not async and no generator',
  ],
  ['export default class {}', 'default', ['function'], 'the export "default" of f.mjs is a class: expected a function'],
])('%s is refused at set-up', async (text, name, at, message) => {
  const made = transformHarness(script, { module: 'f.mjs', function: name }, { 'f.mjs': text });
  await expect(made).rejects.toEqual(new ConfigError(at, message));
});
