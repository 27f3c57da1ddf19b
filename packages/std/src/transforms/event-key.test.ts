import { parseJson, sameJson } from '@tailrace/core';
import { batchOfTexts } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventKeys } from './event-key.ts';

/** The keys of events given as JSON texts. */
function keys(fields: readonly string[], texts: readonly string[]): (string | null)[] {
  const keyOf = eventKeys(fields)(batchOfTexts(texts));
  return texts.map((_, i) => keyOf(i));
}

test.each([
  ['{"a":1}', '{"a":1.0}', true],
  ['{"a":1}', '{"a":"1"}', false],
  ['{"a":"\\u0061"}', '{"a":"a"}', true],
  ['{"a":{"x":1,"y":"2"}}', '{"a":{"y":"2","x":1.0}}', true],
  ['{"a":["x,sy"]}', '{"a":["x","y"]}', false],
  ['{"a":9007199254740993}', '{"a":9007199254740992}', false],
  ['{"a":true}', '{"a":"t"}', false],
  ['{"a":null,"b":1}', '{"b":1}', true],
  ['{"a":"x","b":"y"}', '{"a":"xsy"}', false],
  ['{"a":"x","b":"ysz"}', '{"a":"xsy","b":"z"}', false],
  ['{"a":-0}', '{"a":0.0}', true],
])('%s and %s: %s', (one, other, same) => {
  const [first, second] = keys(['a', 'b'], [one, other]);
  expect(first === second).toBe(same);
});

test('an event without any of the fields has no key', () => {
  expect(keys(['a', 'b.c'], ['{"x":1}', '{"a":null,"b":{}}', '{"b":{"c":0}}']).map((key) => key === null)).toEqual([
    true,
    true,
    false,
  ]);
});

test('two events have the same key exactly when their values are the same, and no key is long', () => {
  const value = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(value, value, value, value, (a, b, c, d) => {
      const texts = [JSON.stringify({ k: 1, a, b }), JSON.stringify({ k: 1, a: c, b: d })];
      const [one, other] = keys(['k', 'a', 'b'], texts);
      const [left, right] = texts.map((text) => parseJson(text));
      expect(one === other).toBe(sameJson(left, right));
      expect(one!.length).toBeLessThanOrEqual(64);
    }),
    { numRuns: 100 },
  );
});
