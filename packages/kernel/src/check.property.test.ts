import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damaged, eventsOf, guardedKernel, objectText } from './arbitrary.ts';
import { check, EXCEPTION_ROW, UNKNOWN_ROW } from './check.ts';
import { checkTwin, type Declared } from './check.twin.ts';
import type { Events } from './events.ts';
import { compilePaths } from './paths.ts';
import { parseTree } from './tree.ts';
import { EXPECT } from './types.ts';

const { k, checkGuards } = guardedKernel();

const rowsOf = (table: Uint32Array, size: number): number[][] =>
  Array.from({ length: table.length / size }, (_, row) => [...table.subarray(row * size, (row + 1) * size)]);

const run = (e: Events, declared: Declared, wantUnknown = true): ReturnType<typeof check> => {
  const expects = Uint8Array.from(declared, ([, expected]) => expected);
  return check(k, e, compilePaths(declared.map(([path]) => path)), expects, wantUnknown);
};

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'é', 'a.b', '', 'fields', 'x');
const declaration = fc.uniqueArray(fc.tuple(fc.array(key, { minLength: 1, maxLength: 3 }), fc.nat(9)), {
  maxLength: 8,
  selector: ([path]) => JSON.stringify(path),
});

test('finds what a walk over the parsed tree finds', () => {
  fc.assert(
    fc.property(
      fc.array(objectText, { minLength: 1, maxLength: 12 }),
      declaration,
      fc.nat(5),
      (texts, declared, gap) => {
        const e = eventsOf(texts, gap);
        const { exceptions, unknown, unchecked } = run(e, declared);
        const place = (i: number, ...positions: (number | undefined)[]): string =>
          positions.map((at) => at! - e.start[i]!).join(' ');
        const trees = texts.map((text) => checkTwin(parseTree(Buffer.from(text).toString('latin1')), declared));
        expect(
          rowsOf(exceptions, EXCEPTION_ROW).map(
            ([i, path, from, at, end]) => `${i} ${path} ${place(i!, from, at, end)}`,
          ),
        ).toEqual(trees.flatMap((tree, i) => tree.exceptions.map((row) => `${i} ${row}`)));
        expect(rowsOf(unknown, UNKNOWN_ROW).map(([i, from, at, end]) => `${i} ${place(i!, from, at, end)}`)).toEqual(
          trees.flatMap((tree, i) => tree.unknown.map((row) => `${i} ${row}`)),
        );
        expect(unchecked).toEqual([]);
        expect(run(e, declared, false).exceptions).toEqual(exceptions);
      },
    ),
    { numRuns: 300 },
  );
  checkGuards();
});

test('keys of any length that begin alike are told apart, in whatever order they came before', () => {
  const longKey = fc.integer({ min: 1, max: 40 }).map((length) => 'k'.repeat(length));
  const event = fc
    .uniqueArray(longKey, { maxLength: 12 })
    .map((keys) => JSON.stringify(Object.fromEntries(keys.map((key) => [key, key.length]))));
  const declared: Declared = [15, 16, 17, 30, 31, 32].map((length) => [['k'.repeat(length)], EXPECT.always]);
  fc.assert(
    fc.property(fc.array(event, { minLength: 2, maxLength: 20 }), (texts) => {
      const e = eventsOf(texts, 1);
      const { exceptions, unknown } = run(e, declared);
      const found = (table: Uint32Array, size: number, first: number) =>
        rowsOf(table, size).map(
          (row) => `${row[0]} ${Buffer.from(e.text.subarray(row[first], row[first + 2])).toString()}`,
        );
      const wanted = (isDeclared: boolean) =>
        texts.flatMap((text, i) =>
          Object.keys(JSON.parse(text) as object)
            .filter((key) => declared.some(([[name]]) => name === key) === isDeclared)
            .map((key) => `${i} "${key}":${key.length}`),
        );
      expect(found(exceptions, EXCEPTION_ROW, 2)).toEqual(wanted(true));
      expect(found(unknown, UNKNOWN_ROW, 1)).toEqual(wanted(false));
    }),
    { numRuns: 200 },
  );
  checkGuards();
});

test('damaged events trap nothing', () => {
  fc.assert(
    fc.property(fc.array(damaged(objectText), { minLength: 1, maxLength: 6 }), declaration, (texts, declared) => {
      const e = eventsOf(texts, 1);
      const { unknown } = run(e, declared);
      for (const [i, from, at, end] of rowsOf(unknown, UNKNOWN_ROW)) {
        expect([e.start[i!]! <= from!, from! < at!, at! <= end!, end! <= e.end[i!]!]).toEqual([true, true, true, true]);
      }
    }),
    { numRuns: 300 },
  );
  checkGuards();
});
