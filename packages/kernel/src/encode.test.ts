import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsOf, guardedKernel } from './arbitrary.ts';
import { type BulkColumns, encodeBulk, encodeLines, escapeJson } from './encode.ts';
import type { Events } from './events.ts';

const { k, checkGuards } = guardedKernel();
const ROOM = 1 << 16;

/** Entries as plain string code writes them. */
function twin(e: Events, before: (i: number) => string, from: number, to: number, room: number, marks: number) {
  let text = '';
  const ends: number[] = [];
  for (let i = from; i < to && ends.length < marks; i++) {
    const entry = `${before(i)}${Buffer.from(e.text.subarray(e.start[i], e.end[i])).toString('latin1')}\n`;
    if (text.length + entry.length > room) break;
    text += entry;
    ends.push(text.length);
  }
  return { text, ends };
}

function written(out: Uint8Array, outAt: number, marks: Uint32Array, { count, used }: { count: number; used: number }) {
  const text = Buffer.from(out.subarray(outAt, outAt + used)).toString('latin1');
  return { text, ends: [...marks.subarray(0, count)].map((mark) => mark - outAt) };
}

const texts = fc.array(
  fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.integer({ min: 2000, max: 2100 }).map((n) => 'x'.repeat(n)),
  ),
  { maxLength: 20 },
);
const ID = fc.stringMatching(/^[0-9a-f]{0,24}$/);
const OFFSETS = [0, 1, 0xabc, 2 ** 32, 2 ** 48 - 1];

const cases = fc.record({
  texts,
  gap: fc.constantFrom(0, 1, 5000),
  from: fc.nat({ max: 3 }),
  room: fc.oneof(fc.constant(ROOM), fc.nat({ max: 3000 })),
  marks: fc.constantFrom(0, 3, 100),
  outAt: fc.constantFrom(0, 7),
});

test('lines: what plain code writes, for any room, marks and start', () => {
  const property = fc.property(cases, ({ texts, gap, from, room, marks, outAt }) => {
    const e = eventsOf(texts, gap);
    const out = new Uint8Array(outAt + room).fill(1);
    const ends = new Uint32Array(marks);
    const start = Math.min(from, e.length);
    const result = encodeLines(k, e, start, e.length, out, outAt, ends);
    expect(written(out, outAt, ends, result)).toEqual(twin(e, () => '', start, e.length, room, marks));
    expect(out.subarray(outAt + result.used).every((byte) => byte === 1)).toBe(true);
    checkGuards();
  });
  fc.assert(property, { numRuns: 200 });
});

test('room for exactly one entry is enough, a byte less is not', () => {
  const e = eventsOf(['{"a":1}', '{}']);
  const c = {
    seconds: new Float64Array(2),
    stream: new Uint16Array(2),
    offset: Float64Array.of(1, 2),
    sub: Uint32Array.of(0x10, 0),
  };
  const marks = new Uint32Array(2);
  const bulk = (room: number): number =>
    encodeBulk(k, e, c, ['id'], [Buffer.from('{"x":{')], new Uint8Array(2), 0, 2, new Uint8Array(room), 0, marks).count;
  const first = '{"x":{,"_id":"id-000000000001.10"}}\n{"a":1}\n'.length;
  const second = '{"x":{,"_id":"id-000000000002"}}\n{}\n'.length;
  expect([first - 1, first, first + second - 1, first + second].map(bulk)).toEqual([0, 1, 1, 2]);
  const lines = (room: number): number => encodeLines(k, e, 0, 2, new Uint8Array(room), 0, marks).count;
  expect([7, 8, 10, 11].map(lines)).toEqual([0, 1, 1, 2]);
});

test('bulk entries: what plain code writes, with and without ids', () => {
  const prefixes = ['{"create":{"_index":"logs-2026.11.21"', '{"index":{'].map((text) => Buffer.from(text));
  const columns = fc.record({
    ids: fc.option(fc.tuple(ID, ID, ID)),
    rows: fc.array(
      fc.tuple(fc.nat(2), fc.constantFrom(...OFFSETS), fc.oneof(fc.constant(0), fc.nat(0xffff_ffff)), fc.nat(1)),
      { minLength: 20, maxLength: 20 },
    ),
  });
  const property = fc.property(cases, columns, ({ texts, gap, from, room, marks, outAt }, { ids, rows }) => {
    const e = eventsOf(texts, gap);
    const c: BulkColumns = {
      seconds: new Float64Array(20),
      stream: Uint16Array.from(rows, ([stream]) => stream),
      offset: Float64Array.from(rows, ([, offset]) => offset),
      sub: Uint32Array.from(rows, ([, , sub]) => sub),
    };
    const prefixOf = Uint8Array.from(rows, ([, , , prefix]) => prefix);
    const before = (i: number): string => {
      const [stream, offset, sub, prefix] = rows[i]!;
      const suffix = sub === 0 ? '' : `.${sub.toString(16)}`;
      const id = ids === null ? '' : `,"_id":"${ids[stream]}-${offset.toString(16).padStart(12, '0')}${suffix}"`;
      return `${prefixes[prefix]!.toString()}${id}}}\n`;
    };
    const out = new Uint8Array(outAt + room);
    const ends = new Uint32Array(marks);
    const start = Math.min(from, e.length);
    const result = encodeBulk(k, e, c, ids, prefixes, prefixOf, start, e.length, out, outAt, ends);
    expect(written(out, outAt, ends, result)).toEqual(twin(e, before, start, e.length, room, marks));
    checkGuards();
  });
  fc.assert(property, { numRuns: 200 });
});

test('events beyond the regions: large ones, many, and texts that fill the constants', () => {
  const large = `"${'y'.repeat(13 << 20)}"`;
  const e = eventsOf(['1', large, '2', ...Array.from({ length: 150_000 }, () => '{}')]);
  const out = new Uint8Array(40 << 20);
  const marks = new Uint32Array(e.length);
  const lines = encodeLines(k, e, 0, e.length, out, 0, marks);
  expect([lines.count, lines.used, marks[0], marks[1]]).toEqual([
    e.length,
    2 + large.length + 1 + 2 + 450_000,
    2,
    large.length + 3,
  ]);
  expect(Buffer.from(out.subarray(marks[1]! - 2, marks[1]! + 2)).toString()).toBe('"\n2\n');

  const wide = [Buffer.alloc(1_000_000, 'a'), Buffer.alloc(1_200_000, 'b')];
  const c = {
    seconds: new Float64Array(3),
    stream: new Uint16Array(3),
    offset: Float64Array.of(1, 2, 3),
    sub: new Uint32Array(3),
  };
  const bulk = encodeBulk(k, e, c, ['id'], wide, Uint8Array.of(0, 1, 0), 0, 3, out, 0, marks);
  expect(bulk.count).toBe(3);
  const tails = [...marks.subarray(0, 3)].map((end) => Buffer.from(out.subarray(end - 34, end)).toString());
  expect(tails[0]).toBe(',"_id":"id-000000000001"}}\n1\n'.padStart(34, 'a'));
  expect(Buffer.from(out.subarray(marks[0]! + 1_200_000, marks[0]! + 1_200_030)).toString()).toBe(
    ',"_id":"id-000000000002"}}\n"yy',
  );
  expect(tails[2]).toBe(',"_id":"id-000000000003"}}\n2\n'.padStart(34, 'a'));
  checkGuards();
});

test('texts that would break an entry are refused', () => {
  const e = eventsOf(['{}']);
  const c = {
    seconds: new Float64Array(1),
    stream: Uint16Array.of(1),
    offset: new Float64Array(1),
    sub: new Uint32Array(1),
  };
  const write = (ids: string[], prefixes: Buffer[]) => () =>
    encodeBulk(k, e, c, ids, prefixes, Uint8Array.of(0), 0, 1, new Uint8Array(ROOM), 0, new Uint32Array(1));
  const prefix = Buffer.from('{"create":{"_index":"a"');
  expect(write(['a', 'b"c'], [prefix])).toThrow(
    'streamIds[1]: must be ASCII text without quotes and backslashes, not "b\\"c"',
  );
  expect(write(['a'], [prefix])).toThrow('encodeBulk: 1 is not an index below 1');
  expect(write(['a', 'b'], [])).toThrow('encodeBulk: 0 is not an index below 0');
  expect(write(['a', 'b'], [Buffer.alloc(2 << 20)])).toThrow(
    'encodeBulk: a prefix and an id together are larger than the constants region',
  );
});

const escapedBy = (bytes: Uint8Array): string =>
  JSON.stringify(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)).slice(1, -1);

test('escapeJson does what JSON.stringify of TextDecoder text does', () => {
  const pieces = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Uint8Array.from(Buffer.from(text))),
    fc
      .constantFrom([0xf0, 0x9f], [0xe2, 0x82], [0xed, 0xbf, 0xbf], [0xf4, 0x8f, 0xbf, 0xbf], [0x22, 0x5c, 0x1f])
      .map((bytes) => Uint8Array.from(bytes)),
    fc.nat({ max: 40 }).map((n) => new Uint8Array(n).fill(0x61)),
  );
  const property = fc.property(fc.array(pieces, { maxLength: 5 }), (parts) => {
    const bytes = Buffer.concat(parts);
    expect(Buffer.from(escapeJson(k, bytes)).toString()).toBe(escapedBy(bytes));
    checkGuards();
  });
  fc.assert(property, { numRuns: 300 });
});

test('every four bytes at the edges of UTF-8 are told right, wherever they stand', () => {
  const edges = [0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xe1, 0xed, 0xf0, 0xf1, 0xf4, 0xf5];
  const at = (n: number, digit: number): number => edges[(n >> (4 * digit)) & 15]!;
  for (let n = 0; n < 65_536; n++) {
    const bytes = new Uint8Array(22).fill(0x78);
    bytes.set([at(n, 0), at(n, 1), at(n, 2), at(n, 3)], n % 19);
    const got = escapeJson(k, bytes);
    if (Buffer.from(got).toString('latin1') !== Buffer.from(escapedBy(bytes)).toString('latin1')) {
      expect.fail(`${Buffer.from(bytes).toString('hex')} became ${Buffer.from(got).toString('hex')}`);
    }
  }
});

test('escapeJson takes every character, and text longer than a region', () => {
  const codes = Array.from({ length: 0x11_0000 }, (_, code) => code).filter((code) => code < 0xd800 || code > 0xdfff);
  const all = Buffer.from(codes.map((code) => String.fromCodePoint(code)).join(''));
  expect(all.length).toBeGreaterThan(4 << 20);
  expect(Buffer.from(escapeJson(k, all)).equals(Buffer.from(escapedBy(all)))).toBe(true);
  const stray = Buffer.alloc(5 << 20, 0x80);
  expect(escapeJson(k, stray).length).toBe(3 * stray.length);
  expect(escapeJson(k, Buffer.alloc(5 << 20, 1)).length).toBe(30 << 20);
});
