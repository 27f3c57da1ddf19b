import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damaged, eventsOf, guardedKernel, objectText } from './arbitrary.ts';
import { type Checked, check, EXCEPTION_ROW, UNKNOWN_ROW } from './check.ts';
import { compilePaths } from './paths.ts';
import { parseTree, type Tree } from './tree.ts';
import { EXPECT, TYPE, TYPE_MASK, UNKNOWN } from './types.ts';

type Declared = readonly (readonly [path: readonly string[], expected: number])[];

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
  ['opaque', ['null', '{}', '{"a":1}']],
] as const)('%s', (name, fitting) => {
  expect(samples.filter((value) => fits(value, EXPECT[name]))).toEqual(fitting);
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
  const texts = [
    '{"a":{"b":1}}',
    '{"\\u0061":{"\\u0062":2}}',
    '{"b":{"a":1}}',
    '{"a.b":1}',
    '{"a":{"b":{"c":1}}}',
    '{"a":{"c":0}}',
    '{"é":1}',
    '{"\\u00e9":1}',
  ];
  const hashes = (declared: Declared): string[] =>
    rowsOf(run(texts, declared).unknown, UNKNOWN_ROW).map((row) => `${row[5]} ${row[6]}`);
  const [first, second, ...others] = hashes([]);
  expect(second).toBe(first);
  expect(others[5]).toBe(others[4]);
  expect(new Set([first, ...others]).size).toBe(6);
  // Below a declared object the hash is the same as below an undeclared one.
  expect(
    hashes([
      [['a'], EXPECT.object],
      [['é', 'x'], EXPECT.any],
    ]),
  ).toEqual([first, second, ...others]);
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

/** The twin: rows of one event from its tree. */
function twin(tree: Tree, declared: Declared): { exceptions: string[]; unknown: string[] } {
  const exceptions: string[] = [];
  const unknown: string[] = [];
  const walk = (object: Tree, at: readonly string[], known: boolean): void => {
    for (const { keyAt, key, value } of object.members ?? []) {
      const path = [...at, JSON.parse(Buffer.from(key, 'latin1').toString()) as string];
      const under = known ? declared.filter(([steps]) => path.every((step, i) => steps[i] === step)) : [];
      const exact = declared.findIndex(
        ([steps]) => steps.length === path.length && under.some(([other]) => other === steps),
      );
      const place = `${keyAt} ${value.at} ${value.end}`;
      if (under.length > 0) {
        const expected = exact < 0 ? EXPECT.object : declared[exact]![1];
        const walked = expected === EXPECT.object || (expected === EXPECT.any && under.length > 1);
        if (value.members && walked) walk(value, path, true);
        else if (exact < 0 && value.plain !== 'null') unknown.push(place);
        else if (exact >= 0 && !accepts(value, expected)) exceptions.push(`${exact} ${place}`);
      } else if (value.members && value.members.length > 0) {
        if (path.at(-1)!.includes('.') || path.at(-1)!.trim() === '') unknown.push(place);
        walk(value, path, false);
      } else unknown.push(place);
    }
  };
  walk(tree, [], true);
  return { exceptions, unknown };
}

function accepts({ plain = '', members, items }: Tree, expected: number): boolean {
  if (expected === EXPECT.any) return true;
  if (plain === 'null') return expected !== EXPECT.always;
  if (members) return expected === EXPECT.opaque || expected === EXPECT.object;
  const scalar: readonly number[] = [EXPECT.string, EXPECT.integer, EXPECT.number, EXPECT.boolean, EXPECT.date];
  if (!scalar.includes(expected)) return false;
  if (items) return items.every((item) => accepts(item, expected));
  const integer = /^-?\d+$/.test(plain) && BigInt.asIntN(64, BigInt(plain)) === BigInt(plain);
  if (expected === EXPECT.string) return plain.startsWith('"');
  if (expected === EXPECT.integer) return integer;
  if (expected === EXPECT.number) return /^-?\d/.test(plain) && Math.abs(Number(plain)) < 1e308;
  if (expected === EXPECT.boolean) return plain === 'true' || plain === 'false';
  return integer || /^"\d{4}(-\d\d-\d\d)?"$/.test(plain);
}

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'é', 'a.b', '', 'fields', 'x');
const declaration = fc.uniqueArray(fc.tuple(fc.array(key, { minLength: 1, maxLength: 3 }), fc.nat(9)), {
  maxLength: 8,
  selector: ([path]) => JSON.stringify(path),
});

test('finds what a walk over the parsed tree finds', () => {
  fc.assert(
    fc.property(
      fc.array(objectText, { minLength: 1, maxLength: 4 }),
      declaration,
      fc.nat(5),
      (texts, declared, gap) => {
        const { e, exceptions, unknown, unchecked } = run(texts, declared, true, gap);
        const place = (i: number, ...positions: (number | undefined)[]): string =>
          positions.map((at) => at! - e.start[i]!).join(' ');
        const trees = texts.map((text) => twin(parseTree(Buffer.from(text).toString('latin1')), declared));
        expect(
          rowsOf(exceptions, EXCEPTION_ROW).map(
            ([i, path, from, at, end]) => `${i} ${path} ${place(i!, from, at, end)}`,
          ),
        ).toEqual(trees.flatMap((tree, i) => tree.exceptions.map((row) => `${i} ${row}`)));
        expect(rowsOf(unknown, UNKNOWN_ROW).map(([i, from, at, end]) => `${i} ${place(i!, from, at, end)}`)).toEqual(
          trees.flatMap((tree, i) => tree.unknown.map((row) => `${i} ${row}`)),
        );
        expect(unchecked).toEqual([]);
        expect(run(texts, declared, false, gap).exceptions).toEqual(exceptions);
      },
    ),
    { numRuns: 300 },
  );
  checkGuards();
});

test('damaged events trap nothing', () => {
  fc.assert(
    fc.property(fc.array(damaged(objectText), { minLength: 1, maxLength: 6 }), declaration, (texts, declared) => {
      const { e, unknown } = run(texts, declared, true, 1);
      for (const [i, from, at, end] of rowsOf(unknown, UNKNOWN_ROW)) {
        expect([e.start[i!]! <= from!, from! < at!, at! <= end!, end! <= e.end[i!]!]).toEqual([true, true, true, true]);
      }
    }),
    { numRuns: 300 },
  );
  checkGuards();
});
