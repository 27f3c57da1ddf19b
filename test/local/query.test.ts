import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askStore, ReadError } from '@tailrace/local';
import type { RunningProcess } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ALLOWED, REFUSED, TOO_MUCH } from '../../packages/local/src/read/hostile.fixture.ts';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const PIPELINE = `
data_dir: data
metrics: { enabled: false }
sources:
  input: { type: stdin, format: ndjson }
sinks:
  store: { type: local, inputs: input, path: store.duckdb, page: { enabled: false } }
`;

const limits = { rows: 1000, milliseconds: 20_000 };
const ENDLESS = 'SELECT count(*) FROM logs a, logs b, logs c, logs d';

let written = 0;
let running: RunningProcess;
let path: string;

/** Writes events to the pipeline; each has the next number. */
function send(count: number): void {
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify({ n: written + i, text: 'x'.repeat(100) }));
  running.write(`${lines.join('\n')}\n`);
  written += count;
}

/** Resolves when all that was written is in the store, each event once. */
async function stored(): Promise<void> {
  const sql = "SELECT count(*), count(DISTINCT CAST(_text->>'n' AS INTEGER)) FROM logs";
  for (const giveUpAt = Date.now() + 30_000; ; await sleep(50)) {
    const { rows } = await askStore({ path, sql, ...limits });
    if (rows[0]?.[0] === written) return expect(rows).toEqual([[written, written]]);
    if (Date.now() > giveUpAt) expect(rows).toEqual([[written, written]]);
  }
}

async function problemOf(sql: string, more: { milliseconds?: number } = {}): Promise<ReadError> {
  const outcome: unknown = await askStore({ path, sql, ...limits, ...more }).catch((error: unknown) => error);
  expect(outcome, `${sql.slice(0, 100)}: ${JSON.stringify(outcome)}`).toBeInstanceOf(ReadError);
  return outcome as ReadError;
}

function digests(): string[] {
  const names = readdirSync(running.folder).filter((name) => /^store\.duckdb(\.wal)?$/.test(name));
  return names.map((name) => {
    const bytes = readFileSync(join(running.folder, name));
    return `${name} ${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;
  });
}

/** Asks all that must be refused, and what must not. */
async function askEverything(): Promise<void> {
  for (const [sql, said] of [...REFUSED, ...TOO_MUCH.map(([, ...rest]) => rest)]) {
    const { code, message } = await problemOf(sql);
    expect([sql.slice(0, 100), code, message]).toEqual([sql.slice(0, 100), 'bad_statement', message]);
    // The API has limits of its own, with words of its own.
    if (sql.length < 60_000) expect(message).toMatch(said);
  }
  for (const sql of ALLOWED) expect((await askStore({ path, sql, ...limits })).rows.length, sql).toBeGreaterThan(0);
  const { rows } = await askStore({
    path,
    sql: 'SELECT database_name FROM duckdb_databases() WHERE NOT internal',
    ...limits,
  });
  expect(rows).toEqual([['store']]);
  expect(readdirSync(running.folder).filter((name) => /stolen|other/.test(name))).toEqual([]);
}

async function breakOff(): Promise<void> {
  const slow = await problemOf(ENDLESS, { milliseconds: 300 });
  expect([slow.code, slow.message]).toEqual(['too_slow', expect.stringContaining('it took longer than 0.3 s')]);
  const large = await problemOf('SELECT list(n) FROM range(1000000000) AS t(n)');
  expect([large.code, large.message]).toEqual(['too_large', expect.stringContaining('memory_limit')]);
  const { rows, truncated } = await askStore({
    path,
    sql: 'SELECT * FROM range(1000000000000)',
    rows: 7,
    milliseconds: 20_000,
  });
  expect([rows.length, truncated]).toEqual([7, true]);
}

beforeAll(async () => {
  running = await startTailrace(['run', 'p.yaml'], { files: { 'p.yaml': PIPELINE }, keep: true });
  path = join(running.folder, 'store.duckdb');
  send(500);
  while (!existsSync(`${path}.sock`)) await sleep(20);
  await stored();
}, 60_000);

afterAll(async () => await running.dispose());

describe('while a pipeline runs, through it', () => {
  test('all that would do more than read is refused, and events go on to arrive', { timeout: 60_000 }, async () => {
    const before = running.stdout();
    const sending = setInterval(() => send(20), 20);
    onTestFinished(() => clearInterval(sending));
    await askEverything();
    clearInterval(sending);
    await stored();
    expect(running.stdout()).toBe(before);
  });

  test('what takes too much is broken off, and events go on to arrive', { timeout: 60_000 }, async () => {
    const sending = setInterval(() => send(20), 20);
    onTestFinished(() => clearInterval(sending));
    const others = Array.from({ length: 6 }, () => problemOf(ENDLESS, { milliseconds: 3000 }));
    await breakOff();
    for (const { code } of await Promise.all(others)) expect(code).toBe('too_slow');
    clearInterval(sending);
    await stored();
  });

  test('the command asks it, without DuckDB of its own', async () => {
    const recorder = `
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { appendFileSync('modules.txt', url + '\\n'); return next(url, context); } });
`;
    const folder = newFolder();
    writeFileSync(join(folder, 'recorder.mjs'), recorder);
    const asked = await runTailrace(
      ['query', '--store', path, 'SELECT max(_offset) > 0 AS more, count(*) AS n FROM logs'],
      {
        folder,
        env: { NODE_OPTIONS: '--import ./recorder.mjs' },
      },
    );
    expect([asked.code, asked.stdout, asked.stderr]).toEqual([0, `{"more":true,"n":${written}}\n`, '']);
    const modules = readFileSync(join(folder, 'modules.txt'), 'utf8').split('\n');
    expect(modules.filter((url) => url.includes('/packages/local/'))).not.toEqual([]);
    expect(modules.filter((url) => url.includes('duckdb'))).toEqual([]);
  });
});

describe('when it was killed, from the file', () => {
  let before: string[];
  beforeAll(async () => {
    await running.kill();
    before = digests();
  });

  test('what was stored is there', async () => {
    expect(before.join()).toContain('store.duckdb.wal');
    await stored();
  });

  test('all that would do more than read is refused', { timeout: 60_000 }, askEverything);
  test('what takes too much is broken off', { timeout: 60_000 }, breakOff);
  test('the file is as it was, and the log beside it', () => expect(digests()).toEqual(before));
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'query-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a store whose path is too long for a socket answers while its pipeline runs', async () => {
  const folder = join(newFolder(), 'a'.repeat(100), 'b'.repeat(100));
  mkdirSync(folder, { recursive: true });
  const long = await startTailrace(['run', 'p.yaml'], { files: { 'p.yaml': PIPELINE }, folder });
  long.write('{"n":1}\n');
  while (!existsSync(join(folder, 'store.duckdb.sock'))) await sleep(20);
  const question = { path: join(folder, 'store.duckdb'), sql: 'SELECT count(*) FROM logs', ...limits };
  while ((await askStore(question)).rows[0]?.[0] !== 1) await sleep(20);
});
