import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { type Place, readOnce, type SourceRun, type State } from './harness.ts';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('');
const logs = (from: number, to: number): string[] => lines(from, to).split('\n').slice(0, -1);
const include = (place: Place, ...names: string[]) => ({ include: names.map((name) => place.path(name)) });
/** The files were looked at again since. */
const scans = (run: SourceRun, place: Place) => async (): Promise<void> => {
  await place.append('marker.log', 'seen\n');
  await run.until(() => run.logs.at(-1) === 'seen', 'the marker');
};

test('gzip files that the patterns name are read once; others are not read', async () => {
  const place = await testPlace();
  await place.append('old.log.1.gz', gzipSync(lines(0, 3)));
  await place.append('other.gz', gzipSync(lines(9, 10)));
  await place.append('now.log', lines(3, 5));
  const without = await readOnce(place, { config: include(place, '*'), state: new Map() });
  expect(without.logs).toEqual(logs(3, 5));
  const config = include(place, '*.log', '*.log.*.gz');
  const first = await readOnce(place, { config });
  expect([...first.logs].sort()).toEqual(logs(0, 5));
  expect(first.events.find(({ event }) => event['log'] === 'line 1')).toMatchObject({ offset: 7, end: 14 });
  expect((await readOnce(place, { config })).logs).toEqual([]);
});

test('compressed files are left out wherever the process was started', async () => {
  const place = await testPlace();
  for (const folder of ['logs', 'elsewhere/below']) await mkdir(place.path(folder), { recursive: true });
  await place.append('logs/old.gz', gzipSync(lines(0, 3)));
  await place.append('logs/now.log', lines(3, 5));
  const before = process.cwd();
  onTestFinished(() => process.chdir(before));
  for (const folder of ['logs', 'elsewhere', 'elsewhere/below', '.']) {
    process.chdir(place.path(folder));
    const run = await readOnce(place, { config: include(place, 'logs/*'), state: new Map() });
    expect(run.logs).toEqual(logs(3, 5));
  }
});

test('with an exclude of its own, a pattern finds compressed files like all others', async () => {
  const place = await testPlace();
  await place.append('a.gz', gzipSync(lines(0, 2)));
  const run = await readOnce(place, { config: { ...include(place, '*'), exclude: [] } });
  expect(run.logs).toEqual(logs(0, 2));
});

test('members that are appended are read on, also over restarts, and half a line waits for its end', async () => {
  const place = await testPlace();
  const options = { config: include(place, 'a.gz', 'marker.log'), graceMs: 60_000 };
  await place.append('a.gz', gzipSync(`${lines(0, 2)}li`));
  const first = running(place, options);
  await first.until(() => first.logs.length === 2, 'the first member');
  const second = gzipSync(`ne 2\n${lines(3, 4)}`);
  await place.append('a.gz', second.subarray(0, 13));
  await scans(first, place)();
  await place.append('a.gz', second.subarray(13));
  await first.until(() => first.logs.length === 5, 'the second member');
  await first.stop();
  await place.append('a.gz', gzipSync(lines(4, 6)));
  const last = running(place, options);
  await last.until(() => last.logs.length === 2, 'the third member');
  await last.stop();
  expect([...first.logs, ...last.logs].filter((log) => log !== 'seen')).toEqual(logs(0, 6));
  expect(new Set([...first.events, ...last.events].map(({ id }) => id)).size).toBe(7);
});

test('a last line without a newline counts when nothing was added for a while', async () => {
  const place = await testPlace();
  await place.append('a.gz', gzipSync(`${lines(0, 1)}last`));
  const run = running(place, { config: include(place, 'a.gz'), graceMs: 50 });
  await run.until(() => run.logs.length === 2, 'the last line');
  expect(run.logs).toEqual(['line 0', 'last']);
});

test('what was read as a log is not read again when rotation compresses it, and what was not is read there', async () => {
  const place = await testPlace();
  const options = { config: include(place, '*.log', '*.log.*.gz'), graceMs: 200 };
  await place.append('a.log', lines(0, 4));
  const first = running(place, options);
  await first.until(() => first.logs.length === 4, 'the log');
  await compress(place);
  await place.append('a.log', lines(4, 6));
  await first.until(() => first.logs.length === 6, 'the next log');
  const isAdopted = (): boolean =>
    [...place.state.values()].some((record) => (record as { place?: string }).place?.endsWith('.gz'));
  await first.until(isAdopted, 'the compressed file');
  await scans(first, place)();
  await first.stop();
  expect(first.logs).toEqual([...logs(0, 6), 'seen']);
  // While it is down, more is written, rotated and compressed.
  await place.append('a.log', lines(6, 8));
  await rename(place.path('a.log.1.gz'), place.path('a.log.2.gz'));
  await compress(place);
  await place.append('a.log', lines(8, 9));
  const second = running(place, options);
  await second.until(() => second.logs.length === 3, 'what came meanwhile');
  await scans(second, place)();
  await second.stop();
  expect([...second.logs].sort()).toEqual([...logs(6, 9), 'seen'].sort());
  expect((await readOnce(place, options)).logs).toEqual([]);
});

/** As logrotate does it, in the time that it takes. */
async function compress(place: Place): Promise<void> {
  await rename(place.path('a.log'), place.path('a.log.1'));
  await writeFile(place.path('a.log.1.gz'), gzipSync(await readFile(place.path('a.log.1'))));
  await rm(place.path('a.log.1'));
}

test('killed in the middle of a compressed file, the rest comes once, with the same ids', async () => {
  const place = await testPlace();
  const config = include(place, 'a.gz');
  await place.append('a.gz', gzipSync(lines(0, 150_000)));
  const whole = await readOnce(place, { config, state: new Map() });
  expect(whole.logs).toHaveLength(150_000);
  const killed = running(place, { config, hold: true });
  await killed.until(() => killed.logs.length === 150_000, 'all');
  for (const batch of [0, 1, 3]) killed.settle(batch);
  await new Promise((resolve) => setImmediate(resolve));
  const state: State = structuredClone(place.state);
  for (let batch = 0; batch < killed.received.length; batch++)
    if (![0, 1, 3].includes(batch)) killed.settle(batch, 'errored');
  await killed.stop();
  const rest = await readOnce(place, { config, state });
  expect(rest.logs[0]).toBe(`line ${150_000 - rest.logs.length}`);
  expect(rest.logs.length).toBeLessThan(150_000);
  const ids = new Set([...killed.events, ...rest.events].map(({ id }) => id));
  expect([...ids]).toEqual(whole.events.map(({ id }) => id));
});

test('of a damaged file what stands before the damage is read, and it is told once', async () => {
  const place = await testPlace();
  const broken = gzipSync(lines(20_000, 60_000));
  // A block of a type that does not exist (RFC 1951, 3.2.3).
  broken[10] = 0x07;
  await place.append('a.gz', Buffer.concat([gzipSync(lines(0, 20_000)), broken]));
  await place.append('b.gz', gzipSync('whole\n'));
  const run = running(place, { config: include(place, '*.gz', 'marker.log'), graceMs: 50 });
  await run.until(() => run.errors.get('file_lost') === 1 && run.logs.includes('whole'), 'the damage');
  await scans(run, place)();
  await run.stop();
  expect(run.errors.get('file_lost')).toBe(1);
  expect(run.warnings).toEqual([expect.stringMatching(/^a compressed file is damaged, .+: invalid block type$/)]);
  // The last buffer is lost with the damage, and half a line is what stands at the end.
  const read = run.logs.filter((log) => log.startsWith('line')).slice(0, -1);
  expect(read.length).toBeGreaterThan(16_000);
  expect(read).toEqual(logs(0, read.length));
});

test('many compressed files, each with a few open descriptors at most', async () => {
  const place = await testPlace();
  for (let i = 0; i < 60; i++) await place.append(`${i}.gz`, gzipSync(lines(100 * i, 100 * i + 100)));
  const run = running(place, { config: include(place, '*.gz'), graceMs: 50 });
  await run.until(() => run.logs.length === 6000, 'all');
  await run.until(() => run.gauges.get('files open') === 0, 'all closed');
  expect(new Set(run.logs).size).toBe(6000);
  await rm(place.path('7.gz'));
  await run.until(() => run.gauges.get('files followed') === 59, 'one gone');
  expect(run.errors.size).toBe(0);
});

test('compressed, encoded and pretty-printed', async () => {
  const place = await testPlace();
  const text = Buffer.from(`\ufeff${JSON.stringify([{ n: 'é' }, { n: 2 }], null, 2)}`, 'utf16le');
  await place.append('a.json.gz', Buffer.concat([gzipSync(text.subarray(0, 21)), gzipSync(text.subarray(21))]));
  const run = await readOnce(place, {
    config: { ...include(place, '*.json.gz'), format: 'json', encoding: 'utf-16be' },
  });
  expect(run.events.map(({ event }) => event['n'])).toEqual(['é', 2]);
});

test('with read_from: end, only members that are appended', async () => {
  const place = await testPlace();
  await place.append('a.gz', gzipSync(lines(0, 20_000)));
  const run = running(place, { config: { ...include(place, 'a.gz'), read_from: 'end' } });
  await run.until(() => place.state.size > 1, 'the file');
  await place.append('a.gz', gzipSync(lines(20_000, 20_002)));
  await run.until(() => run.logs.length === 2, 'the new lines');
  expect(run.logs).toEqual(logs(20_000, 20_002));
});
