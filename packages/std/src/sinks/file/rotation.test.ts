import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ConfigError } from '@tailrace/core';
import { batchOf, type SinkRun, sinkRun } from '@tailrace/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { file } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tailrace-rotation-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function create(options: object): Promise<SinkRun> {
  const run = await sinkRun(file, options, folder);
  onTestFinished(() => run.sink.close?.());
  return run;
}

const DONE = { kind: 'done', refused: [] };
const names = async (): Promise<string[]> => (await readdir(folder)).sort();
const ROTATED = /^out\.\d{8}T\d{6}\.\d{3}Z$/;

/** The lines of a file and of what it was rotated to, the oldest first. */
async function linesOf(name: string): Promise<string[]> {
  const all = (await names()).filter((other) => other.startsWith(`${name}.`));
  const texts = [...all, name].map(async (other) => {
    const bytes = await readFile(join(folder, other)).catch(() => Buffer.alloc(0));
    return (other.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  });
  return (await Promise.all(texts)).join('').split('\n').slice(0, -1);
}

const numbered = (from: number, to: number): object[] =>
  Array.from({ length: to - from }, (_, i) => ({ n: from + i, pad: 'x'.repeat(90) }));

test('a file that would become larger is rotated first, in the middle of a batch too', async () => {
  const { send } = await create({ path: 'out', rotate: { max_bytes: '1KB' } });
  expect(await send(batchOf(numbered(0, 25)))).toEqual(DONE);
  const sizes = await Promise.all((await names()).map(async (name) => (await readFile(join(folder, name))).length));
  expect((await names()).filter((name) => ROTATED.test(name))).toHaveLength(2);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
  expect((await linesOf('out')).map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(
    Array.from({ length: 25 }, (_, n) => n),
  );
});

test('a line that alone is larger has a file of its own', async () => {
  const { send } = await create({ path: 'out', rotate: { max_bytes: '1KB' } });
  await send(batchOf([{ n: 1 }, { n: 2, pad: 'x'.repeat(3000) }, { n: 3 }]));
  expect((await linesOf('out')).map((line) => line.slice(0, 7))).toEqual(['{"n":1}', '{"n":2,', '{"n":3}']);
  expect(await names()).toHaveLength(3);
});

test('a file is rotated when it is old enough, without anything more coming for it', async () => {
  const { send } = await create({ path: '{{ f }}', rotate: { max_age: '1s', max_bytes: '1MB' } });
  await send(batchOf([{ f: 'out', n: 1 }]));
  await expect.poll(names, { timeout: 20_000 }).toEqual([expect.stringMatching(ROTATED)]);
  await send(batchOf([{ f: 'out', n: 2 }]));
  expect((await linesOf('out')).map((line) => JSON.parse(line) as object)).toMatchObject([{ n: 1 }, { n: 2 }]);
});

test('rotated files are compressed, and the oldest go', async () => {
  const run = await create({ path: 'a/{{ f }}.ndjson', rotate: { max_bytes: '1KB', keep: 2, gzip: true } });
  await run.send(batchOf([...numbered(0, 45)].map((event) => ({ f: 'x', ...event }))));
  await run.sink.close?.();
  const made = (await readdir(join(folder, 'a'))).sort();
  expect(made).toEqual([
    'x.ndjson',
    expect.stringMatching(/^x\.ndjson\.\d{8}T\d{6}\.\d{3}Z\.gz$/),
    expect.stringMatching(/^x\.ndjson\.\d{8}T\d{6}\.\d{3}Z\.gz$/),
  ]);
  const newest = gunzipSync(await readFile(join(folder, 'a', made[2]!))).toString();
  expect(newest.split('\n')).toHaveLength(9);
});

test('what a kill left half done is finished at the next start', async () => {
  const [first, second, third] = [1, 2, 3].map((second) => `out.ndjson.20260101T00000${second}.000Z`);
  await writeFile(join(folder, first!), 'one\n');
  await writeFile(join(folder, `${first}.gz.tmp`), gzipSync('one\n').subarray(0, 9));
  await writeFile(join(folder, second!), 'two\n');
  await writeFile(join(folder, `${second}.gz`), gzipSync('two\n'));
  await writeFile(join(folder, third!), 'three\n');
  await writeFile(join(folder, 'out.ndjson.20260101T000004Z'), 'no name that rotation gives');
  await writeFile(join(folder, 'out.ndjson'), '{"n":0}\n');
  const run = await create({ path: '{{ f }}.ndjson', rotate: { max_age: '7d', gzip: true } });
  await run.send(batchOf([{ f: 'other' }]));
  await run.sink.close?.();
  expect(await names()).toEqual([
    'other.ndjson',
    'out.ndjson',
    `${first}.gz`,
    `${second}.gz`,
    `${third}.gz`,
    'out.ndjson.20260101T000004Z',
  ]);
  expect(gunzipSync(await readFile(join(folder, `${first}.gz`))).toString()).toBe('one\n');
});

test('what was left in the folders of dates and members is finished, too', async () => {
  const left = join(folder, '2026/01/x.20260101T000001.000Z');
  await mkdir(dirname(left), { recursive: true });
  await writeFile(left, 'one\n');
  const run = await create({ path: '{{ YYYY/MM }}/{{ f }}', rotate: { max_age: '7d', gzip: true } });
  await run.send(batchOf([{ f: 'x' }], { firstSeen: Date.parse('2026-02-03T00:00:00Z') / 1000 }));
  await run.sink.close?.();
  expect(gunzipSync(await readFile(`${left}.gz`)).toString()).toBe('one\n');
});

test('names rise even when the clock goes back', async () => {
  await writeFile(join(folder, 'out.29991231T235959.999Z'), '{"n":0}\n');
  const { send } = await create({ path: 'out', rotate: { max_bytes: '1KB' } });
  await send(batchOf(numbered(1, 12)));
  expect(await names()).toContain('out.30000101T000000.000Z');
});

test('a file that cannot be rotated is not written to', async () => {
  // The path has as many bytes as one may have, so that nothing can be put behind it.
  const long = `${'y'.repeat(99)}/`
    .repeat(41)
    .slice(0, 4095 - folder.length - 2)
    .replace(/\/$/, 'y')
    .concat('y');
  const other = await create({ path: long, rotate: { max_bytes: '1KB' } });
  expect(await other.send(batchOf(numbered(0, 20)))).toMatchObject({ kind: 'done', refused: { length: 11 } });
  expect(other.said.notReady.get(long)).toMatch(/^ENAMETOOLONG/);
  const { send, said } = await create({ path: 'out', rotate: { max_bytes: '1KB' } });
  expect(await send(batchOf(numbered(0, 20)))).toEqual(DONE);
  expect(said.notReady.size).toBe(0);
});

test('rotated files that cannot be tidied up do not hold up the others', async () => {
  const rotated = (name: string, second: number) => join(folder, `${name}.20260101T00000${second}.000Z`);
  for (const second of [1, 2, 3]) await writeFile(rotated('a', second), 'a\n');
  await writeFile(rotated('b', 1), 'b\n');
  await mkdir(`${rotated('a', 3)}.gz.tmp`);
  const run = await create({ path: '{{ f }}', rotate: { max_age: '7d', gzip: true, keep: 2 } });
  await run.send(batchOf([{ f: 'other' }]));
  await run.sink.close?.();
  const left = [`${rotated('a', 2)}.gz`, rotated('a', 3), `${rotated('a', 3)}.gz.tmp`, `${rotated('b', 1)}.gz`];
  expect(await names()).toEqual([...left.map((path) => basename(path)), 'other']);
  expect(run.said.records).toMatchObject([{ level: 'warn', details: { path: rotated('a', 3) } }]);
});

test.each([
  [{ rotate: { keep: 3 } }, ['rotate'], 'needs `max_bytes` or `max_age`, which say when a file is rotated'],
  [{ rotate: { gzip: true } }, ['rotate'], 'needs `max_bytes` or `max_age`, which say when a file is rotated'],
  [{ rotate: { max_bytes: 999 } }, ['rotate', 'max_bytes'], 'must be at least 1KB, is 999 bytes'],
  [{ rotate: { max_age: '1ms' } }, ['rotate', 'max_age'], 'must be at least 1s, is 1ms'],
  [{ fsync_interval: '1ms' }, ['fsync_interval'], 'must be from 10ms to 10s, is 1ms'],
  [
    { path: 'y'.repeat(235), rotate: { max_bytes: '1KB' } },
    ['path'],
    `"${'y'.repeat(40)}…" is too long for a name: 235 bytes, at most 234 beside the mark of a rotation`,
  ],
  [
    { path: 'y{{ a }}'.padEnd(225, 'y'), rotate: { max_age: '1h', gzip: true } },
    ['path'],
    `"y…${'y'.repeat(38)}…" is too long for a name: 218 bytes, at most 217 beside the mark of a rotation and what comes from an event`,
  ],
])('%j is refused', async (options, at, message) => {
  const error: unknown = await create({ path: 'out', ...options }).catch((thrown: unknown) => thrown);
  expect(error).toEqual(new ConfigError(at, message));
});

test('with an interval, requests wait for one fsync together; when all wait, it comes at once', async () => {
  const run = await create({ path: '{{ f }}', fsync: 'interval', fsync_interval: '10s' });
  const { maxInFlight } = run.sink;
  let done = 0;
  const sent = Array.from({ length: maxInFlight }, async (_, n) => {
    if (n === maxInFlight - 1) await expect.poll(() => linesOf('a').then(({ length }) => length)).toBe(n);
    if (n === maxInFlight - 1) expect(done).toBe(0);
    expect(await run.send(batchOf([{ f: 'a', n }]))).toEqual(DONE);
    done++;
  });
  await Promise.all(sent);
  expect(await linesOf('a')).toHaveLength(maxInFlight);
});

test.each(['batch', 'interval'])('fsync: %s: what could not be brought on the disk is not delivered', async (fsync) => {
  // A pipe takes lines and refuses fsync.
  expect(spawnSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe')]).status).toBe(0);
  const run = await create({ path: 'pipe', fsync, fsync_interval: '10ms' });
  expect(await run.send(batchOf([{ n: 1 }]))).toMatchObject({ kind: 'retry', code: 'write_failed' });
  expect(run.said.notReady.get('pipe')).toMatch(/fdatasync/);
  expect(await (await create({ path: 'pipe' })).send(batchOf([{ n: 1 }]))).toEqual(DONE);
});

test('a stop does not wait for the interval', async () => {
  const run = await create({ path: 'out', fsync: 'interval', fsync_interval: '10s' });
  const stop = new AbortController();
  const sent = run.send(batchOf([{ n: 1 }]), { signal: stop.signal });
  await expect.poll(() => linesOf('out')).toHaveLength(1);
  stop.abort();
  expect(await sent).toEqual(DONE);
});

test('whatever the batches, sizes and cuts from outside, every line comes once and in its order', async () => {
  const batches = fc.array(fc.array(fc.nat(400), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });
  const property = fc.asyncProperty(
    batches,
    fc.integer({ min: 1000, max: 4000 }),
    fc.constantFrom('never', 'batch', 'interval'),
    fc.boolean(),
    async (sizes, max, fsync, gzip) => {
      await rm(folder, { recursive: true, force: true });
      const options = { path: 'out', fsync, fsync_interval: '10ms', rotate: { max_bytes: max, gzip } };
      let n = 0;
      for (const pads of sizes) {
        const run = await sinkRun(file, options, folder);
        const events = pads.map((pad) => ({ n: n++, pad: 'x'.repeat(pad) }));
        expect(await run.send(batchOf(events))).toEqual(DONE);
        await run.sink.close?.();
        // A crash after lines that were never acknowledged.
        await writeFile(join(folder, 'out'), '{"n":"half', { flag: 'a' });
      }
      await truncate(join(folder, 'out'), (await readFile(join(folder, 'out'))).length - '{"n":"half'.length);
      const seen = (await linesOf('out')).map((line) => (JSON.parse(line) as { n: number }).n);
      expect(seen).toEqual(Array.from({ length: n }, (_, i) => i));
    },
  );
  await fc.assert(property, { numRuns: 25 });
});
