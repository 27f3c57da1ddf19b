import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { arrivalsOf, type TestEvent } from './arrivals.fixture.ts';
import { openStore, type Store } from './store.ts';

let folder: string;
let store: Store;
const open = () =>
  openStore({ path: join(folder, 'store.duckdb'), fields: [], memoryLimit: 128 * 1024 ** 2, threads: 1 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tailrace-store-'));
  store = await open();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function stored(): Promise<unknown[]> {
  const sql = 'SELECT id, _offset, _sub FROM logs JOIN streams ON number = _stream ORDER BY ALL';
  return [...(await store.read(sql, { rows: 100_000, milliseconds: 30_000 })).rows];
}

test('what comes again is skipped, also after a restart', async () => {
  const events: TestEvent[] = [
    { offset: 0, end: 10 },
    { offset: 10, end: 20 },
    { offset: 10, end: 20, sub: 1 },
    { stream: 'another-stream--', offset: 0, end: 7 },
  ];
  expect(await store.append(arrivalsOf(events))).toMatchObject({ stored: 4, duplicates: 0 });
  expect(await store.append(arrivalsOf(events))).toMatchObject({ stored: 0, duplicates: 4 });
  await store.close();
  store = await open();
  expect(await store.append(arrivalsOf([...events, { offset: 20, end: 30 }]))).toMatchObject({
    stored: 1,
    duplicates: 4,
  });
  expect(await stored()).toHaveLength(5);
});

test('one event of a body twice is stored once', async () => {
  expect(await store.append(arrivalsOf([{ offset: 3 }, { offset: 3 }]))).toMatchObject({ stored: 1, duplicates: 1 });
});

test('lines that stand between the parts of a merged one are stored, before and after it', async () => {
  // Parts of a line of stdout at 0 and 200, a whole line of stderr at 100, another at 300.
  const merged: TestEvent = { offset: 0, end: 300, merged: true };
  const between: TestEvent = { offset: 100, end: 200 };
  await store.append(arrivalsOf([merged]));
  expect(await store.append(arrivalsOf([between, merged]))).toMatchObject({ stored: 1, duplicates: 1 });
  expect(await store.append(arrivalsOf([{ offset: 300, end: 400 }, between]))).toMatchObject({
    stored: 1,
    duplicates: 1,
  });
});

test('an old event that was refused before comes into its gap', async () => {
  await store.append(
    arrivalsOf([
      { offset: 0, end: 10 },
      { offset: 20, end: 30 },
    ]),
  );
  await store.close();
  store = await open();
  expect(await store.append(arrivalsOf([{ offset: 10, end: 20 }]))).toMatchObject({ stored: 1, duplicates: 0 });
  const held = await store.read('SELECT "from", "to" FROM held ORDER BY 1', { rows: 10, milliseconds: 10_000 });
  expect(held.rows).toEqual([
    [0, 20],
    [20, 30],
  ]);
});

test('a run over many bodies is one row', async () => {
  for (let i = 0; i < 20; i++) await store.append(arrivalsOf([{ offset: i * 10, end: i * 10 + 10 }]));
  const held = await store.read('SELECT "from", "to" FROM held', { rows: 10, milliseconds: 10_000 });
  expect(held.rows).toEqual([[0, 200]]);
});

test('after a restart only what is behind the first offset is read, and the rest when an older event comes', async () => {
  const every = Array.from({ length: 50 }, (_, i) => ({ offset: i * 10, end: i * 10 + 5 }));
  await store.append(arrivalsOf(every));
  await store.close();
  store = await open();
  const late = every.slice(40);
  expect(await store.append(arrivalsOf([...late, { offset: 500 }]))).toMatchObject({ stored: 1, duplicates: 10 });
  expect(await store.append(arrivalsOf(every))).toMatchObject({ stored: 0, duplicates: 50 });
  expect(await store.append(arrivalsOf([{ offset: 5, end: 10 }, { offset: 501 }]))).toMatchObject({ stored: 2 });
  const { rows } = await store.read('SELECT count(*), max("to") FROM held', { rows: 1, milliseconds: 10_000 });
  expect(rows).toEqual([[51, 502]]);
});

/** A stream of lines, some of which are parts of one event that others stand between. */
interface TestStream {
  readonly id: string;
  readonly events: readonly TestEvent[];
}

const streams: fc.Arbitrary<TestStream[]> = fc
  .array(fc.array(fc.record({ length: fc.integer({ min: 1, max: 50 }), kind: fc.nat(9) }), { maxLength: 12 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) =>
    all.map((lines, k) => {
      const id = `stream-number-${k}-`;
      let at = 0;
      const events = lines.flatMap(({ length, kind }, i): TestEvent[] => {
        const offset = at;
        at += length;
        if (kind === 0) return []; // filtered out
        if (kind === 1) return [1, 2, 3].map((sub) => ({ stream: id, offset, end: at, sub })); // split
        const next = lines[i + 1]?.length ?? 0;
        if (kind === 2) return [{ stream: id, offset, end: at + next + 1, merged: true }];
        return [{ stream: id, offset, end: at }];
      });
      return { id, events };
    }),
  );

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('send' as const), picks: fc.array(fc.nat(), { maxLength: 25 }) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('run' as const), from: fc.nat(), count: fc.nat(15) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  ),
  { minLength: 1, maxLength: 8 },
);

test('it agrees with a plain set of positions', async () => {
  await fc.assert(
    fc.asyncProperty(streams, steps, async (made, path) => {
      await store.change(async (connection) => {
        for (const table of ['logs', 'held', 'streams']) await connection.run(`DELETE FROM ${table}`);
      });
      const all = made.flatMap(({ events }) => events);
      const naive = new Set<string>();
      for (const step of path) {
        if (step.kind === 'reopen') {
          await store.close();
          store = await open();
          continue;
        }
        const chosen =
          step.kind === 'run'
            ? all.slice(step.from % (all.length + 1)).slice(0, step.count)
            : step.picks.flatMap((pick) => all[pick % Math.max(1, all.length)] ?? []);
        const before = naive.size;
        for (const { stream, offset, sub = 0 } of chosen) naive.add(JSON.stringify([stream, offset, sub]));
        const { stored, duplicates } = await store.append(arrivalsOf(chosen));
        expect({ stored, duplicates }).toEqual({
          stored: naive.size - before,
          duplicates: chosen.length - (naive.size - before),
        });
      }
      expect(await stored()).toEqual(
        [...naive]
          .map((text) => JSON.parse(text) as [string, number, number])
          .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1] || a[2] - b[2])),
      );
    }),
    { numRuns: 40 },
  );
});
