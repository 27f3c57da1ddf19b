import { expect, test } from 'vitest';
import { eventsOf, guardedKernel } from './arbitrary.ts';
import { type Checked, check, EXCEPTION_ROW, UNKNOWN_ROW } from './check.ts';
import type { Declared } from './check.twin.ts';
import { ROOT_HASH } from './hash.ts';
import { knownPaths } from './known-paths.ts';
import { compilePaths } from './paths.ts';
import { EXPECT, TYPE, TYPE_MASK, UNKNOWN } from './types.ts';

const { k, checkGuards } = guardedKernel();

function run(
  texts: readonly (string | Uint8Array)[],
  declared: Declared,
  wantUnknown = true,
  gap = 0,
): Checked & { e: ReturnType<typeof eventsOf> } {
  const e = eventsOf(texts, gap);
  const expects = Uint8Array.from(declared, ([, expected]) => expected);
  return { e, ...check(k, e, compilePaths(declared.map(([path]) => path)), expects, wantUnknown) };
}

const rowsOf = (table: Uint32Array, size: number): number[][] =>
  Array.from({ length: table.length / size }, (_, row) => [...table.subarray(row * size, (row + 1) * size)]);

/** Exceptions as "event path key: value type", unknown members as "event key: value type flags". */
function found(texts: readonly string[], declared: Declared, gap = 0): { exceptions: string[]; unknown: string[] } {
  const { e, exceptions, unknown } = run(texts, declared, true, gap);
  const slice = (from: number, to: number): string => Buffer.from(e.text.subarray(from, to)).toString();
  const member = (key: number, at: number, end: number): string =>
    `${slice(key, at).replace(/\s*:\s*$/, '')}: ${slice(at, end)}`;
  return {
    exceptions: rowsOf(exceptions, EXCEPTION_ROW).map(
      ([i, path, key, at, end, type]) => `${i} ${path} ${member(key!, at!, end!)} ${type! & TYPE_MASK}`,
    ),
    unknown: rowsOf(unknown, UNKNOWN_ROW).map(
      ([i, key, at, end, type, , , flags]) => `${i} ${member(key!, at!, end!)} ${type! & TYPE_MASK} ${flags}`,
    ),
  };
}

/** Whether a value alone fits what is expected. */
const fits = (value: string, expected: number): boolean =>
  run([`{"v":${value}}`], [[['v'], expected]]).exceptions.length === 0;

const samples = [
  '"x"',
  '"1"',
  '1',
  '-1',
  '1.5',
  '1e3',
  'true',
  'false',
  'null',
  '{}',
  '{"a":1}',
  '[]',
  '["x"]',
  '[1,[2]]',
  '[true,null]',
  '[null,{"a":1}]',
  '[{},[]]',
  '"2024-02-29"',
];
test.each([
  ['any', samples],
  ['string', ['"x"', '"1"', 'null', '[]', '["x"]', '"2024-02-29"']],
  ['integer', ['1', '-1', 'null', '[]', '[1,[2]]']],
  ['number', ['1', '-1', '1.5', '1e3', 'null', '[]', '[1,[2]]']],
  ['boolean', ['true', 'false', 'null', '[]', '[true,null]']],
  ['object', ['null', '{}', '{"a":1}']],
  ['date', ['1', '-1', 'null', '[]', '[1,[2]]', '"2024-02-29"']],
  ['stringAlways', ['null']],
  ['always', []],
  ['opaque', ['null', '{}', '{"a":1}', '[]', '[null,{"a":1}]']],
  ['aliased', ['"x"', '"1"', 'null', '"2024-02-29"']],
  ['dateText', ['null', '"2024-02-29"']],
] as const)('%s', (name, fitting) => {
  expect(samples.filter((value) => fits(value, EXPECT[name]))).toEqual(fitting);
});

test('an aliased text is reported with the path of its alias, any other value with its own', () => {
  const e = eventsOf(
    ['{"v":"old"}', '{"v":"new"}', '{"v":7}', '{"v":"o\\u006cd"}', '{"v":["old"]}', '{"v":"\\u006cd"}'],
    0,
  );
  const { exceptions } = check(k, e, compilePaths([['v'], ['v', 'old']]), Uint8Array.of(EXPECT.aliased, 0), true);
  const pairs = Array.from({ length: exceptions.length / EXCEPTION_ROW }, (_, row) => [
    ...exceptions.subarray(row * EXCEPTION_ROW, row * EXCEPTION_ROW + 2),
  ]);
  // The second needs nothing, and neither does a text with escapes that is another one; what is in an array is for the caller to look at.
  expect(pairs).toEqual([
    [0, 1],
    [2, 0],
    [3, 1],
    [4, 0],
  ]);
});

test('an event with a path that is always reported says which watched paths it has', () => {
  const texts = ['{"o":{"a":1,"b":2}}', '{"o":{"b":2,"\\u0063":{}}}', '{"o":{"b":2}}', '{"o":{"c":3}}', '{"b":2}'];
  const e = eventsOf(texts, 0);
  const paths = compilePaths([
    ['o', 'a'],
    ['o', 'b'],
    ['o', 'c'],
  ]);
  const expects = Uint8Array.of(EXPECT.any, EXPECT.always, EXPECT.opaque);
  const { exceptions } = check(k, e, paths, expects, true, { watched: Uint32Array.of(0, 2) });
  const rows = rowsOf(exceptions, EXCEPTION_ROW).map(([i, path, , , , type]) => [i, path, type]);
  expect(rows).toEqual([
    [0, 1, TYPE.integer],
    [0, 0, TYPE.present],
    [1, 1, TYPE.integer],
    [1, 2, TYPE.present],
    [2, 1, TYPE.integer],
    [3, 2, TYPE.integer],
  ]);
});

test('undeclared members that are known get no row, unless something is wrong with them', () => {
  const texts = [
    '{"a":1,"b":{"c":[1]}}',
    '{"b":{"c":"x","d":2},"a.b":3}',
    '{"b":{"c":[{},2,[]]}}',
    '{"b":{"c":[{"d":1}]}}',
  ];
  const e = eventsOf(texts, 0);
  const none = compilePaths([['x']]);
  const first = check(k, e, none, Uint8Array.of(EXPECT.any), true).unknown;
  expect(first.length / UNKNOWN_ROW).toBe(7);
  const known = knownPaths();
  // Those of the first event, and the key with a dot.
  for (const row of [0, 1, 4]) known.add(first[row * UNKNOWN_ROW + 5]!, first[row * UNKNOWN_ROW + 6]!);
  const { unknown } = check(k, e, none, Uint8Array.of(EXPECT.any), true, { known });
  const left = Array.from({ length: unknown.length / UNKNOWN_ROW }, (_, row) => {
    const [i, from, , end] = unknown.subarray(row * UNKNOWN_ROW, (row + 1) * UNKNOWN_ROW);
    return texts[i!]!.slice(from! - e.start[i!]!, end! - e.start[i!]!);
  });
  expect(left).toEqual(['"d":2', '"a.b":3', '"c":[{"d":1}]']);
});

test('an array of objects gets no row once all the fields are known that it makes, wherever in it they stand', () => {
  const none = compilePaths([['x']]);
  const reported = (known: readonly (readonly string[])[], value: string): boolean => {
    const e = eventsOf([`{"b":{"c":${value}}}`], 0);
    const paths = knownPaths();
    paths.addBelow(Number(ROOT_HASH & 0xffff_ffffn), Number(ROOT_HASH >> 32n), known);
    return check(k, e, none, Uint8Array.of(EXPECT.any), true, { known: paths }).unknown.length > 0;
  };
  const c = ['b', 'c'];
  const d = [...c, 'd'];
  const e = [...d, 'é'];
  expect(reported([d], '[{"d":1},{"d":[2,[3]]},{}]')).toBe(true);
  expect(reported([c, d], '[{"d":1},{"d":[2,[3]]},{}]')).toBe(false);
  expect(reported([d], '[ [{ "\\u0064" : "]{" }] , {"d":{}} ]')).toBe(false);
  expect(reported([d], '[{"d":{"é":1}}]')).toBe(true);
  expect(reported([e], '[{"d":{"é":1}},{"d":[{"\\u00e9":null}]}]')).toBe(false);
  // What comes behind an inner container is a field of the outer one again.
  expect(reported([e, [...c, 'f']], '[{"d":{"é":1},"f":2},{"d":[{"é":2}],"f":3}]')).toBe(false);
  expect(reported([e, [...d, 'f']], '[{"d":{"é":1},"f":2}]')).toBe(true);
  expect(reported([c], '[[],[{}],[[]]]')).toBe(false);
  expect(reported([[...c, '']], '[{"":1}]')).toBe(true);
  expect(reported([[...c, 'a.b']], '[{"a.b":1}]')).toBe(true);
});

test('integers end where int64 ends, numbers where a double does', () => {
  const integers = [
    '9223372036854775807',
    '-9223372036854775808',
    '0',
    '-0',
    '9223372036854775808',
    '-9223372036854775809',
    '99999999999999999999',
    '10000000000000000000',
  ];
  expect(integers.map((value) => fits(value, EXPECT.integer))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  const numbers = ['1e300', '-12.5E-400', '9'.repeat(308), '1e309', '1e999999999', '9'.repeat(310), '123e306'];
  expect(numbers.map((value) => fits(value, EXPECT.number))).toEqual([true, true, true, false, false, false, false]);
});

test('dates are those of strict_date_optional_time, on days that exist', () => {
  const good = [
    '2024',
    '2024-02',
    '2024-02-29',
    '2024-01-01T23',
    '2024-01-01T00:00',
    '2024-12-31T23:59:59',
    '2024-01-01T00:00:00.1',
    '2024-01-01T00:00:00.123456789Z',
    '2024-12-31T23:59:59Z',
    '2024-01-28T00:00:00.1Z',
    '2024-01-01T00:00:00+02',
    '2024-01-01T00:00-0230',
    '2024-01-01T00:00:00.5+18:00',
    '2000-02-29',
    '2024-01-01T10Z',
  ];
  const bad = [
    '',
    '24',
    '2024-',
    '2024-1-1',
    '2024-13',
    '2024-00',
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '2024-01-00',
    '2024-01-01T',
    '2024-01-01T24',
    '2024-01-01T00:60',
    '2024-01-01T00:00:60',
    '2024-01-01T00:00:00.',
    '2024-01-01T00:00:00.1234567890',
    '2024-01-01Z',
    '2024-01-01T00:00:00+19:00',
    '2024-01-01T00:00:00+18:01',
    '2024-01-01T00:00:00+2',
    '2024-01-01 00:00:00',
    '2024-01-01T00:00:00z',
    '20240101',
    '2024-01-01T00:00:00Zx',
    '1700000000000',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00.1234567890Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:60.5Z',
    '2024-01-01T00:00:00,5Z',
    '2024-01-01T00:00:00.5z',
    '2024-01-01T00:00:00.5x',
    '2024-01-01T00:00-00Z',
    '2024-01-01T00-00:00Z',
    '2024-01-01 00:00:00Z',
    '2024/01-01T00:00:00Z',
    '2024-01/01T00:00:00Z',
    '2024-01-01T00:00:0xZ',
    '202x-01-01T00:00:00Z',
    '2024-01-01T00:00:00.1x3Z',
  ];
  expect(good.filter((value) => !fits(JSON.stringify(value), EXPECT.date))).toEqual([]);
  expect(bad.filter((value) => fits(JSON.stringify(value), EXPECT.date))).toEqual([]);
});

test('gives only what needs attention, with the place of each', () => {
  const declared: Declared = [
    [['level'], EXPECT.string],
    [['fields', 'port'], EXPECT.integer],
    [['fields', 'labels'], EXPECT.opaque],
    [['meta'], EXPECT.object],
    [['old'], EXPECT.always],
  ];
  const text =
    '{"level":"INFO","fields":{"port":"8080","labels":{"a.b":[1]},"new":1.5},"meta":{"x":{"y":null,"z":{}},"list":[{"a.b":1}],"a.b":{"c":2}},"old":null,"":true}';
  expect(found(['{"level":"x"}', text], declared, 7)).toEqual({
    exceptions: [`1 1 "port": "8080" ${TYPE.string}`, `1 4 "old": null ${TYPE.null}`],
    unknown: [
      `1 "new": 1.5 ${TYPE.number} 0`,
      `1 "y": null ${TYPE.null} 0`,
      `1 "z": {} ${TYPE.object} 0`,
      `1 "list": [{"a.b":1}] ${TYPE.array} ${UNKNOWN.objects | UNKNOWN.unsafeInside}`,
      `1 "a.b": {"c":2} ${TYPE.object} ${UNKNOWN.dot | UNKNOWN.inner}`,
      `1 "c": 2 ${TYPE.integer} 0`,
      `1 "": true ${TYPE.true} ${UNKNOWN.blank}`,
    ],
  });
});

test('a value where declared paths need an object is reported', () => {
  const declared: Declared = [[['fields', 'port'], EXPECT.integer]];
  expect(found(['{"fields":"text"}', '{"fields":null}', '{"fields":[{"port":1}]}'], declared).unknown).toEqual([
    `0 "fields": "text" ${TYPE.string} ${UNKNOWN.misplaced}`,
    `2 "fields": [{"port":1}] ${TYPE.array} ${UNKNOWN.misplaced | UNKNOWN.objects}`,
  ]);
});

test('the hash stands for the whole decoded path', () => {
  const same = [
    ['{"a":{"b":1}}', '{"\\u0061":{"\\u0062":2}}'],
    ['{"é":1}', '{"\\u00e9":1}'],
  ];
  const others = ['{"b":{"a":1}}', '{"c":{"b":1}}', '{"b":1}', '{"a.b":1}', '{"a":{"b":{"c":1}}}', '{"a":{"c":0}}'];
  const hashOf = (text: string, declared: Declared): string => {
    const [row] = rowsOf(run([text], declared).unknown, UNKNOWN_ROW);
    return `${row![5]} ${row![6]}`;
  };
  // Below a declared object the hash is the same as below an undeclared one.
  const below: Declared = ['a', 'b', 'c'].map((key) => [[key], EXPECT.object]);
  const seen = new Set<string>();
  for (const [plain, escaped] of [...same, ...others.map((text) => [text, text])]) {
    const hash = hashOf(plain!, []);
    expect(hashOf(escaped!, [])).toBe(hash);
    if (!plain!.startsWith('{"b":1')) expect(hashOf(escaped!, below)).toBe(hash);
    seen.add(hash);
  }
  expect(seen.size).toBe(8);
});

test('events that cannot be checked are named, and have no rows', () => {
  const texts = ['{"a":1}', '{"a":1', `{"a":"${'x'.repeat(4 << 20)}"}`, '[1]', '{"a":2}'];
  const { exceptions, unchecked } = run(texts, [[['a'], EXPECT.string]]);
  expect([...unchecked]).toEqual([1, 2, 3]);
  expect(rowsOf(exceptions, EXCEPTION_ROW).map(([i]) => i)).toEqual([0, 4]);
  const many = `{"x":0${',"":0'.repeat(700_000)}}`;
  expect([...run(['{"b":1}', many, '{"b":2}'], []).unchecked]).toEqual([1]);
  checkGuards();
});

test('an object of an event with too many rows is looked at again', () => {
  const many = `{"x":0${',"a":1'.repeat(600_000)},"o":{"q":1}}`;
  const { unknown, unchecked } = run([many, '{"o":{"q":1}}'], []);
  expect([unchecked, rowsOf(unknown, UNKNOWN_ROW).map(([i]) => i)]).toEqual([[0], [1]]);
});

test('more rows than the regions hold come in several runs', () => {
  const texts = Array.from(
    { length: 50_000 },
    (_, i) => `{"n":"${i}"${Array.from({ length: 16 }, (_, j) => `,"k${j}":${i}`).join('')}}`,
  );
  const { exceptions, unknown, unchecked } = run(texts, [[['n'], EXPECT.integer]]);
  expect([exceptions.length / EXCEPTION_ROW, unknown.length / UNKNOWN_ROW, unchecked.length]).toEqual([
    50_000, 800_000, 0,
  ]);
  expect(unknown[unknown.length - UNKNOWN_ROW]).toBe(49_999);
  expect(() => check(k, eventsOf([]), compilePaths([['a']]), new Uint8Array(0), true)).toThrow(
    '1 paths have only 0 expected types: give one for each',
  );
  checkGuards();
});
