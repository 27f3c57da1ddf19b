import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DASHBOARD, events, queries, TYPES, views } from '../log-query.fixture.ts';
import { answerTwin } from '../log-query.twin.ts';
import { DEFAULTS } from '../parameters.ts';
import type { AnswerRow } from '../view.ts';
import { type EventsDatabase, openEvents } from './duckdb.fixture.ts';
import { bigint, double, identifier, text } from './quote.ts';
import { readRows } from './rows.ts';
import { sqlOf } from './sql.ts';

let database: EventsDatabase;
beforeAll(async () => {
  database = await openEvents(TYPES);
});
afterAll(() => database.close());

test('answers what the query means, over any events', async () => {
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.array(fc.tuple(queries, views), { minLength: 4, maxLength: 4 }),
      async (some, asked) => {
        await database.fill(some);
        for (const [query, view] of asked) {
          const rows = await database.ask(sqlOf(query, DASHBOARD, DEFAULTS, view, 'events'));
          const expected = answerTwin(query, DASHBOARD, view, some);
          const answered = readRows(query, rows);
          expect(answered.map(placed)).toEqual(expected.map(placed));
          expect(answered.map(rounded)).toEqual(expected.map(rounded));
        }
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);

function placed({ groups, time }: AnswerRow) {
  return [groups, time];
}

function rounded({ columns }: AnswerRow) {
  return columns.map((value) => (value === null ? null : Math.round(value * 1e6) / 1e6 + 0));
}

test('texts and names reach DuckDB as they are', async () => {
  const unit = fc.oneof(
    fc.constantFrom("'", '"', '\\', '\0', '-', ';', '$', '\n', '%'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(unit).map((parts) => parts.join('')),
      async (value) => {
        expect(await database.ask(`SELECT ${text(value)}, length(${text(value)}) >= 0`)).toEqual([
          [value.toWellFormed(), true],
        ]);
      },
    ),
    { numRuns: 100 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(unit, { minLength: 1 })
        .map((parts) => parts.join('').replaceAll('\0', ''))
        .filter((name) => name !== ''),
      async (name) => {
        expect(await database.ask(`SELECT x.${identifier(name)} FROM (SELECT 1 AS ${identifier(name)}) x`)).toEqual([
          [1],
        ]);
      },
    ),
    { numRuns: 100 },
  );
});

test('numbers reach DuckDB as they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger(), async (value, whole) => {
      const [row] = await database.ask(`SELECT ${double(value)}, ${bigint(whole)}`);
      // There is no negative zero in SQL.
      expect(row).toEqual([value + 0, BigInt(whole)]);
    }),
    { numRuns: 100 },
  );
  expect(() => double(Number.NaN)).toThrow('NaN cannot be written in SQL');
  expect(() => bigint(1.5)).toThrow('1.5 is not a whole number');
});
