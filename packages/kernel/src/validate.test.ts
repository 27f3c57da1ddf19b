import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damaged, eventsOf, guardedKernel, valueText } from './arbitrary.ts';
import { isValid } from './twin.ts';
import { ERR } from './types.ts';
import { validate } from './validate.ts';

const { k, checkGuards } = guardedKernel();
const codeOf = (text: string | Uint8Array): number => validate(k, eventsOf([text]))[0]!;
const bytes = (...codes: number[]): Uint8Array => Uint8Array.from([34, ...codes, 34]);

test('says for each event what is wrong with it', () => {
  const texts = ['{"a":1}', '{"a":1', ' [1, "é", null] ', '{"a":01}', '', '"\\ud800"', '"\\x"', '"a\tb"'];
  const { ok, notJson } = ERR;
  expect([...validate(k, eventsOf(texts))]).toEqual([ok, notJson, ok, notJson, notJson, ok, notJson, notJson]);
});

test.each([
  '1,',
  '[1,]',
  '{"a":1,}',
  '{,}',
  '{"a"}',
  '{a:1}',
  '[1 2]',
  '1.',
  '.5',
  '1e',
  '+1',
  '-',
  '0x1',
  'tru',
  'nul',
  'True',
  '"',
  '"\\u12g4"',
  '[',
  ']',
  '{]',
  '[}',
  '\u00a01',
  '1 1',
])('refuses %s', (text) => {
  expect(codeOf(text)).toBe(ERR.notJson);
});

test('takes UTF-8 as RFC 3629 has it', () => {
  for (const good of ['é', '€', '😀', '\uffff', '\u{10ffff}']) expect(codeOf(`"${good}"`)).toBe(ERR.ok);
  const bad = [
    bytes(0xc0, 0xaf),
    bytes(0xed, 0xa0, 0x80),
    bytes(0xf4, 0x90, 0x80, 0x80),
    bytes(0x80),
    bytes(0xe2, 0x82),
    bytes(0xff),
  ];
  for (const text of bad) expect(codeOf(text)).toBe(ERR.notUtf8);
});

test('nests to 1000 and no deeper, whatever the depth', () => {
  const nested = (depth: number, open: string, close: string): number =>
    codeOf(open.repeat(depth) + 1 + close.repeat(depth));
  expect([1, 999, 1000].map((depth) => nested(depth, '[', ']'))).toEqual([0, 0, 0]);
  expect([1, 999, 1000].map((depth) => nested(depth, '{"a":', '}'))).toEqual([0, 0, 0]);
  expect([1001, 100_000].map((depth) => nested(depth, '[', ']'))).toEqual([ERR.tooDeep, ERR.tooDeep]);
  expect(codeOf('['.repeat(100_000))).toBe(ERR.tooDeep);
  expect(codeOf('['.repeat(1000))).toBe(ERR.notJson);
});

test('takes events up to 4 MiB and batches of any size', () => {
  const long = (size: number): string => `"${'x'.repeat(size - 2)}"`;
  const codes = validate(k, eventsOf([long(4 << 20), long((4 << 20) + 1), '1', '[']));
  expect([...codes]).toEqual([ERR.ok, ERR.tooLarge, ERR.ok, ERR.notJson]);
  const many = Array.from({ length: 300_000 }, (_, i) =>
    i % 1000 === 7 ? '{' : `{"number":${i},"text":"${'x'.repeat(80)}"}`,
  );
  const wrong = validate(k, eventsOf(many)).reduce((sum, code) => sum + (code === ERR.notJson ? 1 : 0), 0);
  expect(wrong).toBe(300);
  checkGuards();
});

test('one unfinished event never reads the next ones', () => {
  // Were a scan to run on over its neighbours, this would take minutes.
  const codes = validate(k, eventsOf(Array.from({ length: 200_000 }, () => '{"a":[1, ')));
  expect(codes.every((code) => code === ERR.notJson)).toBe(true);
});

test('agrees with JSON.parse on valid and on damaged text', () => {
  const batch = fc.tuple(fc.array(damaged(valueText), { minLength: 1, maxLength: 8 }), fc.nat(20));
  fc.assert(
    fc.property(batch, ([texts, gap]) => {
      const codes = validate(k, eventsOf(texts, gap));
      expect([...codes].map((code) => code === ERR.ok)).toEqual(texts.map(isValid));
    }),
    { numRuns: 300 },
  );
  checkGuards();
});
