import { integer, string } from '@tailrace/core';
import { queryAnswer } from '../../query/answer.ts';
import { record } from '../declare.ts';
import { defineRoute } from '../route.ts';

const ROWS = 1000;
const MILLISECONDS = 30_000;

/** The longest that a statement may be told to take. */
const MOST_MILLISECONDS = 300_000;

/** One read statement. */
export const query = defineRoute({
  method: 'POST',
  path: '/api/v1/query',
  summary: 'Runs one SELECT or EXPLAIN over the store, which it cannot change.',
  body: record(
    'A statement and its limits.',
    {
      sql: string({ description: 'One statement of DuckDB’s SQL.', required: true, minLength: 1, maxLength: 60_000 }),
    },
    {
      rows: integer({ description: 'Most rows of the answer.', minimum: 1, maximum: 1_000_000, examples: [ROWS] }),
      milliseconds: integer({
        description: 'Longest time it may take.',
        minimum: 1,
        maximum: MOST_MILLISECONDS,
        examples: [MILLISECONDS],
      }),
    },
  ),
  answer: 'QueryAnswer',
  mostMilliseconds: MOST_MILLISECONDS,
  answerOf: async ({ store }, { body: { sql, rows = ROWS, milliseconds = MILLISECONDS }, signal }) =>
    queryAnswer(await store.read(sql, { rows, milliseconds, signal })),
});
