import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvText, ndjsonText } from './query-text.ts';

const answer = (names: string[], ...rows: unknown[][]) => ({
  columns: names.map((name) => ({ name, type: 'VARCHAR' })),
  rows,
  truncated: false,
  milliseconds: 1,
});

test('CSV: quoted where it has to be, NULL and empty text differ', () => {
  expect(csvText(answer(['a', 'b"c'], [null, ''], ['x,y', 'line\nline'], [1.5, { k: ['v'] }]))).toBe(
    'a,"b""c"\r\n,""\r\n"x,y","line\nline"\r\n1.5,"{""k"":[""v""]}"\r\n',
  );
});

test('CSV: what is written is read back by the rules of RFC 4180', () => {
  const cell = fc.oneof(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ') }), fc.constant(null));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), (rows) => {
      expect(parsed(csvText(answer(['a', 'b'], ...rows)))).toEqual([['a', 'b'], ...rows]);
    }),
    { numRuns: 100 },
  );
});

test('NDJSON: an object per row, no column gets lost', () => {
  const text = ndjsonText(answer(['a', 'a', 'a_2', '__proto__'], [1, null, [2], 'x'], [3, 4, 5, 6]));
  expect(text).toBe('{"a":1,"a_2":null,"a_2_2":[2],"__proto__":"x"}\n{"a":3,"a_2":4,"a_2_2":5,"__proto__":6}\n');
  expect(ndjsonText(answer(['a']))).toBe('');
});

/** The plain reading of RFC 4180. */
function parsed(text: string): (string | null)[][] {
  const records: (string | null)[][] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  let record: (string | null)[] = [];
  for (const [, quoted, plain, end] of text.matchAll(pattern)) {
    record.push(quoted === undefined ? plain || null : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}
