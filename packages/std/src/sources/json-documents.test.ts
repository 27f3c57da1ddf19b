import { Readable } from 'node:stream';
import fc from 'fast-check';
import { streamValues } from 'stream-json/streamers/stream-values.js';
import { expect, test } from 'vitest';
import { DocumentCutter } from './json-documents.ts';

interface Cut {
  readonly line: string;
  readonly from: number;
  readonly to: number;
}

function cutAll(text: string | Uint8Array, cuts: readonly number[] = [], maxBytes = 1 << 20): Cut[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const cutter = new DocumentCutter(maxBytes);
  const found: Cut[] = [];
  for (let i = 1; i < borders.length; i++) {
    const part = cutter.cut(bytes.subarray(borders[i - 1], borders[i]), i === borders.length - 1);
    const lines = Buffer.from(part.lines).toString().split('\n').slice(0, -1);
    found.push(...lines.map((line, k) => ({ line, from: part.offset[k]!, to: part.endOffset[k]! })));
  }
  return found;
}
const linesOf = (text: string) => cutAll(text).map((cut) => cut.line);

test('documents over several lines, side by side, and in arrays become lines of their own', () => {
  expect(linesOf('{\n  "a": 1\n}\n{"b":"}{"}{"c":[1,\r\n2]}')).toEqual(['{   "a": 1 }', '{"b":"}{"}', '{"c":[1,  2]}']);
  expect(linesOf('[{"a":1},\n {"b":[{}]} ][ {"c":2}]')).toEqual(['{"a":1}', '{"b":[{}]}', '{"c":2}']);
  expect(linesOf('\ufeff\x1e{"a":1}\n\x1e{"b":2}\n')).toEqual(['{"a":1}', '{"b":2}']);
  expect(linesOf(' \n[]\n{}')).toEqual(['{}']);
});

test('numbers, escapes and spaces keep their bytes', () => {
  const line = '{"big":12345678901234567890, "e":1.0E+2,"s":"\\u00e9\\"\\\\"}';
  expect(linesOf(`[${line},${line}]`)).toEqual([line, line]);
});

test('a document says where it stood', () => {
  expect(cutAll('[ {"a":1}, {"é":2}]')).toEqual([
    { line: '{"a":1}', from: 2, to: 9 },
    { line: '{"é":2}', from: 11, to: 19 },
  ]);
});

test('items that are no objects come out as they are', () => {
  expect(linesOf('[1, "a, b]", null,[2,3], true]')).toEqual(['1', '"a, b]"', 'null', '[2,3]', 'true']);
});

test('damage ends with its document', () => {
  expect(linesOf('{"a":1\n{"b":2}\n')).toEqual(['{"a":1 ', '{"b":2}']);
  expect(linesOf('{"a":"x\n{"b":2}\n')).toEqual(['{"a":"x', '{"b":2}']);
  expect(linesOf('panic: it "broke\n{"b":2}\n{"c"')).toEqual(['panic: it "broke', '{"b":2}', '{"c"']);
  expect(linesOf('}\n{"b":2}')).toEqual(['}', '{"b":2}']);
});

test('of a document that is too long the beginning stays, and the next one is whole', () => {
  const cut = cutAll(`{"a":"${'x'.repeat(100)}"}{"b":1}`, [20, 60], 30);
  expect(cut.map((one) => one.line)).toEqual([`{"a":"${'x'.repeat(24)}`, '{"b":1}']);
  expect(cut[1]).toMatchObject({ from: 108, to: 115 });
});

test('cutting the input anywhere changes nothing, and the bytes at the places are the documents', () => {
  const documents = fc.array(
    fc.oneof(
      fc.json(),
      fc.object().map((value) => JSON.stringify(value, null, 2)),
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(documents, fc.boolean(), fc.array(fc.nat(), { maxLength: 8 }), (texts, array, cuts) => {
      const text = array ? `[${texts.join(',\n')}]` : texts.join('\n');
      const whole = cutAll(text);
      expect(cutAll(text, cuts)).toEqual(whole);
      for (const { line, from, to } of whole) {
        const bytes = Buffer.from(text).subarray(from, to).toString();
        expect(bytes.replaceAll(/[\r\n]/g, ' ')).toBe(line);
      }
    }),
    { numRuns: 300 },
  );
});

test('finds the documents that stream-json finds', async () => {
  const objects = fc.array(fc.object({ maxDepth: 3 }), { minLength: 1, maxLength: 5 });
  const spaces = fc.constantFrom('', ' ', '\n', '\r\n\t');
  await fc.assert(
    fc.asyncProperty(objects, spaces, fc.constantFrom(0, 2), async (values, space, indent) => {
      const text = values.map((value) => JSON.stringify(value, null, indent)).join(space);
      const expected: unknown[] = [];
      const found = Readable.from([text]).pipe(streamValues.withParserAsStream());
      for await (const { value } of found as AsyncIterable<{ value: unknown }>) expected.push(value);
      expect(linesOf(text).map((line) => JSON.parse(line) as unknown)).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});
