import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askStore, type QueryAnswer } from '@tailrace/local';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../repository/workspace.ts';
import { startTailrace } from '../support/tailrace.ts';

const document = readFileSync(join(root, 'docs/query.md'), 'utf8');
/** Each statement with the words before it. */
const statements = [...document.matchAll(/\n([^\n]+):\n\n```sql\n(.*?)```/gs)].map(
  ([, words = '', sql = '']) => [words, sql] as const,
);

let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'query-docs-'));
  const running = await startTailrace(['run', '--once', join(root, 'pipelines/mirrord/local.yaml')], {
    env: { DATA_DIR: dataDir, BACKFILL: '30m', PAGE_ADDRESS: '127.0.0.1:0' },
    keep: true,
  });
  const { code, stderr } = await running.exit(60_000);
  await running.dispose();
  expect(code, stderr).toBe(0);
}, 60_000);

afterAll(() => rmSync(dataDir, { recursive: true }));

const ask = (sql: string): Promise<QueryAnswer> =>
  askStore({ path: join(dataDir, 'store.duckdb'), sql, rows: 1000, milliseconds: 20_000 });

test('there are ten statements', () => expect(statements).toHaveLength(10));

test.each(statements)('%s', async (_, sql) => {
  const { rows, columns } = await ask(sql);
  expect(rows.length).toBeGreaterThan(0);
  // A wrong name of a member or label would give a column without a value.
  const empty = columns.filter((_, i) => rows.every((row) => row[i] === null)).map(({ name }) => name);
  expect(empty).toEqual([]);
});

test('the tables have the columns that are named', async () => {
  const tables = [...document.matchAll(/^\| `(logs|metrics|traces|streams)` \|[^|]*\|(.*)\|$/gm)];
  expect(tables).toHaveLength(4);
  for (const [, table, text = ''] of tables) {
    const { rows } = await ask(`SELECT column_name FROM duckdb_columns() WHERE table_name = '${table}'`);
    const columns = rows.flat();
    const named = [...text.matchAll(/`"?([@\w.]+)"?`/g)].map(([, name]) => name);
    expect(columns).toEqual(expect.arrayContaining(named));
  }
});

test('numbers: sessions by SQL are those of the events', async () => {
  const { rows } = await ask(`SELECT count(*) FILTER (WHERE "fields.message" = 'Session Start'),
count(*) FILTER (WHERE _text->>'$.fields.message' = 'Session Start') FROM logs`);
  expect(rows[0]?.[0]).toBe(rows[0]?.[1]);
});
