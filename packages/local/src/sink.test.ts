import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchOf, freePort, type SinkRun, sinkRun } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { local } from './sink.ts';
import { openInstance } from './store/open-instance.ts';

let folder: string;
const runs: SinkRun[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tailrace-local-'));
});
afterEach(async () => {
  await Promise.all(runs.splice(0).map(({ sink }) => sink.close?.()));
  await rm(folder, { recursive: true, force: true });
});

// The events of these tests have no time, so they are of 1970.
const KEPT = { retention: { max_age: '99999d' } };
const NO_PAGE = { ...KEPT, page: { enabled: false } };
const DONE = { kind: 'done', refused: [], duplicates: 0 };

async function create(options: object = NO_PAGE): Promise<SinkRun> {
  const run = await sinkRun(local, options, folder);
  runs.push(run);
  return run;
}

const close = async (run: SinkRun): Promise<void> => {
  runs.splice(runs.indexOf(run), 1);
  await run.sink.close?.();
};

/** Rows of the store when nobody has it open. */
async function rows(sql: string, file = 'store.duckdb'): Promise<unknown[][]> {
  const instance = await openInstance({ path: join(folder, file), memoryLimit: 128 * 1024 ** 2, threads: 1 });
  try {
    const connection = await instance.connect();
    return (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][];
  } finally {
    instance.closeSync();
  }
}

const fields = async (types: Readonly<Record<string, string>>, name = 'fields.yaml'): Promise<string> => {
  const declared = Object.fromEntries(Object.entries(types).map(([field, type]) => [field, { type }]));
  await writeFile(join(folder, name), JSON.stringify({ version: 1, fields: declared }));
  return name;
};

test('stores events in `data_dir`, only for the owner of the process', async () => {
  const run = await create({ ...NO_PAGE, fields: [await fields({ 'fields.user': 'keyword' })] });
  await run.probe();
  const batch = batchOf([
    { '@timestamp': '2026-11-02T10:00:00Z', fields: { user: 'ann' } },
    { fields: { user: 'bob' } },
  ]);
  expect(await run.send(batch)).toEqual(DONE);
  for (const file of ['store.duckdb', 'store.duckdb.wal']) {
    expect(((await stat(join(folder, file))).mode & 0o777).toString(8)).toBe('600');
  }
  expect(await run.send(batch, { tried: true })).toEqual({ ...DONE, duplicates: 2 });
  await close(run);
  expect(await rows('SELECT "fields.user", "@timestamp" FROM logs ORDER BY _offset')).toEqual([
    ['ann', '2026-11-02 10:00:00'],
    ['bob', '1970-01-01 00:00:00'],
  ]);
  expect(run.said.notReady.size).toBe(0);
});

test('a folder of its own is for the owner only', async () => {
  const run = await create({ ...NO_PAGE, path: 'a/b/logs.duckdb' });
  await run.probe();
  expect(((await stat(join(folder, 'a/b'))).mode & 0o777).toString(8)).toBe('700');
});

test('a sink that is closed while it is probed leaves nothing open', async () => {
  const run = await create({ ...KEPT, page: { address: '127.0.0.1:0' } });
  const probing = run.probe().catch(() => undefined);
  await close(run);
  await probing;
  await expect(run.probe()).rejects.toThrow('the sink is closed');
  expect(await run.send(batchOf([{ a: 1 }]))).toMatchObject({ kind: 'retry' });
  expect((await readdir(folder)).filter((name) => name.endsWith('.sock'))).toEqual([]);
});

test('an event whose JSON DuckDB does not read is counted', async () => {
  const run = await create({ ...NO_PAGE, fields: [await fields({ a: 'keyword' })] });
  expect(await run.send(batchOf([{ a: '\ud800' }]))).toEqual(DONE);
  expect(run.said.errors).toEqual({ columns_empty: 1 });
});

describe('a store that cannot be used', () => {
  test('of another component in the same process', async () => {
    const first = await create();
    await first.probe();
    const other: typeof local = {
      ...local,
      create: ({ config, context }) => local.create({ config, context: { ...context, componentId: 'other' } }),
    };
    const second = await sinkRun(other, NO_PAGE, folder);
    await expect(second.probe()).rejects.toMatchObject({
      code: 'store_refused',
      message: `the sink tested writes to ${folder}/store.duckdb already: give each sink its own \`path\``,
    });
    expect(await second.send(batchOf([{ a: 1 }]))).toMatchObject({ kind: 'pause', code: 'store_refused' });
    await close(first);
    expect(await second.send(batchOf([{ a: 1 }]))).toEqual(DONE);
    await second.sink.close?.();
  });

  test('that is something else', async () => {
    await writeFile(join(folder, 'notes.txt'), 'my notes, which nobody may touch');
    const run = await create({ ...NO_PAGE, path: 'notes.txt' });
    expect(await run.send(batchOf([{ a: 1 }]))).toEqual({
      kind: 'pause',
      code: 'store_refused',
      message: `${folder}/notes.txt is no DuckDB file: give the store another \`path\``,
    });
    expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('my notes, which nobody may touch');
    await expect(run.probe()).rejects.toMatchObject({ code: 'store_refused' });
  });

  test('that holds other tables', async () => {
    await rows('CREATE TABLE logs AS SELECT 1 AS mine', 'mine.duckdb');
    const run = await create({ ...NO_PAGE, path: 'mine.duckdb' });
    await expect(run.probe()).rejects.toThrow(`${folder}/mine.duckdb is a DuckDB file with other tables`);
    expect(await rows('SELECT * FROM logs', 'mine.duckdb')).toEqual([[1]]);
  });

  test('of a newer tailrace', async () => {
    const run = await create();
    await run.probe();
    await close(run);
    await rows("UPDATE tailrace SET value = '99' WHERE key = 'schema_version'");
    const again = await create();
    await expect(again.probe()).rejects.toMatchObject({
      code: 'store_refused',
      message: `${folder}/store.duckdb has the schema version 99 and this tailrace knows 1: use a newer tailrace, or another \`path\``,
    });
  });

  test('in a place that can be mended', async () => {
    await writeFile(join(folder, 'in-the-way'), '');
    const run = await create({ ...NO_PAGE, path: 'in-the-way/s.duckdb' });
    const verdict = await run.send(batchOf([{ a: 1 }]));
    expect(verdict).toMatchObject({ kind: 'retry', code: 'store_failed' });
    expect(run.said.notReady.get('store')).toMatch(/^(EEXIST|ENOTDIR)/);
    await rm(join(folder, 'in-the-way'));
    await mkdir(join(folder, 'in-the-way'));
    expect(await run.send(batchOf([{ a: 1 }]))).toEqual(DONE);
    expect(run.said.notReady.size).toBe(0);
  });
});

describe('a damaged store is set aside and a new one begun', () => {
  async function damaged(damage: (file: string) => Promise<void>): Promise<SinkRun> {
    const run = await create();
    await run.send(batchOf(Array.from({ length: 100 }, (_, i) => ({ i }))));
    await close(run);
    await damage(join(folder, 'store.duckdb'));
    return await create();
  }

  const zeros = (file: string, from: number, to: number): Promise<void> =>
    readFile(file).then((bytes) => writeFile(file, bytes.fill(0, from, to)));

  test.each<[string, (file: string) => Promise<void>]>([
    ['cut short', (file) => truncate(file, 300_000)],
    ['without content', (file) => writeFile(file, Buffer.alloc(12_288))],
    ['empty', (file) => truncate(file, 0)],
    ['changed inside', (file) => zeros(file, 13_000, 1_000_000)],
  ])('%s', async (_name, damage) => {
    const run = await damaged(damage);
    const before = await readFile(join(folder, 'store.duckdb'));
    expect(await run.send(batchOf([{ a: 1 }], { id: 'anotherstream---' }))).toEqual(DONE);
    expect(run.said.errors).toEqual({ store_damaged: 1 });
    const [aside] = (await readdir(folder)).filter((name) => /^store\.duckdb\.damaged-\d{8}T\d{6}Z$/.test(name));
    expect((await readFile(join(folder, aside!))).equals(before)).toBe(true);
    const [record] = run.said.records.filter(({ level }) => level === 'error');
    expect(record!.message).toBe(
      `${folder}/store.duckdb is damaged and was set aside as ${folder}/${aside}; a new store is begun`,
    );
    await close(run);
    expect(await rows('SELECT count(*) FROM logs')).toEqual([['1']]);
  });
});

describe('the page', () => {
  test('is served with the store, and its address said', async () => {
    const run = await create({ ...KEPT, page: { address: '127.0.0.1:0' } });
    await run.probe();
    const address = await vi.waitFor(() => {
      const said = run.said.records.find(({ message }) => message.startsWith('page: '));
      expect(said).toBeDefined();
      return (said!.details as { address: string }).address;
    }, 10_000);
    await run.send(batchOf([{ a: 1 }, { a: 2 }]));
    const status = (await (await fetch(`${address}api/v1/status`)).json()) as { logs: number; component: string };
    expect(status).toMatchObject({ logs: 2, component: 'tested' });
    await close(run);
    await expect(fetch(address)).rejects.toThrow();
  });

  test('waits for its address while the store works', async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const run = await create({ ...KEPT, page: { address: `127.0.0.1:${port}`, token: 'never shown' } });
    expect(await run.send(batchOf([{ a: 1 }]))).toEqual(DONE);
    await vi.waitFor(() => expect(run.said.notReady.get('page')).toContain(String(port)), 10_000);
    await new Promise((resolve) => other.close(resolve));
    await vi.waitFor(() => expect(run.said.notReady.size).toBe(0), 10_000);
    const said = run.said.records.map(({ message }) => message).join('\n');
    expect(said).toContain('asks for the token');
    expect(said).not.toContain('never shown');
  });
});

describe('two sinks of one component, as in a reload', () => {
  test('the new one takes the store with its first event, the old one can have it back', async () => {
    const before = await create({ ...NO_PAGE, fields: [await fields({ a: 'keyword' }, 'one.yaml')] });
    const first = batchOf([{ a: '1' }], { id: 'stream-first----' });
    expect(await before.send(first)).toEqual(DONE);
    const after = await create({
      ...KEPT,
      page: { address: '127.0.0.1:0' },
      fields: [await fields({ a: 'long' }, 'two.yaml')],
    });
    await after.probe();
    // Nothing has changed hands yet.
    expect(await before.send(batchOf([{ a: '2' }], { id: 'stream-second---' }))).toEqual(DONE);
    expect(await after.send(first, { tried: true })).toEqual({ ...DONE, duplicates: 1 });
    await vi.waitFor(
      () => expect(after.said.records.some(({ message }) => message.startsWith('page: '))).toBe(true),
      10_000,
    );
    await close(after);
    expect(await before.send(batchOf([{ a: '3' }], { id: 'stream-third----' }))).toEqual(DONE);
    await close(before);
    expect(await rows('SELECT a FROM logs ORDER BY a')).toEqual([['1'], ['2'], ['3']]);
  });

  test('what both send at once is stored once', async () => {
    const before = await create();
    const after = await create();
    const batch = batchOf(Array.from({ length: 500 }, (_, i) => ({ i })));
    const verdicts = await Promise.all([before.send(batch), after.send(batch), before.send(batch)]);
    const duplicates = verdicts.map((verdict) => (verdict.kind === 'done' ? verdict.duplicates : -1));
    expect(duplicates.sort()).toEqual([0, 500, 500]);
    await close(before);
    await close(after);
    expect(await rows('SELECT count(*) FROM logs')).toEqual([['500']]);
  });
});
