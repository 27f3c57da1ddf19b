import { expect, test } from 'vitest';
import { eventsOf, guardedKernel, textsOf, unpackDefaults } from './arbitrary.ts';
import { hashKey } from './hash.ts';
import { ERR } from './types.ts';
import { type Unpacked, unpack } from './unpack.ts';
import type { UnpackOptions } from './unpack-options.ts';

const { k, checkGuards } = guardedKernel();

const run = (texts: readonly (string | Uint8Array)[], options: Partial<UnpackOptions> = {}): Unpacked =>
  unpack(k, eventsOf(texts), { ...unpackDefaults, ...options });

/** The event that comes out, and its status unless that is 1. */
function one(event: string | object, options: Partial<UnpackOptions> = {}): string {
  const out = run([typeof event === 'string' ? event : JSON.stringify(event)], options);
  return out.status[0] === 1 ? textsOf(out)[0]! : `${out.status[0]} ${textsOf(out)[0]}`;
}

const log = (inner: string, more: object = {}): object => ({ ...more, log: inner });

test('lifts the members of the text behind those of the event', () => {
  expect(one(log('{"level":"INFO","fields":{"port":80}}\n', { stream: 'stdout' }))).toBe(
    '{"stream":"stdout","level":"INFO","fields":{"port":80}}',
  );
  expect(one('{"log":"{\\"a\\":1}","stream":"stdout" }')).toBe('{"stream":"stdout" ,"a":1}');
  expect(one('{ "x":1 , "log" : "{ }" }')).toBe('{ "x":1  }');
  expect(one(log('{}'))).toBe('{}');
  expect(one(log(' {"a":1}\r\n'))).toBe('{"a":1}');
});

test('what is missing or no string stays untouched, what is no JSON object is refused', () => {
  const same = (text: string, status: number): void => expect(one(text)).toBe(`${status} ${text}`);
  same('{"a":1}', 0);
  same('{"log":{"a":1}}', 0);
  same('{"log":null}', 0);
  for (const inner of [
    '',
    ' ',
    'text',
    '{"a":1',
    '{"a":1}x',
    '{"a":1}{}',
    '{"a":01}',
    '{"a":"\t"}',
    '{"a":1}\0',
    'nul',
  ])
    same(JSON.stringify(log(inner)), 1 + ERR.notJson);
  for (const inner of ['1', '"x"', '[{}]', 'null']) same(JSON.stringify(log(inner)), 1 + ERR.notObject);
  same(JSON.stringify(log('['.repeat(1001))), 1 + ERR.tooDeep);
  same('{"log":"{}"', 1 + ERR.notJson);
  same('{"log":"\\x"}', 1 + ERR.notJson);
  same('[{"log":"{}"}]', 1 + ERR.notObject);
  for (const rest of ['', 'x'.repeat(200)]) {
    const event = Buffer.from(`{"log":"{\\"a\\":\\"\xff${rest}\\"}"}`, 'latin1');
    expect(run([event]).status[0]).toBe(1 + ERR.notUtf8);
  }
});

test('limits are those of the un-escaped text', () => {
  expect(one(log('{"a":"\n"}'.replace('\n', '\\n')), { maxBytes: 10 })).toBe('{"a":"\\n"}');
  expect(run([JSON.stringify(log('{"a":"\\n"}'))], { maxBytes: 9 }).status[0]).toBe(1 + ERR.tooLarge);
  const three = JSON.stringify(log('{"a":{"b":1},"c":[]}'));
  expect([2, 3].map((maxFields) => run([three], { maxFields }).status[0])).toEqual([1 + ERR.tooManyFields, 1]);
});

test('numbers and other values keep their bytes', () => {
  const inner = '{"big":12345678901234567890,"x":1.50,"e":1E+2,"s":"\\u00e9\\/","z":-0.0, "o": { "y" : [ 1.0 ] }}';
  expect(one(log(inner))).toBe(inner);
});

test('of repeated keys the last one stays, at any depth, escapes and __proto__ included', () => {
  expect(one(log('{"a":1,"\\u0061":2}'))).toBe('{"\\u0061":2}');
  expect(one(log('{"o":{"b":1,"c":2,"b":{"d":1,"d":2}},"x":[{"y":1,"y":2}]}'))).toBe(
    '{"o":{"c":2,"b":{"d":2}},"x":[{"y":2}]}',
  );
  expect(one(log('{"__proto__":1,"constructor":2,"__proto__":3}'))).toBe('{"constructor":2,"__proto__":3}');
  expect(one('{"a":1,"log":"{}","a":2,"log":"{\\"b\\":3}"}')).toBe('{"a":2,"b":3}');
  const many = Array.from({ length: 500 }, (_, i) => `"k${i % 250}":${i}`);
  expect(one(log(`{"in":{${many.join(',')}}}`))).toBe(`{"in":{${many.slice(250).join(',')}}}`);
});

test('keys with the same hash are told apart', () => {
  const [first, other] = ['kp7p', 'krvk'] as const;
  expect(hashKey(first) & 0xffff_ffffn).toBe(hashKey(other) & 0xffff_ffffn);
  const inner = `{"${first}":1,"${other}":2,"${first}":3}`;
  expect(one(log(inner))).toBe(`{"${other}":2,"${first}":3}`);
  const more = Array.from({ length: 100 }, (_, i) => `"x${i}":0`).join(',');
  expect(one(log(`{${more},${inner.slice(1)}`))).toBe(`{${more},"${other}":2,"${first}":3}`);
  expect(one(log(`{"${first}":1}`, { [other]: 0 }), { conflict: 'outer_wins' })).toBe(`{"${other}":0,"${first}":1}`);
});

test('a lone surrogate stays one; behind a backslash it is no JSON', () => {
  expect(one('{"log":"{\\"a\\":\\"\\ud800\\"}"}')).toBe('{"a":"\\ud800"}');
  expect(run(['{"log":"{\\"a\\":\\"\\\\\\ud800\\"}"}']).status[0]).toBe(1 + ERR.notJson);
});

test('conflicts: who wins, new names, one object for all', () => {
  const event = log('{"a":1,"b":2,"kubernetes":0}', { a: 'outer', kubernetes: {} });
  expect(one(event, { conflict: 'inner_wins' })).toBe('{"kubernetes":{},"a":1,"b":2}');
  expect(one(event, { conflict: 'outer_wins' })).toBe('{"a":"outer","kubernetes":{},"b":2}');
  expect(one(event, { conflict: 'rename' })).toBe('{"a":"outer","kubernetes":{},"log_a":1,"b":2}');
  expect(one(event, { conflict: 'nest' })).toBe('{"a":"outer","kubernetes":{},"b":2,"log":{"a":1}}');
  expect(one(event, { conflict: 'nest', protect: [] })).toBe(
    '{"a":"outer","kubernetes":{},"b":2,"log":{"a":1,"kubernetes":0}}',
  );
  expect(one(event, { conflict: 'nest', keep: 'always' })).toContain('"log_inner":{"a":1}}');
  expect(one(log('{"a":1,"log_a":2}', { a: 0 }), { conflict: 'rename' })).toBe('{"a":0,"log_log_a":1,"log_a":2}');
  expect(one(log('{"a":1,"log":2}', { a: 0 }), { conflict: 'nest' })).toBe('{"a":0,"log":2,"log_inner":{"a":1}}');
});

test('prefix goes before each key, and conflicts count behind it', () => {
  const event = log('{"a":1,"b":{"c":2}}', { p_a: 0, a: 9 });
  expect(one(event, { prefix: 'p_' })).toBe('{"a":9,"p_a":1,"p_b":{"c":2}}');
  expect(one(event, { prefix: 'p_', conflict: 'rename' })).toBe('{"p_a":0,"a":9,"log_p_a":1,"p_b":{"c":2}}');
  expect(one(log('{"a":1}', { 'é"a': 0, b: 2 }), { prefix: 'é"' })).toBe('{"b":2,"é\\"a":1}');
  expect(one(log('{"a":1}'), { prefix: '"\\é' })).toBe('{"\\"\\\\éa":1}');
});

test('into takes any value under one key', () => {
  expect(one(log('[1, 2]\n', { a: 0 }), { into: 'x' })).toBe('{"a":0,"x":[1, 2]}');
  expect(one(log('"text"'), { into: 'log' })).toBe('{"log":"text"}');
  expect(one(log('{"a":1}', { x: 0 }), { into: 'x' })).toBe('{"x":{"a":1}}');
  expect(one(log('{"a":1}', { x: 0 }), { into: 'x', conflict: 'outer_wins' })).toBe('{"x":0}');
  expect(one(log('{"a":1}', { x: 0 }), { into: 'x', conflict: 'rename' })).toBe('{"x":0,"log_x":{"a":1}}');
  expect(one(log('{"a":1}', { x: 0 }), { into: 'x', conflict: 'nest' })).toBe('{"x":0,"log":{"x":{"a":1}}}');
  expect(one(log('{"a":1}', { x: 0 }), { into: 'x', protect: ['x'] })).toBe('{"x":0}');
  expect(one(log('{"a":1}'), { into: 'x', prefix: 'p_' })).toBe('{"x":{"p_a":1}}');
});

test('a nested field is found by its path', () => {
  expect(one({ a: { log: '{"b":1}', c: 2 }, d: 3 }, { field: ['a', 'log'] })).toBe('{"a":{"c":2},"d":3,"b":1}');
  expect(one({ a: [{ log: '{}' }] }, { field: ['a', 'log'] })).toMatch(/^0 /);
});

test('keep: the field stays beside its members, or goes even after an error', () => {
  expect(one(log('{"a":1}'), { keep: 'always' })).toBe('{"log":"{\\"a\\":1}","a":1}');
  expect(one(log('text', { a: 1 }), { keep: 'never' })).toBe(`${1 + ERR.notJson} {"a":1}`);
  expect(one(log('text', { a: 1 }), { keep: 'never', onErrorKeep: false })).toBe(
    `${1 + ERR.notJson} {"a":1,"log":"text"}`,
  );
  expect(one('{"log":"\\\\\\ud800","a":1}', { keep: 'never' })).toBe(`${1 + ERR.notJson} {"a":1}`);
  expect(one(log('text', { a: 1 }), { keep: 'always' })).toBe(`${1 + ERR.notJson} {"a":1,"log":"text"}`);
});

test('depth: JSON text in JSON text, as a string and as the field again', () => {
  const twice = log(JSON.stringify('{"a":1}'));
  expect(one(twice)).toMatch(new RegExp(`^${1 + ERR.notObject} `));
  expect(one(twice, { depth: 2 })).toBe('{"a":1}');
  expect(one(log('"no JSON"'), { depth: 3, into: 'x' })).toBe('{"x":"no JSON"}');
  const again = log(JSON.stringify(log(JSON.stringify(log('{"c":3}', { b: 2 })), { a: 1 })));
  expect(one(again)).toBe(`{"a":1,"log":${JSON.stringify(JSON.stringify(log('{"c":3}', { b: 2 })))}}`);
  expect(one(again, { depth: 2 })).toBe('{"a":1,"b":2,"log":"{\\"c\\":3}"}');
  expect(one(again, { depth: 9 })).toBe('{"a":1,"b":2,"c":3}');
  expect(one(log(JSON.stringify(log('text'))), { depth: 9, keep: 'never' })).toBe('{"log":"text"}');
});

test('any depth of brackets, any size, no trap', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  expect([1, 999, 1000, 1001, 100_000].map((depth) => run([JSON.stringify(log(nested(depth)))]).status[0])).toEqual([
    1,
    1,
    1,
    1 + ERR.tooDeep,
    1 + ERR.tooDeep,
  ]);
  expect([999, 1000].map((depth) => run([JSON.stringify(log(nested(depth)))], { into: 'x' }).status[0])).toEqual([
    1,
    1 + ERR.tooDeep,
  ]);
  const wide = `{${Array.from({ length: 250_000 }, (_, i) => `"${i}":0`).join(',')}}`;
  expect(one(log(wide)) === wide).toBe(true);
  const empty = `{"o":{${'"":0,'.repeat(590_000)}"":1}}`;
  expect(one(log(empty))).toBe('{"o":{"":1}}');
  const large = JSON.stringify(log('x'.repeat(4 << 20)));
  expect(one(large) === `${1 + ERR.tooLarge} ${large}`).toBe(true);
  const grows = JSON.stringify(log(`{${Array.from({ length: 200_000 }, (_, i) => `"${i}":0`).join(',')}}`));
  expect(
    run([grows, JSON.stringify(log('{"a":1}'))], { prefix: 'a long prefix, much longer than the key' }).status,
  ).toEqual(Uint8Array.of(1 + ERR.tooLarge, 1));
  checkGuards();
});

test('many conflicts on both sides stay quick', () => {
  const keys = Array.from({ length: 60_000 }, (_, i) => `"key${i}":1`).join(',');
  const event = `{${keys},"log":${JSON.stringify(`{${keys},"new":2}`)}}`;
  expect(one(event, { conflict: 'outer_wins' }) === `{${keys},"new":2}`).toBe(true);
  expect(one(event, { conflict: 'inner_wins' }) === `{${keys},"new":2}`).toBe(true);
  expect(one(event, { conflict: 'inner_wins', prefix: 'key' }).endsWith('"keynew":2}')).toBe(true);
  expect(run([event], { conflict: 'rename' }).status[0]).toBe(1 + ERR.tooManyFields);
  const bare = JSON.stringify(log(`{${keys.replaceAll('key', '')}}`)).replace('}"}', `}",${keys}}`);
  expect(one(bare, { conflict: 'inner_wins', prefix: 'key' }) === `{${keys}}`).toBe(true);
  checkGuards();
});

test('splits batches that are larger than the regions', () => {
  const texts = Array.from({ length: 60_000 }, (_, i) => JSON.stringify(log(`{"pad":"${'x'.repeat(500)}","n":${i}}`)));
  const out = textsOf(run(texts));
  expect(out).toEqual(Array.from({ length: 60_000 }, (_, i) => `{"pad":"${'x'.repeat(500)}","n":${i}}`));
  const prefix = 'p'.repeat(400);
  const grown = textsOf(run(texts.slice(0, 30_000), { prefix }));
  expect(grown.findIndex((text, i) => text !== `{"${prefix}pad":"${'x'.repeat(500)}","${prefix}n":${i}}`)).toBe(-1);
  expect(run([]).length).toBe(0);
  checkGuards();
});

test('refuses options that cannot be', () => {
  expect(() => run([], { field: [] })).toThrow('unpack.field is empty: it must name at least one key');
  expect(() => run([], { prefix: '\ud800' })).toThrow(
    'unpack.prefix holds half of a surrogate pair: use whole characters',
  );
  expect(() => run([], { prefix: 'x'.repeat(3 << 20) })).toThrow(
    'unpack: the keys of its options take more than 1 MiB',
  );
});
