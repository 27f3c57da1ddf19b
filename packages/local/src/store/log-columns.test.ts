import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FieldType } from '@tailrace/core';
import { path } from '@tailrace/core';
import { identifier } from '@tailrace/dashboards';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FieldColumn } from '../field-columns.ts';
import { arrivalsOf } from './arrivals.fixture.ts';
import { openStore, type Store } from './store.ts';

let folder: string;
let store: Store | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tailrace-columns-'));
});
afterEach(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

const field = (name: string, type: FieldType): FieldColumn => ({
  name,
  type,
  steps: path(name).steps as readonly string[],
});

async function reopen(...fields: FieldColumn[]): Promise<Store> {
  await store?.close();
  store = await openStore({ path: join(folder, 's.duckdb'), fields, memoryLimit: 128 * 1024 ** 2, threads: 1 });
  return store;
}

const query = async (sql: string) => (await store!.read(sql, { rows: 1000, milliseconds: 30_000 })).rows;

/** The columns of these fields in an event that is stored next. */
async function columns(fields: readonly FieldColumn[], event: string): Promise<unknown[]> {
  const open = await reopen(...fields);
  await open.append(arrivalsOf([{ offset: open.counts().logs, event }]));
  const names = fields.map(({ name }) => identifier(name)).join(', ');
  const rows = await query(`SELECT ${names} FROM logs ORDER BY _offset DESC LIMIT 1`);
  return [...rows[0]!];
}

/** The column of a field `v` in an event whose member `v` has this JSON text. */
async function column(type: FieldType, text: string): Promise<unknown> {
  const open = await reopen(field('v', type));
  await open.append(arrivalsOf([{ offset: 0, event: `{"v":${text}}` }]));
  const rows = await query('SELECT v, _text FROM logs');
  expect(rows[0]![1]).toBe(`{"v":${text}}`);
  return rows[0]![0];
}

describe('what a value becomes', () => {
  test.each<[FieldType, string, unknown]>([
    ['keyword', '"é😀\\n\\u0000"', 'é😀\n\0'],
    ['keyword', '12', '12'],
    ['keyword', '1.10', '1.1'],
    ['keyword', '1e3', '1000.0'],
    ['keyword', 'null', null],
    ['keyword', '{"a":1}', '{"a":1}'],
    ['long', '7', 7],
    ['long', '7.0', 7],
    ['long', '"7"', 7],
    ['long', '-9223372036854775808', '-9223372036854775808'],
    ['long', '9223372036854775808', null],
    ['long', '"many"', null],
    ['long', '[1]', null],
    ['double', '1.5', 1.5],
    ['double', '1e999', null],
    ['boolean', 'true', true],
    ['boolean', '"false"', false],
    ['date', '"2026-11-20T10:00:00.123456789Z"', '2026-11-20T10:00:00.123456Z'],
    ['date', '"2026-11-20T10:00:00+02:00"', '2026-11-20T08:00:00Z'],
    ['date', '"2026-11-20"', '2026-11-20T00:00:00Z'],
    ['date', '1700000000123', '2023-11-14T22:13:20.123Z'],
    ['date', '"1700000000123"', '2023-11-14T22:13:20.123Z'],
    ['date', '99999999999999999', null],
    ['date', '"yesterday"', null],
    ['ip', '"::1"', '::1'],
    ['flattened', '{"a": [1]}', '{"a":[1]}'],
  ])('%s %s', async (type, text, expected) => {
    expect(await column(type, text)).toEqual(expected);
  });
});

test('half of a surrogate pair, which DuckDB cannot read, becomes U+FFFD; all else stays as it is', async () => {
  const open = await reopen(field('a', 'long'), field('b.c', 'keyword'));
  const halves = '{"a":1,"b":{"c":"\\ud83d\\uDE00\\uD800 \\\\ud800\\udc00"},"\\udfff":[]}';
  const deep = `{"a":3,"x":${'['.repeat(1000)}${']'.repeat(1000)}}`;
  const events = ['{"a":1,"b":{"c":"x"}}', halves, '{"a":2}', deep, '{"a":4,"a":5}', '[1]'];
  const result = await open.append(arrivalsOf(events.map((event, offset) => ({ offset, event }))));
  expect(result).toMatchObject({ stored: 6, duplicates: 0, mended: 1 });
  expect(await query('SELECT a, "b.c", _text FROM logs ORDER BY _offset')).toEqual([
    [1, 'x', events[0]],
    [1, '😀\ufffd \\ud800\ufffd', '{"a":1,"b":{"c":"\\ud83d\\uDE00\\ufffd \\\\ud800\\ufffd"},"\\ufffd":[]}'],
    [2, null, events[2]],
    [3, null, deep],
    [4, null, events[4]],
    [null, null, '[1]'],
  ]);
  expect(await query("SELECT count(*) FROM logs WHERE _text->>'$.b.c' LIKE '😀%'")).toEqual([[1]]);
  // Its position is held as that of any other.
  expect(await open.append(arrivalsOf([{ offset: 1, event: halves }]))).toMatchObject({ stored: 0, duplicates: 1 });
});

test('half of a surrogate pair in a store without columns', async () => {
  const open = await reopen();
  const events = ['{"a":"\\ud800"}', '{"a":"x"}'].map((event, offset) => ({ offset, event }));
  expect(await open.append(arrivalsOf(events))).toMatchObject({ stored: 2, mended: 1 });
  expect(await query("SELECT _text->>'$.a' FROM logs ORDER BY _offset")).toEqual([['\ufffd'], ['x']]);
});

test('whatever is in a text: DuckDB reads it as others do', async () => {
  const open = await reopen(field('v', 'keyword'));
  const pieces = fc.constantFrom('\ud800', '\udc00', '😀', '\\', 'ud800', '"', '\n', '\0', '\ufffe', 'é', 'x');
  const texts = fc.array(
    fc.array(pieces, { maxLength: 6 }).map((some) => some.join('')),
    { minLength: 1, maxLength: 50 },
  );
  let offset = 0;
  const property = fc.asyncProperty(texts, async (values) => {
    const from = offset;
    const { mended } = await open.append(arrivalsOf(values.map((v) => ({ offset: offset++, event: { v, [v]: 1 } }))));
    expect(mended).toBe(values.filter((v) => !v.isWellFormed()).length);
    const whole = values.map((v) => v.toWellFormed());
    const rows = await query(`SELECT v, _text->>'v' FROM logs WHERE _offset >= ${from} ORDER BY _offset`);
    expect(rows).toEqual(whole.map((v) => [v, v]));
  });
  await fc.assert(property, { numRuns: 30 });
});

test('members with any name, and an object beside its own members', async () => {
  const odd = 'k."a \\"b\\"."."~/\'"';
  const open = await reopen(
    field('k', 'object'),
    field('k.x', 'long'),
    field(odd, 'keyword'),
    field('"a.b"', 'keyword'),
  );
  const event = { k: { x: 1, 'a "b".': { "~/'": 'v' } }, 'a.b': 'dotted', a: { b: 'nested' } };
  await open.append(arrivalsOf([{ offset: 0, event }]));
  expect(open.fields).toEqual({
    '@timestamp': 'date',
    k: 'object',
    'k.x': 'long',
    [odd]: 'keyword',
    '"a.b"': 'keyword',
  });
  const [row] = await query("SELECT columns(c -> NOT starts_with(c, '_') AND c <> '@timestamp') FROM logs");
  expect(row!.slice(1)).toEqual([1, 'v', 'dotted']);
  expect(JSON.parse(String(row![0]))).toEqual(event.k);
});

test.each<[FieldType, string, unknown]>([
  ['long', '{"b":"q"}', null],
  ['long', '"7"', 7],
  ['double', '{"b":"q"}', null],
  ['double', '1e999', null],
  ['boolean', '{"b":"q"}', null],
  ['date', '{"b":"q"}', null],
  ['date', '"2026-11-20T10:00:00Z"', '2026-11-20T10:00:00Z'],
  ['date', '1700000000123', '2023-11-14T22:13:20.123Z'],
  ['keyword', '"def"', 'def'],
  ['keyword', '{"b":"q"}', '{"b":"q"}'],
  ['keyword', 'null', null],
  ['object', '"def"', '"def"'],
  ['object', '{"b":"q"}', '{"b":"q"}'],
  ['object', 'null', null],
])('a %s that is an object with declared members in other events: %s', async (type, text, expected) => {
  const found = await columns([field('a', type), field('a.b', 'keyword')], `{"a":${text}}`);
  expect(found).toEqual([expected, text.startsWith('{') ? 'q' : null]);
});

test('an old column stays when its field becomes an object, in either order', async () => {
  const events = ['{"a":1}', '{"a":{"b":"q"}}'].map((event, offset) => ({ offset, event }));
  await (await reopen(field('a', 'long'))).append(arrivalsOf(events));
  await (await reopen(field('a.b', 'keyword'))).append(arrivalsOf([{ offset: 2, event: { a: { b: 'r' } } }]));
  expect(await query('SELECT a, "a.b" FROM logs ORDER BY _offset')).toEqual([
    [1, null],
    [null, 'q'],
    [null, 'r'],
  ]);
});

test('a member without a name is a member like others', async () => {
  const fields = [field('""', 'long'), field('a.""', 'long'), field('a."".b', 'keyword'), field('a.c', 'long')];
  expect(await columns(fields, '{"":1,"a":{"":2,"c":3}}')).toEqual([1, 2, null, 3]);
  expect(await columns(fields, '{"a":{"":{"b":"x"}}}')).toEqual([null, null, 'x', null]);
});

test('time is that of the event', async () => {
  const open = await reopen();
  const times = [Date.parse('2026-11-20T10:00:00.123Z'), -1];
  await open.append(arrivalsOf(times.map((time, offset) => ({ offset, time }))));
  expect(await query('SELECT "@timestamp" FROM logs ORDER BY _offset')).toEqual([
    ['2026-11-20T10:00:00.123Z'],
    ['1969-12-31T23:59:59.999Z'],
  ]);
  const { first, last, logs } = open.counts();
  expect({ first, last, logs }).toEqual({ first: -1, last: times[0], logs: 2 });
  await reopen();
  expect(store!.counts()).toMatchObject({ first, last, logs });
});

describe('declarations that change', () => {
  test('a new field is a column of the events before, too', async () => {
    const open = await reopen(field('a', 'long'));
    const events = ['{"a":1,"b":{"c":"x"}}', '{"no":"JSON for DuckDB"}', '{"b":{"c":"y"}}'];
    await open.append(arrivalsOf(events.map((event, offset) => ({ offset, event }))));
    await open.change((connection) => connection.run(`UPDATE logs SET _text = '{"b":"\\ud800"}' WHERE _offset = 1`));
    await reopen(field('a', 'long'), field('b.c', 'keyword'));
    expect(await query('SELECT a, "b.c" FROM logs ORDER BY _offset')).toEqual([
      [1, 'x'],
      [null, null],
      [null, 'y'],
    ]);
  });

  test('a field with another type is read again from the events', async () => {
    const open = await reopen(field('a', 'keyword'), field('b', 'keyword'));
    await open.append(arrivalsOf([{ offset: 0, event: { a: '12', b: 'x' } }]));
    await reopen(field('a', 'long'), field('b', 'text'));
    expect(store!.fields).toEqual({ '@timestamp': 'date', a: 'long', b: 'text' });
    expect(await query('SELECT a + 1, b FROM logs')).toEqual([[13, 'x']]);
    await reopen(field('a', 'keyword'), field('b', 'text'));
    expect(await query('SELECT a, b FROM logs')).toEqual([['12', 'x']]);
  });

  test('fields whose names change in case only are other fields', async () => {
    const events = ['{"Foo":"a","x":{"Y":{"z":1}}}', '{"foo":"b","x":{"y":{"w":2}}}'].map((event, offset) => ({
      offset,
      event,
    }));
    await (await reopen(field('Foo', 'keyword'), field('x.Y.z', 'long'))).append(arrivalsOf(events));
    const open = await reopen(field('foo', 'keyword'), field('x.y.w', 'long'));
    await open.append(arrivalsOf([{ offset: 2, event: { foo: 'c', x: { y: { w: 3 } } } }]));
    expect(open.fields).toEqual({ '@timestamp': 'date', foo: 'keyword', 'x.y.w': 'long' });
    expect(await query('SELECT foo, "x.y.w" FROM logs ORDER BY _offset')).toEqual([
      [null, null],
      ['b', 2],
      ['c', 3],
    ]);
    await reopen(field('Foo', 'keyword'));
    expect(await query('SELECT "Foo" FROM logs ORDER BY _offset')).toEqual([['a'], [null], [null]]);
  });

  test('a field that is declared no more keeps its column, and new events fill it', async () => {
    await (await reopen(field('a', 'long'))).append(arrivalsOf([{ offset: 0, event: { a: 1 } }]));
    await (await reopen()).append(arrivalsOf([{ offset: 1, event: { a: 2 } }]));
    expect(store!.fields).toEqual({ '@timestamp': 'date', a: 'long' });
    expect(await query('SELECT a FROM logs ORDER BY _offset')).toEqual([[1], [2]]);
  });
});
