import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damaged, eventsOf, guardedKernel, objectText } from './arbitrary.ts';
import { hashKey } from './hash.ts';
import { locate, ROW } from './locate.ts';
import { compilePaths } from './paths.ts';
import { Digits, parseLossless, valueAt } from './twin.ts';
import { AGAIN, ESCAPED, KEY_ESCAPED, TYPE, TYPE_MASK } from './types.ts';

const { k, checkGuards } = guardedKernel();
const keys = [
  'a',
  'b',
  'é',
  '__proto__',
  '😀',
  '\ud800',
  'a.b',
  '',
  '"',
  'fields',
  'x',
  'a key of more than sixteen bytes',
];

/** [key text, value text, type column] of each path, undefined where it is missing. */
function cells(text: string, paths: readonly (readonly (string | number)[])[]): unknown[] {
  const bytes = Buffer.from(text);
  const table = locate(k, eventsOf([text]), compilePaths(paths));
  return paths.map((_, p) => {
    const [key, start, end, type] = table.subarray(p * ROW, p * ROW + ROW);
    if (type === TYPE.missing) return undefined;
    return [bytes.subarray(key, start).toString(), bytes.subarray(start, end).toString(), type];
  });
}

test('finds members, items and their types', () => {
  const text = '{ "a" : [10, {"b":"x"}] ,"t":true,"f":false,"n":null,"d":1.5,"o":{},"s":"q\\"","\\u0065":7}';
  const paths = [
    ['a'],
    ['a', 1, 'b'],
    ['a', 0],
    ['t'],
    ['f'],
    ['n'],
    ['d'],
    ['o'],
    ['s'],
    ['e'],
    ['a', 2],
    ['o', 'x'],
    ['zz'],
  ];
  expect(cells(text, paths)).toEqual([
    ['"a" : ', '[10, {"b":"x"}]', TYPE.array],
    ['"b":', '"x"', TYPE.string],
    ['', '10', TYPE.integer],
    ['"t":', 'true', TYPE.true],
    ['"f":', 'false', TYPE.false],
    ['"n":', 'null', TYPE.null],
    ['"d":', '1.5', TYPE.number],
    ['"o":', '{}', TYPE.object],
    ['"s":', '"q\\""', TYPE.string | ESCAPED],
    ['"\\u0065":', '7', TYPE.integer | KEY_ESCAPED],
    undefined,
    undefined,
    undefined,
  ]);
});

test('the last of repeated members counts, with nothing left of the earlier one but a word that it was there', () => {
  expect(cells('{"a":{"x":1,"y":2},"a":{"y":3}}', [['a'], ['a', 'x'], ['a', 'y']])).toEqual([
    ['"a":', '{"y":3}', TYPE.object | AGAIN],
    undefined,
    ['"y":', '3', TYPE.integer | AGAIN],
  ]);
  expect(cells('{"a":{"x":1},"\\u0061":2}', [['a', 'x'], ['a']])).toEqual([
    undefined,
    ['"\\u0061":', '2', TYPE.integer | KEY_ESCAPED | AGAIN],
  ]);
  expect(cells('{"a":{"x":1},"b":{"x":2},"a":{"y":[3,4]}}', [['b', 'x'], ['a', 'y'], ['a', 'y', 1], ['a']])).toEqual([
    ['"x":', '2', TYPE.integer],
    ['"y":', '[3,4]', TYPE.array],
    ['', '4', TYPE.integer],
    ['"a":', '{"y":[3,4]}', TYPE.object | AGAIN],
  ]);
});

test('keys that share a hash slot or a prefix are told apart', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `key${i}`);
  const text = `{${names.map((name, i) => `"${name}":${i}`).join(',')}}`;
  const found = cells(
    text,
    names.map((name) => [name]),
  ) as [string, string, number][];
  expect(found.map((cell) => cell[1])).toEqual(names.map((_, i) => String(i)));
});

test('keys with the same hash are told apart', () => {
  const [one, two] = ['kp7p', 'krvk'] as const;
  expect(hashKey(one) & 0xffff_ffffn).toBe(hashKey(two) & 0xffff_ffffn);
  expect(cells(`{"${one}":1,"${two}":2}`, [[two], [one]])).toEqual([
    [`"${two}":`, '2', TYPE.integer],
    [`"${one}":`, '1', TYPE.integer],
  ]);
  expect(cells(`{"${one}":1}`, [[two]])).toEqual([undefined]);
  expect(cells(`{"\\u006b${one.slice(1)}":1}`, [[two]])).toEqual([undefined]);
});

test('refuses paths that cannot be compiled', () => {
  expect(() => compilePaths([[]])).toThrow('path 0 is empty: it must name at least one key');
  expect(() => compilePaths([['a'], ['a']])).toThrow('path 1 repeats path 0: ["a"]');
  expect(() => compilePaths([['a', -1]])).toThrow('["a",-1]: -1 is no array index; use whole numbers from 0');
  expect(() => compilePaths([Array.from({ length: 1001 }, () => 'a')])).toThrow(
    'path 0 has 1001 steps; at most 1000 can be nested',
  );
  expect(() => compilePaths(Array.from({ length: 50_000 }, (_, i) => [`k${i}`]))).toThrow('50000 paths take');
});

test('splits batches that are larger than the regions', () => {
  const texts = Array.from({ length: 40_000 }, (_, i) => `{"pad":"${'x'.repeat(600)}","n":${i}}`);
  const e = eventsOf(texts, 3);
  const paths = compilePaths([['n'], ...Array.from({ length: 60 }, (_, i) => [`none${i}`])]);
  const table = locate(k, e, paths);
  const numbers = texts.map((_, i) => {
    const row = i * paths.count * ROW;
    return Number(Buffer.from(e.text.subarray(table[row + 1], table[row + 2])).toString());
  });
  expect(numbers).toEqual(texts.map((_, i) => i));
  checkGuards();
});

const path = fc.array(fc.oneof(fc.constantFrom(...keys), fc.nat(2)), { minLength: 1, maxLength: 4 });
const pathSet = fc.uniqueArray(path, { minLength: 1, maxLength: 12, selector: (steps) => JSON.stringify(steps) });

test('finds what JSON.parse finds', () => {
  fc.assert(
    fc.property(fc.array(objectText, { minLength: 1, maxLength: 5 }), pathSet, fc.nat(9), (texts, paths, gap) => {
      const e = eventsOf(texts, gap);
      const table = locate(k, e, compilePaths(paths));
      for (const [i, text] of texts.entries()) {
        const whole = parseLossless(text);
        for (const [p, steps] of paths.entries()) {
          const [key, start, end, type] = table.subarray((i * paths.length + p) * ROW);
          const expected = valueAt(whole, steps);
          if (expected === undefined) {
            expect([steps, key, start, end, type]).toEqual([steps, 0, 0, 0, 0]);
            continue;
          }
          const found = Buffer.from(e.text.subarray(start, end)).toString();
          expect(parseLossless(found)).toEqual(expected);
          expect(type! & TYPE_MASK).toBe(typeOf(expected));
          if (typeof expected === 'string') expect((type! & ESCAPED) !== 0).toBe(found.includes('\\'));
          if (typeof steps.at(-1) === 'string') {
            const name = Buffer.from(e.text.subarray(key, start)).toString().trim().replace(/\s*:$/, '');
            expect(JSON.parse(name)).toBe(steps.at(-1));
          } else expect(key).toBe(start);
        }
      }
    }),
    { numRuns: 300 },
  );
  checkGuards();
});

test('an event that ends in the middle of an escape does not go on in the next one', () => {
  const e = eventsOf(['{"a":"x\\', 'y","b":1}']);
  const [key, start, end] = locate(k, e, compilePaths([['a'], ['b']]));
  expect([key, start, end]).toEqual([1, 5, e.end[0]]);
  expect([...locate(k, e, compilePaths([['b']]))]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test('damaged events trap nothing and stay inside their own bytes', () => {
  fc.assert(
    fc.property(fc.array(damaged(objectText), { minLength: 1, maxLength: 6 }), pathSet, (texts, paths) => {
      const e = eventsOf(texts, 1);
      const table = locate(k, e, compilePaths(paths));
      for (let row = 0; row < table.length; row += ROW) {
        const i = Math.floor(row / ROW / paths.length);
        if (table[row + 3] === 0) continue;
        expect(table[row]!).toBeGreaterThanOrEqual(e.start[i]!);
        expect(table[row + 1]!).toBeGreaterThanOrEqual(table[row]!);
        expect(table[row + 2]!).toBeLessThanOrEqual(e.end[i]!);
      }
    }),
    { numRuns: 300 },
  );
  checkGuards();
});

function typeOf(value: unknown): number {
  if (value instanceof Digits) return /[.eE]/.test(value.source) ? TYPE.number : TYPE.integer;
  if (Array.isArray(value)) return TYPE.array;
  if (value === null) return TYPE.null;
  if (typeof value === 'boolean') return value ? TYPE.true : TYPE.false;
  return typeof value === 'string' ? TYPE.string : TYPE.object;
}

test('a table that is used again holds nothing of before', () => {
  const paths = compilePaths([['a'], ['b']]);
  const into = new Uint32Array(4 * ROW * paths.count).fill(0xffff_ffff);
  const large = `{"a":"${'x'.repeat(5 << 20)}"}`;
  for (const texts of [
    ['{"a":1,"b":2}', '{"b":3}'],
    ['{}', large],
    [large, '{"a":1}'],
  ]) {
    const fresh = locate(k, eventsOf(texts), paths);
    const again = locate(k, eventsOf(texts), paths, into);
    expect(again).toBe(into);
    expect(again.subarray(0, fresh.length)).toEqual(fresh);
  }
  expect(locate(k, eventsOf(['{}', '{}']), paths, new Uint32Array(3))).toHaveLength(2 * ROW * paths.count);
});
