// Objects that stood in an earlier event of the batch are not walked through again: a batch gives what its events give one by one.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { damaged, eventsOf, guardedKernel, textsOf, unpackDefaults } from './arbitrary.ts';
import { check, EXCEPTION_ROW, UNKNOWN_ROW } from './check.ts';
import { ROOT_HASH } from './hash.ts';
import { knownPaths } from './known-paths.ts';
import { locate, ROW } from './locate.ts';
import { MAX_DEPTH } from './memory.ts';
import { compilePaths } from './paths.ts';
import { ERR, EXPECT, TYPE } from './types.ts';
import { unpack } from './unpack.ts';

const { k, checkGuards } = guardedKernel();

// Few of each, so that the same stand in many events; some are longer than what is kept.
const scalar = fc.constantFrom(
  '1',
  '"x"',
  'null',
  '"a text of more than sixteen bytes"',
  `"${'y'.repeat(2050)}"`,
  '[{}]',
);
const key = fc.constantFrom('a', 'b', 'o', 'a.b', '\\u0061');
const { object } = fc.letrec<{ object: string; value: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, { weight: 3, arbitrary: scalar }, { weight: 2, arbitrary: tie('object') }),
  object: fc
    .array(fc.tuple(key, tie('value')), { maxLength: 3 })
    .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
}));
const batches = fc
  .tuple(
    fc.array(object, { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(key, fc.nat(2), key, fc.nat(2)), { minLength: 2, maxLength: 8 }),
  )
  .map(([objects, events]) =>
    events.map(
      ([one, i, other, j]) => `{"${one}":${objects[i % objects.length]},"${other}":${objects[j % objects.length]}}`,
    ),
  );

const OPTIONS = { ...unpackDefaults, protect: [], depth: 2, maxFields: 8 };

test('unpack', () => {
  const run = (texts: readonly (string | Uint8Array)[]): string[] => {
    const done = unpack(k, eventsOf(texts), OPTIONS);
    return textsOf(done).map((text, i) => `${done.status[i]} ${text}`);
  };
  fc.assert(
    fc.property(batches, batches, (outer, inner) => {
      const texts = outer.map((text, i) => `${text.slice(0, -1)},"log":${JSON.stringify(inner[i % inner.length])}}`);
      expect(run(texts)).toEqual(texts.flatMap((text) => run([text])));
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(
      batches.chain((texts) => fc.tuple(...texts.map((text) => damaged(fc.constant(text))))),
      (texts) => {
        expect(run(texts)).toEqual(texts.flatMap((text) => run([text])));
      },
    ),
    { numRuns: 100 },
  );
  checkGuards();
});

test('check', () => {
  const declared = [['a'], ['o', 'a'], ['o', 'o', 'b'], ['b', 'o']];
  const paths = compilePaths(declared);
  const run = (texts: readonly string[], expects: readonly number[], known: readonly string[][]): string[] => {
    const e = eventsOf(texts, 3);
    const table = knownPaths();
    table.addBelow(Number(ROOT_HASH & 0xffff_ffffn), Number(ROOT_HASH >> 32n), known);
    const found = check(k, e, paths, Uint8Array.from(expects), true, { watched: Uint32Array.of(1, 2), known: table });
    const rows = (from: Uint32Array, size: number, positions: readonly number[]): string[] =>
      Array.from({ length: from.length / size }, (_, row) => {
        const columns = [...from.subarray(row * size, (row + 1) * size)];
        const i = columns[0]!;
        // Positions within the event; a row that only says that a path is there has none.
        const isThere = size === EXCEPTION_ROW && columns[5] === TYPE.present;
        for (const column of positions) columns[column] = isThere ? 0 : columns[column]! - e.start[i]!;
        return `${texts[i]} ${columns.slice(1).join(' ')}`;
      });
    return [...rows(found.exceptions, EXCEPTION_ROW, [2, 3, 4]), '', ...rows(found.unknown, UNKNOWN_ROW, [1, 2, 3])];
  };
  const expects = fc.tuple(
    ...declared.map(() => fc.constantFrom(EXPECT.any, EXPECT.string, EXPECT.always, EXPECT.object)),
  );
  const known = fc.subarray([
    ['b', 'a'],
    ['a', 'a'],
    ['o', 'b'],
    ['o', 'a', 'b'],
    ['b', 'b'],
  ]);
  fc.assert(
    fc.property(batches, expects, known, fc.array(fc.option(fc.nat(40), { freq: 3 })), (whole, chosen, names, cuts) => {
      // Some are cut off, and must not make others be read wrongly.
      const texts = whole.map((text, i) => (cuts[i] == null ? text : text.slice(0, cuts[i] + 1)));
      const single = texts.map((text) => run([text], chosen, names));
      const [exceptions, unknown] = [0, 1].map((half) =>
        single.flatMap((rows) => (half === 0 ? rows.slice(0, rows.indexOf('')) : rows.slice(rows.indexOf('') + 1))),
      );
      expect(run(texts, chosen, names)).toEqual([...exceptions!, '', ...unknown!]);
    }),
    { numRuns: 500 },
  );
  checkGuards();
});

test('locate', () => {
  const paths = compilePaths([['a'], ['o', 'a'], ['b', 'o', 'a'], ['x']]);
  const run = (texts: readonly (string | Uint8Array)[]): number[][] => {
    const e = eventsOf(texts, 3);
    const table = locate(k, e, paths);
    const perEvent = ROW * paths.count;
    return texts.map((_, i) =>
      // Positions within the event; what is missing has none.
      [...table.subarray(i * perEvent, (i + 1) * perEvent)].map((value, at, row) =>
        at % ROW === 3 || row[at - (at % ROW) + 3] === 0 ? value : value - e.start[i]!,
      ),
    );
  };
  const member = fc.constantFrom('', ',"x":1');
  fc.assert(
    fc.property(
      batches,
      fc.array(fc.tuple(fc.nat(7), member, fc.option(fc.nat(40))), { minLength: 20, maxLength: 40 }),
      (texts, drawn) => {
        // Enough of them that keys are learned; some are cut off, and must not make others be read wrongly.
        const events = drawn.map(([i, more, cut]) => {
          const whole = `${texts[i % texts.length]!.slice(0, -1)}${more}}`;
          return cut === null ? whole : whole.slice(0, cut + 1);
        });
        expect(run(events)).toEqual(events.flatMap((event) => run([event])));
      },
    ),
    { numRuns: 300 },
  );
  checkGuards();
});

test('an object that repeats is looked into when something watched may stand in it', () => {
  const e = eventsOf(['{"o":{"a":"x"},"t":1}', '{"o":{"a":"x"},"t":1}'], 0);
  const paths = compilePaths([['o', 'a'], ['t']]);
  const { exceptions } = check(k, e, paths, Uint8Array.of(EXPECT.string, EXPECT.always), true, {
    watched: Uint32Array.of(0),
  });
  const rows = Array.from({ length: exceptions.length / EXCEPTION_ROW }, (_, row) => {
    const [i, path, , , , type] = exceptions.subarray(row * EXCEPTION_ROW);
    return [i, path, type];
  });
  expect(rows).toEqual([
    [0, 1, TYPE.integer],
    [0, 0, TYPE.present],
    [1, 1, TYPE.integer],
    [1, 0, TYPE.present],
  ]);
});

test('the same object under the same key elsewhere makes other fields', () => {
  const e = eventsOf(['{"x":{"k":{"a":1}}}', '{"y":{"k":{"a":1}}}', '{"x":{"k":{"a":1}}}', '{"y":{"k":{"a":1}}}'], 0);
  const known = knownPaths();
  known.addBelow(Number(ROOT_HASH & 0xffff_ffffn), Number(ROOT_HASH >> 32n), [['x', 'k', 'a']]);
  const { unknown } = check(k, e, compilePaths([['z']]), Uint8Array.of(EXPECT.any), true, { known });
  expect(Array.from({ length: unknown.length / UNKNOWN_ROW }, (_, row) => unknown[row * UNKNOWN_ROW])).toEqual([1, 3]);
});

test('the same object deeper down may be nested too deep', () => {
  const deep = `{"v":${'['.repeat(MAX_DEPTH - 2)}${']'.repeat(MAX_DEPTH - 2)}}`;
  const texts = [`{"k":${deep},"log":"{}"}`, `{"k":${deep},"log":"{}"}`, `{"w":{"k":${deep}},"log":"{}"}`];
  expect([...unpack(k, eventsOf(texts), OPTIONS).status]).toEqual([1, 1, 1 + ERR.tooDeep]);
});
