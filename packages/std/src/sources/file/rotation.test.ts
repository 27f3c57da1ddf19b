import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, link, mkdir, rename, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { readOnce, type SourceRun } from './harness.ts';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

const streams = (run: { events: readonly { stream: { id: string } }[] }) =>
  new Set(run.events.map(({ stream }) => stream.id)).size;

/** Whether a rewrite was first seen while the file was short is a matter of moments. */
const incidents = ({ errors }: SourceRun) => (errors.get('file_truncated') ?? 0) + (errors.get('file_rewritten') ?? 0);

test('reads a renamed file to its end, and the new one from its start', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at, { graceMs: 200 });
  await run.until(() => run.logs.length === 1, 'the first line');
  await rename(at.path('a.log'), at.path('a.log.1'));
  await at.append('a.log', 'new\n');
  await at.append('a.log.1', 'two\n');
  await at.append('a.log.1', 'no newline');
  await run.until(() => run.logs.length === 4, 'all lines');
  expect(run.logs.toSorted()).toEqual(['new', 'no newline', 'one', 'two']);
  expect(streams(run)).toBe(2);
  await run.until(() => run.gauges.get('files followed') === 1, 'the old file to be given up');
  await run.stop();
  expect((await readOnce(at)).logs).toEqual([]);
});

test('a file that is renamed within the patterns stays what it is', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const config = { include: [at.path('*.log*')] };
  const run = running(at, { config });
  await run.until(() => run.logs.length === 1, 'the first line');
  await rename(at.path('a.log'), at.path('a.log.1'));
  await at.append('a.log', 'new\n');
  await at.append('a.log.1', 'two\n');
  await run.until(() => run.logs.length === 3, 'all lines');
  await run.stop();
  await rename(at.path('a.log.1'), at.path('a.log.2'));
  await at.append('a.log.2', 'three\n');
  expect((await readOnce(at, { config })).logs).toEqual(['three']);
});

test('a file that was rotated while down is read to its end under its new name', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  await readOnce(at);
  await at.append('a.log', 'two\n');
  await rename(at.path('a.log'), at.path('a.log.1'));
  await at.append('a.log', 'three\n');
  const run = await readOnce(at);
  expect(run.logs.toSorted()).toEqual(['three', 'two']);
  expect((await readOnce(at)).logs).toEqual([]);
});

test('a deleted file is read to its end while it is open, also when the sinks are slow', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at, { graceMs: 100 });
  await run.until(() => run.logs.length === 1, 'the first line');
  const release = run.holdUp();
  await at.append('a.log', 'two\n');
  await run.until(() => run.begun === 2, 'an emit that waits');
  await at.append('b.log', 'short-lived\n');
  await run.until(() => run.gauges.get('files followed') === 2, 'the new file while an emit waits');
  await at.append('a.log', 'three\n');
  await unlink(at.path('a.log'));
  await unlink(at.path('b.log'));
  release();
  await run.until(() => run.logs.length === 4, 'all lines');
  expect(run.logs.toSorted()).toEqual(['one', 'short-lived', 'three', 'two']);
  await run.until(() => run.gauges.get('files followed') === 0, 'the files to be given up');
  expect(run.gauges.get('files open')).toBe(0);
});

test('a folder is not watched while nothing can be read for long, and all that came meanwhile is read after it', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at);
  await run.until(() => run.logs.length === 1 && isWatched(at.folder), 'the first line, and the watch');
  const release = run.holdUp();
  await at.append('a.log', 'two\n');
  await run.until(() => run.begun === 2 && !isWatched(at.folder), 'the end of the watch');
  await at.append('a.log', 'three\n');
  await rename(at.path('a.log'), at.path('a.log.1'));
  await at.append('a.log', 'four\n');
  await at.append('b.log', 'five\n');
  release();
  await run.until(() => run.logs.length === 5 && isWatched(at.folder), 'all lines, and the watch');
  expect(run.logs.toSorted()).toEqual(['five', 'four', 'one', 'three', 'two']);
});

test.for([
  ['truncated to nothing', ''],
  ['copied and cut shorter', 'x\n'],
  ['rewritten with the same size', 'neu\n'],
  ['rewritten longer', 'new and longer\n'],
])('a file that is %s is a new one', async ([, text]) => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at);
  await run.until(() => run.logs.length === 1, 'the first line');
  if (text === '') await truncate(at.path('a.log'));
  else await writeFile(at.path('a.log'), text!);
  await run.until(() => incidents(run) === 1, 'the truncation to be seen');
  await at.append('a.log', 'two\n');
  const expected = ['one', ...`${text}two`.split('\n')];
  await run.until(() => run.logs.length === expected.length, 'all lines');
  expect(run.logs).toEqual(expected);
  expect(streams(run)).toBe(2);
  await run.stop();
  await truncate(at.path('a.log'));
  await at.append('a.log', `${text}two\n`.replace('t', 'T'));
  const again = await readOnce(at);
  expect(again.logs.at(-1)).toBe('Two'.slice(0, again.logs.at(-1)?.length));
  expect(again.events.some(({ id }) => run.events.some((old) => old.id === id))).toBe(false);
});

test('a file that was renamed away can still be truncated', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at, { graceMs: 400 });
  await run.until(() => run.logs.length === 1, 'the first line');
  await rename(at.path('a.log'), at.path('away'));
  await writeFile(at.path('away'), 'two\n');
  await run.until(() => run.logs.length === 2, 'the new content');
  expect(incidents(run)).toBe(1);
  await run.until(() => run.gauges.get('files followed') === 0, 'the file to be given up');
  expect(run.logs).toEqual(['one', 'two']);
});

test('follows a symlink to where it leads, and to where it leads next', async () => {
  const at = await testPlace();
  await mkdir(at.path('real'));
  await at.append('real/one', 'one\n');
  await at.append('real/two', 'two\n');
  await symlink(at.path('real/one'), at.path('a.log'));
  const run = running(at, { graceMs: 100 });
  await run.until(() => run.logs.length === 1, 'the first file');
  await symlink(at.path('real/two'), at.path('next'));
  await rename(at.path('next'), at.path('a.log'));
  await at.append('real/one', 'one more\n');
  await run.until(() => run.logs.length === 3, 'both files');
  expect(run.logs.toSorted()).toEqual(['one', 'one more', 'two']);
  await symlink(at.path('nowhere'), at.path('b.log'));
  await link(at.path('real/two'), at.path('c.log'));
  await at.append('real/two', 'once\n');
  await run.until(() => run.logs.length === 4, 'the line of a file with two names');
  await run.stop();
  expect(run.logs.filter((log) => log === 'once')).toHaveLength(1);
});

test('rotation behind a symlink, as the kubelet does it, is seen without a scan', async () => {
  const at = await testPlace();
  const line = (text: string) => `2024-01-01T00:00:00Z stdout F ${text}\n`;
  await mkdir(at.path('pods/ns_pod_uid/app'), { recursive: true });
  await mkdir(at.path('containers'));
  const current = 'pods/ns_pod_uid/app/0.log';
  await at.append(current, line('one'));
  await symlink(at.path(current), at.path(`containers/pod_ns_app-${'ab'.repeat(32)}.log`));
  const config = { include: ['containers/*.log'], scan_interval: '1h' };
  const run = running(at, { config });
  await run.until(() => run.logs.length === 1, 'the first line');
  await rename(at.path(current), at.path(`${current}.20240101-000000`));
  await at.append(current, line('three'));
  await at.append(`${current}.20240101-000000`, line('two'));
  await run.until(() => run.logs.length === 3, 'the lines of both files');
  await run.stop();
  expect(run.logs.toSorted()).toEqual(['one', 'three', 'two']);
  await at.append(current, line('four'));
  await rename(at.path(current), at.path(`${current}.20240102-000000`));
  await at.append(current, line('five'));
  const again = await readOnce(at, { config });
  expect(again.logs.toSorted()).toEqual(['five', 'four']);
  const names = [...run.events, ...again.events].map(({ event }) => [event['kubernetes'], event['docker']]);
  const kubernetes = { namespace_name: 'ns', pod_name: 'pod', container_name: 'app', pod_id: 'uid' };
  expect(names).toEqual(Array(5).fill([kubernetes, { container_id: 'ab'.repeat(32) }]));
});

test('bytes that a truncation took before they were read are counted', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at, { graceMs: 100 });
  await run.until(() => run.logs.length === 1, 'the first line');
  const release = run.holdUp();
  await at.append('b.log', 'holds the reader up\n');
  await run.until(() => run.begun === 2, 'an emit that waits');
  await at.append('a.log', 'lost\n');
  await run.until(() => run.gauges.get('file_lag_bytes') === 5, 'the scan to see it');
  await truncate(at.path('a.log'));
  release();
  await run.until(() => run.errors.get('file_truncated') === 1, 'the truncation');
  expect(run.gauges.get('file_lost_bytes file_truncated')).toBe(5);
});

test('a file that nobody may read is told, and read once it may be', async () => {
  const at = await testPlace();
  await at.append('a.log', 'secret\n');
  await at.append('b.log', 'open\n');
  chmodSync(at.path('a.log'), 0o000);
  chmodSync(at.folder, 0o777);
  // The superuser may read everything, so the source runs as nobody where the test runs as root.
  const asRoot = process.geteuid?.() === 0;
  if (asRoot) process.seteuid?.(65_534);
  try {
    const run = running(at);
    await run.until(() => run.notReady.size === 1 && run.logs.length === 1, 'the reason');
    expect([...run.notReady]).toEqual([[at.path('a.log'), expect.stringContaining('EACCES')]]);
    expect(run.errors.get('file_unreadable')).toBe(1);
    if (asRoot) process.seteuid?.(0);
    chmodSync(at.path('a.log'), 0o644);
    if (asRoot) process.seteuid?.(65_534);
    await run.until(() => run.logs.length === 2, 'the line');
    expect(run.notReady.size).toBe(0);
    expect(run.errors.get('file_unreadable')).toBe(1);
    await run.stop();
  } finally {
    if (asRoot) process.seteuid?.(0);
  }
});

test.for([['while it runs', false] as const, ['while it is down', true] as const])(
  'copies by the same name, one over the other, give what was not read, %s',
  async ([, isDown]) => {
    const at = await testPlace();
    await at.append('a.log', 'one\n');
    let run = running(at, { graceMs: 300 });
    const logs: string[] = [];
    for (const [i, text] of ['two', 'and three', 'at last four'].entries()) {
      await run.until(() => run.logs.length > 0, 'a line');
      if (isDown) await run.stop();
      logs.push(...(isDown ? run.logs.splice(0) : []));
      await at.append('a.log', `${text}\n`);
      await copyFile(at.path('a.log'), at.path('a.log.1'));
      await truncate(at.path('a.log'));
      await at.append('a.log', `${i}\n`);
      if (isDown) run = running(at, { graceMs: 300 });
      else await run.until(() => run.logs.length >= 3 + 2 * i, 'the lines of both files');
      await run.until(() => run.logs.includes(String(i)), 'the line of the new file');
    }
    await run.until(() => logs.length + run.logs.length >= 7, 'all lines');
    expect([...logs, ...run.logs].toSorted()).toEqual(['0', '1', '2', 'and three', 'at last four', 'one', 'two']);
  },
);

/** Whether this process watches a folder (proc_pid_fdinfo(5)). */
function isWatched(folder: string): boolean {
  const inode = ` ino:${statSync(folder).ino.toString(16)} `;
  return readdirSync('/proc/self/fdinfo').some((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').includes(inode);
    } catch {
      // Closed since it was listed.
      return false;
    }
  });
}
