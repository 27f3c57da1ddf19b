import { mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { batchOf, freePort, type SinkRun, sinkRun } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DONE, KEPT, NO_PAGE, type SinkBench, sinkBench } from './sink.fixture.ts';
import { local } from './sink.ts';

let bench: SinkBench;
beforeEach(async () => {
  bench = await sinkBench();
});
afterEach(() => bench.end());

test('stores events in `data_dir`, only for the owner of the process', async () => {
  const run = await bench.create({ ...NO_PAGE, fields: [await bench.fields({ 'fields.user': 'keyword' })] });
  await run.probe();
  const batch = batchOf([
    { '@timestamp': '2026-11-02T10:00:00Z', fields: { user: 'ann' } },
    { fields: { user: 'bob' } },
  ]);
  expect(await run.send(batch)).toEqual(DONE);
  for (const file of ['store.duckdb', 'store.duckdb.wal']) {
    expect(((await stat(join(bench.folder, file))).mode & 0o777).toString(8)).toBe('600');
  }
  expect(await run.send(batch, { tried: true })).toEqual({ ...DONE, duplicates: 2 });
  await bench.close(run);
  expect(await bench.rows('SELECT "fields.user", "@timestamp" FROM logs ORDER BY _offset')).toEqual([
    ['ann', '2026-11-02 10:00:00'],
    ['bob', '1970-01-01 00:00:00'],
  ]);
  expect(run.said.notReady.size).toBe(0);
});

test('a folder of its own is for the owner only', async () => {
  const run = await bench.create({ ...NO_PAGE, path: 'a/b/logs.duckdb' });
  await run.probe();
  expect(((await stat(join(bench.folder, 'a/b'))).mode & 0o777).toString(8)).toBe('700');
});

test('a sink that is closed while it is probed leaves nothing open', async () => {
  const run = await bench.create({ ...KEPT, page: { address: '127.0.0.1:0' } });
  const probing = run.probe().catch(() => undefined);
  await bench.close(run);
  await probing;
  await expect(run.probe()).rejects.toThrow('the sink is closed');
  expect(await run.send(batchOf([{ a: 1 }]))).toMatchObject({ kind: 'retry' });
  expect((await readdir(bench.folder)).filter((name) => name.endsWith('.sock'))).toEqual([]);
});

test('an event with half of a surrogate pair is counted', async () => {
  const run = await bench.create({ ...NO_PAGE, fields: [await bench.fields({ a: 'keyword' })] });
  expect(await run.send(batchOf([{ a: '\ud800' }]))).toEqual(DONE);
  expect(run.said.errors).toEqual({ half_characters: 1 });
});

test('an event with a value that DuckDB does not take is found in its body; the store goes on', async () => {
  const options = { ...NO_PAGE, fields: [await bench.fields({ a: 'long', b: 'keyword' })] };
  const first = await bench.create(options);
  await first.probe();
  await bench.close(first);
  await bench.rows('ALTER TABLE logs ALTER a TYPE TINYINT; ALTER TABLE logs ALTER b TYPE BOOLEAN');
  const run = await bench.create(options);
  const refused = { kind: 'split', code: 'values_refused', message: expect.stringContaining('Conversion Error: ') };
  expect(await run.send(batchOf([{ a: 1 }, { a: 1000 }]))).toEqual(refused);
  // What an event says is nothing that DuckDB says of its file.
  expect(await run.send(batchOf([{ b: 'corrupt database file' }]))).toEqual(refused);
  expect(await run.send(batchOf([{ a: 1 }]))).toEqual(DONE);
  expect(run.said.notReady.size).toBe(0);
  await bench.close(run);
  expect(await bench.rows('SELECT a FROM logs')).toEqual([[1]]);
});

describe('a store that cannot be used', () => {
  test('of another component in the same process', async () => {
    const first = await bench.create();
    await first.probe();
    const other: typeof local = {
      ...local,
      create: ({ config, context }) => local.create({ config, context: { ...context, componentId: 'other' } }),
    };
    const second = await sinkRun(other, NO_PAGE, bench.folder);
    await expect(second.probe()).rejects.toMatchObject({
      code: 'store_refused',
      message: `the sink tested writes to ${bench.folder}/store.duckdb already: give each sink its own \`path\``,
    });
    expect(await second.send(batchOf([{ a: 1 }]))).toMatchObject({ kind: 'pause', code: 'store_refused' });
    await symlink(join(bench.folder, 'store.duckdb'), join(bench.folder, 'other-name.duckdb'));
    const third = await sinkRun(other, { ...NO_PAGE, path: 'other-name.duckdb' }, bench.folder);
    await expect(third.probe()).rejects.toMatchObject({ code: 'store_refused' });
    await bench.close(first);
    expect(await second.send(batchOf([{ a: 1 }]))).toEqual(DONE);
    await second.sink.close?.();
  });

  test('that is something else', async () => {
    await writeFile(join(bench.folder, 'notes.txt'), 'my notes, which nobody may touch');
    const run = await bench.create({ ...NO_PAGE, path: 'notes.txt' });
    expect(await run.send(batchOf([{ a: 1 }]))).toEqual({
      kind: 'pause',
      code: 'store_refused',
      message: `${bench.folder}/notes.txt is no DuckDB file: give the store another \`path\``,
    });
    expect(await readFile(join(bench.folder, 'notes.txt'), 'utf8')).toBe('my notes, which nobody may touch');
    await expect(run.probe()).rejects.toMatchObject({ code: 'store_refused' });
  });

  test('that is a folder', async () => {
    await mkdir(join(bench.folder, 'folder'));
    const run = await bench.create({ ...NO_PAGE, path: 'folder' });
    await expect(run.probe()).rejects.toMatchObject({
      code: 'store_refused',
      message: `${bench.folder}/folder is a folder: give the store another \`path\``,
    });
  });

  test('that holds other tables', async () => {
    await bench.rows('CREATE TABLE logs AS SELECT 1 AS mine', 'mine.duckdb');
    const run = await bench.create({ ...NO_PAGE, path: 'mine.duckdb' });
    await expect(run.probe()).rejects.toThrow(`${bench.folder}/mine.duckdb is a DuckDB file with other tables`);
    expect(await bench.rows('SELECT * FROM logs', 'mine.duckdb')).toEqual([[1]]);
  });

  test('of a newer tailrace', async () => {
    const run = await bench.create();
    await run.probe();
    await bench.close(run);
    await bench.rows("UPDATE tailrace SET value = '99' WHERE key = 'schema_version'");
    const again = await bench.create();
    await expect(again.probe()).rejects.toMatchObject({
      code: 'store_refused',
      message: `${bench.folder}/store.duckdb has the schema version 99 and this tailrace knows 1: use a newer tailrace, or another \`path\``,
    });
  });

  test('in a place that can be mended', async () => {
    await writeFile(join(bench.folder, 'in-the-way'), '');
    const run = await bench.create({ ...NO_PAGE, path: 'in-the-way/s.duckdb' });
    const verdict = await run.send(batchOf([{ a: 1 }]));
    expect(verdict).toMatchObject({ kind: 'retry', code: 'store_failed' });
    expect(run.said.notReady.get('store')).toMatch(/^(EEXIST|ENOTDIR)/);
    await rm(join(bench.folder, 'in-the-way'));
    await mkdir(join(bench.folder, 'in-the-way'));
    expect(await run.send(batchOf([{ a: 1 }]))).toEqual(DONE);
    expect(run.said.notReady.size).toBe(0);
  });
});

describe('a damaged store is set aside and a new one begun', () => {
  async function damaged(damage: (file: string) => Promise<void>): Promise<SinkRun> {
    const run = await bench.create();
    await run.send(batchOf(Array.from({ length: 100 }, (_, i) => ({ i }))));
    await bench.close(run);
    await damage(join(bench.folder, 'store.duckdb'));
    return await bench.create();
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
    const before = await readFile(join(bench.folder, 'store.duckdb'));
    expect(await run.send(batchOf([{ a: 1 }], { id: 'anotherstream---' }))).toEqual(DONE);
    expect(run.said.errors).toEqual({ store_damaged: 1 });
    const [aside] = (await readdir(bench.folder)).filter((name) => /^store\.duckdb\.damaged-\d{8}T\d{6}Z$/.test(name));
    expect((await readFile(join(bench.folder, aside!))).equals(before)).toBe(true);
    const [record] = run.said.records.filter(({ level }) => level === 'error');
    expect(record!.message).toBe(
      `${bench.folder}/store.duckdb is damaged and was set aside as ${bench.folder}/${aside}; a new store is begun`,
    );
    await bench.close(run);
    expect(await bench.rows('SELECT count(*) FROM logs')).toEqual([['1']]);
  });
});

describe('the page', () => {
  test('is served with the store, and its address said', async () => {
    const run = await bench.create({ ...KEPT, page: { address: '127.0.0.1:0' } });
    await run.probe();
    const address = await vi.waitFor(() => {
      const said = run.said.records.find(({ message }) => message.startsWith('page: '));
      expect(said).toBeDefined();
      return (said!.details as { address: string }).address;
    }, 10_000);
    await run.send(batchOf([{ a: 1 }, { a: 2 }]));
    const status = (await (await fetch(`${address}api/v1/status`)).json()) as { logs: number; component: string };
    expect(status).toMatchObject({ logs: 2, component: 'tested' });
    await bench.close(run);
    await expect(fetch(address)).rejects.toThrow();
  });

  test('waits for its address while the store works', async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const run = await bench.create({ ...KEPT, page: { address: `127.0.0.1:${port}`, token: 'never shown' } });
    expect(await run.send(batchOf([{ a: 1 }]))).toEqual(DONE);
    await vi.waitFor(() => expect(run.said.notReady.get('page')).toContain(String(port)), 10_000);
    await new Promise((resolve) => other.close(resolve));
    await vi.waitFor(() => expect(run.said.notReady.size).toBe(0), 10_000);
    const said = run.said.records.map(({ message }) => message).join('\n');
    expect(said).toContain('asks for the token');
    expect(said).not.toContain('never shown');
  });
});
