import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALLOWED, REFUSED, TOO_MUCH } from './hostile.fixture.ts';
import { lockDown } from './lock-down.ts';
import { createReads, type Reads } from './read.ts';
import type { ReadError } from './read-error.ts';

const limits = { rows: 1000, milliseconds: 20_000 };
let instance: DuckDBInstance;
let reads: Reads;

beforeAll(async () => {
  const settings = { memory_limit: '128MiB', threads: '2', temp_directory: join(tmpdir(), 'tailrace-reads') };
  instance = await DuckDBInstance.create(':memory:', settings);
  const connection = await instance.connect();
  await connection.run(
    `CREATE TABLE logs AS SELECT TIMESTAMP '2026-01-01' + n * INTERVAL 1 SECOND AS "@timestamp", n::VARCHAR AS _text,
n AS _offset, 1 AS _stream FROM range(5000) AS t(n); CREATE SEQUENCE more`,
  );
  await lockDown(connection);
  connection.closeSync();
  reads = createReads(instance);
});

afterAll(async () => {
  await reads.close();
  instance.closeSync();
});

async function problem(reading: Promise<unknown>): Promise<Pick<ReadError, 'code' | 'message'>> {
  const outcome = await reading.catch((error: unknown) => error);
  expect(outcome, JSON.stringify(outcome)).toHaveProperty('name', 'ReadError');
  return outcome as ReadError;
}

const rowsOf = async (sql: string) => (await reads.read(sql, limits)).rows;

describe('what may be asked', () => {
  test.each(REFUSED)('%s is refused', async (sql, said) => {
    const { code, message } = await problem(reads.read(sql, limits));
    expect(message).toMatch(said);
    expect(code).toBe('bad_statement');
  });

  test.each(TOO_MUCH)('%s: refused', async (_, sql, said) => {
    const { code, message } = await problem(reads.read(sql, limits));
    expect([code, message]).toEqual(['bad_statement', expect.stringMatching(said)]);
  });

  test.each(ALLOWED)('%s is answered', async (sql) => {
    const { rows } = await reads.read(sql, limits);
    expect(rows.length).toBeGreaterThan(0);
  });

  test('a sum and conditions of some length are answered', async () => {
    expect(await rowsOf(`SELECT ${'1 + '.repeat(200)}1 WHERE ${'1 = 0 OR '.repeat(1000)}true`)).toEqual([[201]]);
  });

  test('nothing is no statement', async () => {
    expect((await problem(reads.read('', limits))).message).toBe('there is no statement: write a SELECT');
  });

  test('afterwards everything is as it was', async () => {
    expect(await rowsOf('SELECT count(*), count(_text) FROM logs')).toEqual([[5000, 5000]]);
    expect(
      await rowsOf(
        'SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal',
      ),
    ).toEqual([['logs']]);
    expect(await rowsOf('SELECT database_name FROM duckdb_databases() WHERE NOT internal')).toEqual([['memory']]);
    expect(await rowsOf("SELECT current_setting('enable_logging'), current_setting('threads')")).toEqual([[0, 2]]);
  });
});

describe('the functions of this DuckDB', () => {
  const names = async (where: string) =>
    (await rowsOf(`SELECT DISTINCT function_name FROM duckdb_functions() WHERE ${where} ORDER BY 1`)).map(([name]) =>
      String(name),
    );

  // A new version may bring another one: look whether it acts, then name it here or among those that are refused.
  test('those whose outcome is not only computed are known', async () => {
    expect(
      (await names("function_type = 'scalar' AND (has_side_effects OR stability <> 'CONSISTENT')")).join(' '),
    ).toMatchInlineSnapshot(
      `"current_connection_id current_database current_date current_query current_query_id current_schema current_schemas current_transaction_id currval error gen_random_uuid get_current_time get_current_timestamp in_search_path nextval now random setseed sleep_ms stats today transaction_timestamp txid_current uuid uuidv4 uuidv7 write_log"`,
    );
  });

  test('those in FROM that are not refused are known', async () => {
    const allowed: string[] = [];
    for (const name of await names("function_type = 'table'")) {
      const outcome = await reads.read(`SELECT * FROM "${name}"()`, limits).catch((error: ReadError) => error.message);
      if (typeof outcome !== 'string' || !outcome.includes('is not for queries')) allowed.push(name);
    }
    expect(allowed.join(' ')).toMatchInlineSnapshot(
      `"duckdb_columns duckdb_constraints duckdb_databases duckdb_functions duckdb_indexes duckdb_keywords duckdb_memory duckdb_optimizers duckdb_schemas duckdb_sequences duckdb_settings duckdb_tables duckdb_temporary_files duckdb_types duckdb_variables duckdb_views generate_series icu_calendar_names json_each json_tree pg_timezone_names pragma_collations pragma_database_size pragma_metadata_info pragma_platform pragma_show pragma_storage_info pragma_table_info pragma_version range repeat repeat_row summary test_all_types unnest"`,
    );
  });
});

describe('limits', () => {
  test('rows: the answer says that there were more', async () => {
    const endless = 'SELECT * FROM range(1000000000000)';
    expect(await reads.read(endless, { ...limits, rows: 3 })).toMatchObject({ rows: [[0], [1], [2]], truncated: true });
    expect((await reads.read(endless, { ...limits, rows: 5000 })).rows).toHaveLength(5000);
    expect(await reads.read('SELECT * FROM range(3)', { ...limits, rows: 3 })).toMatchObject({ truncated: false });
    expect(await reads.read('SELECT * FROM range(3)', { ...limits, rows: 2 })).toMatchObject({ truncated: true });
  });

  test('bytes: an answer is cut, one row that is too large is said', async () => {
    const large = "SELECT repeat(repeat('x', 1000), 1000) FROM range(30)";
    const { rows, truncated } = await reads.read(large, limits);
    expect([rows.length, truncated]).toEqual([16, true]);
    const { code, message } = await problem(
      reads.read("SELECT string_agg(repeat('x', 10000), '') FROM range(2000)", limits),
    );
    expect([code, message]).toEqual(['too_large', 'one row is larger than 16 MiB: select fewer columns']);
  });

  test.each([
    ['while it computes', 'SELECT count(*) FROM logs a, logs b, logs c'],
    ['while rows come', 'SELECT * FROM range(1000000000000) AS t(n) WHERE n < 0'],
    ['while it recurs', 'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t'],
    ['while it explains', 'EXPLAIN ANALYZE SELECT count(*) FROM logs a, logs b, logs c'],
    ['while it sleeps', 'SELECT sleep_ms(60000)'],
  ])('time: broken off %s', async (_, sql) => {
    const { code, message } = await problem(reads.read(sql, { rows: 10, milliseconds: 200 }));
    expect([code, message]).toEqual([
      'too_slow',
      'it took longer than 0.2 s: ask for a shorter time or fewer rows, or give it more time',
    ]);
  });

  test('memory: said, and the next one works', async () => {
    for (const sql of [
      'SELECT list(range) FROM range(1000000000)',
      "SELECT max(s) FROM (SELECT string_agg(range::VARCHAR, ',') AS s FROM range(1000000000))",
    ]) {
      const { code, message } = await problem(reads.read(sql, limits));
      expect([code, message]).toEqual(['too_large', expect.stringContaining('memory_limit')]);
    }
    expect(await rowsOf('SELECT count(*) FROM logs')).toEqual([[5000]]);
  });

  test('the one who asked goes: the work ends, and a turn is free again', async () => {
    const gone = new AbortController();
    const endless = 'SELECT count(*) FROM logs a, logs b, logs c';
    const underWay = Array.from({ length: 5 }, () => problem(reads.read(endless, { ...limits, signal: gone.signal })));
    setTimeout(() => gone.abort(), 50);
    expect((await Promise.all(underWay)).map(({ code }) => code)).toEqual(Array(5).fill('aborted'));
    expect((await problem(reads.read('SELECT 1', { ...limits, signal: gone.signal }))).code).toBe('aborted');
    expect(await rowsOf('SELECT 1')).toEqual([[1]]);
  });

  test('one of a user at a time, a hundred wait, others are told to come again; the page goes on', async () => {
    const gone = new AbortController();
    const endless = 'SELECT count(*) FROM logs a, logs b, logs c';
    const all = Array.from({ length: 105 }, () => problem(reads.read(endless, { ...limits, signal: gone.signal })));
    const early = await Promise.race(all);
    expect([early.code, early.message]).toEqual(['busy', '100 queries wait already: ask again in a moment']);
    expect((await reads.read('SELECT count(*) FROM logs', { ...limits, isOwn: true })).rows).toEqual([[5000]]);
    gone.abort();
    const codes = (await Promise.all(all)).map(({ code }) => code);
    expect(codes.filter((code) => code === 'busy')).toHaveLength(4);
    expect(codes.filter((code) => code === 'aborted')).toHaveLength(101);
  });

  test('closing ends what is under way and what waits', async () => {
    const others = createReads(instance);
    const endless = 'SELECT count(*) FROM logs a, logs b, logs c';
    const underWay = Array.from({ length: 4 }, () => problem(others.read(endless, limits)));
    await others.close();
    const messages = (await Promise.all(underWay)).map(({ message }) => message);
    expect(messages).toEqual(Array(4).fill('the store is being closed'));
    expect((await problem(others.read('SELECT 1', limits))).message).toBe('the store is being closed');
  });
});
