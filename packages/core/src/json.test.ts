import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Json, parseJson, parseNumber, printJson, sameJson } from './json.ts';

test('integers keep all their digits', () => {
  const text = '{"a":9007199254740993,"b":[-12345678901234567890],"c":9007199254740991,"d":1e20,"e":0.5}';
  const value = parseJson(text);
  expect(value).toEqual({ a: 9007199254740993n, b: [-12345678901234567890n], c: 9007199254740991, d: 1e20, e: 0.5 });
  expect(printJson(value)).toBe(text.replace('1e20', '100000000000000000000'));
  expect([parseNumber('9007199254740993'), parseNumber('-0.5'), parseNumber('12'), parseNumber('1e3')]).toEqual([
    9007199254740993n,
    -0.5,
    12,
    1000,
  ]);
});

test('__proto__ is a key like others', () => {
  const text = '{"__proto__":{"admin":true}}';
  const value = parseJson(text) as { [key: string]: Json };
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect((value as { admin?: unknown })['admin']).toBeUndefined();
  expect(printJson(value)).toBe(text);
});

test('an item that was deleted is null, and a difference', () => {
  const list: unknown[] = [1, 2, 3];
  Reflect.deleteProperty(list, 1);
  expect(printJson({ list, none: new Array(2) })).toBe('{"list":[1,null,3],"none":[null,null]}');
  expect([sameJson(list, [1, 2, 3]), sameJson([1, 2, 3], list)]).toEqual([false, false]);
});

test('what JSON cannot say becomes null, missing members stay away', () => {
  expect(printJson({ a: undefined, b: () => 1, c: Symbol('x'), d: Number.NaN, e: [undefined] })).toBe(
    '{"b":null,"c":null,"d":null,"e":[null]}',
  );
  expect(printJson(undefined)).toBe('null');
  expect(printJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
});

test('text that is no JSON is refused as JSON.parse does', () => {
  expect(() => parseJson('{"a":}')).toThrow(SyntaxError);
});

const bigints = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((value) => parseNumber(String(value)));
// A whole double beyond 2^53 is printed as digits, and read back as a bigint.
const doubles = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value))
  .map((value) => value + 0);
const leaf = fc.oneof(bigints, doubles, fc.string(), fc.boolean(), fc.constant(null), fc.integer());
const anyJson = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test('what is printed is read back the same', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      const back = parseJson(printJson(value));
      expect(back).toEqual(value);
      expect(sameJson(back, value)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('printing agrees with JSON.stringify where there are no bigints', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(printJson(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 200 },
  );
});

test('equality looks at values, not at the order of keys', () => {
  expect(sameJson({ a: 1, b: [1n, 0] }, { b: [1n, -0], a: 1 })).toBe(true);
  for (const [a, b] of [
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: 1 }, { b: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], { 0: 1 }],
    [null, {}],
    [1, '1'],
    [1, 1n],
  ]) {
    expect(sameJson(a, b)).toBe(false);
    expect(sameJson(b, a)).toBe(false);
  }
});
