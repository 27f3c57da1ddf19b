import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, rename } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { faultDisk, faultDisksMissing, type RunningProcess } from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { faults, type Target, target, until } from '../reload/setting.ts';
import { isReady, log, SETTINGS, SOCKET, said, saysNotReady, startThere, workFolder } from './setting.ts';

const run = promisify(execFile);
const missing = await faultDisksMissing();
const isRoot = process.getuid?.() === 0;

const pipeline = ({ url }: Target) => `${SETTINGS}
sources:
  app: { type: file, include: ['logs/*.log'], format: ndjson, scan_interval: 200ms }
transforms:
  wanted: { type: fields, inputs: app, fields: { bad: { type: long } }, on_conflict: dead_letter }
sinks:
  out: { type: elasticsearch, inputs: wanted, nodes: ['${url}'], index: logs, template: { enabled: false }, max_wait: 50ms }
`;

describe.skipIf(missing !== undefined)('a disk', () => {
  /** A running pipeline whose data_dir is a small disk of its own. */
  async function onDisk() {
    const to = await target();
    const folder = await workFolder(pipeline(to));
    const disk = await faultDisk(join(folder, 'data'), 4 * 1024 * 1024);
    onTestFinished(() => disk.remove());
    return { to, folder, disk, child: await startThere(folder, [...disk.enter, `--wd=${folder}`]) };
  }
  /** What delivered everything of `count` lines once, without a restart. */
  async function allThere(to: Target, child: RunningProcess, count: number): Promise<void> {
    await until('the last line', () => to.sent.size >= count);
    await isReady(child);
    child.signal('SIGTERM');
    expect((await child.exit()).code).toBe(0);
    expect(faults(to, count)).toEqual({ lost: 0, doubled: 0, invented: 0, sentTwice: 0 });
  }

  test.each([
    ['is full', 'ENOSPC'],
    ['is read-only', 'EROFS'],
  ])('that %s stops the checkpoints, not the delivery; it says so once and recovers', async (kind, code) => {
    const { to, folder, disk, child } = await onDisk();
    await log(folder, 'app.log', 0, 100);
    await until('the first lines', () => to.sent.size === 100);
    await (kind === 'is full' ? disk.fill() : disk.readOnly(true));
    await log(folder, 'app.log', 100, 100);
    const body = await saysNotReady(child, /checkpoint_failed/);
    expect(body).toContain(code);
    await until('lines without checkpoints', () => to.sent.size === 200);
    await log(folder, 'app.log', 200, 100);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    expect(said(child, /checkpoint_failed/)).toBe(1);
    await (kind === 'is full' ? disk.release() : disk.readOnly(false));
    await isReady(child);
    expect(said(child, /works again/)).toBe(1);
    await allThere(to, child, 300);
    expect(await readFile(join(disk.path, 'checkpoints.json'), 'utf8')).toContain('"format"');
  });

  test.each([
    ['is full', 'ENOSPC'],
    ['is read-only', 'EROFS'],
  ])('that %s makes dead letters wait, and a new file too: nothing is lost', async (kind, code) => {
    const { to, folder, disk, child } = await onDisk();
    await log(folder, 'app.log', 0, 10);
    await until('the first lines', () => to.sent.size === 10);
    await (kind === 'is full' ? disk.fill() : disk.readOnly(true));
    await log(folder, 'app.log', 10, 5, { bad: 'no number' });
    await log(folder, 'new.log', 10, 10);
    expect(await saysNotReady(child, /dead_letter_failed/)).toContain(code);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    expect(said(child, /dead_letter_failed/)).toBe(1);
    // A file that is new gets no id that could be forgotten.
    expect(to.sent.size).toBe(10);
    await (kind === 'is full' ? disk.release() : disk.readOnly(false));
    await isReady(child);
    await allThere(to, child, 20);
    const letters = (await readdir(disk.path)).filter((name) => name.startsWith('dead-letters'));
    const text = await readFile(join(disk.path, letters[0]!), 'utf8');
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: { n: number } }).event.n),
    ).toEqual([10, 11, 12, 13, 14]);
  });
});

describe('the machine', () => {
  test.skipIf(!isRoot)('that has no file descriptors left is told of, and waited for', async () => {
    const to = await target();
    const folder = await workFolder(pipeline(to));
    const child = await startThere(folder);
    const ask = oneConnection(folder);
    await log(folder, 'app.log', 0, 10);
    await until('the first lines', () => to.sent.size === 10);
    expect((await ask()).status).toBe(200);
    const open = (await readdir(`/proc/${child.pid}/fd`)).length;
    // Below what is open, so that what the process closes by itself makes no room.
    await limitFiles(child, open - 12);
    for (let k = 0; k < 20; k++) await log(folder, `${k}.log`, 10 + k, 1);
    const reason = /^app: .*EMFILE/m;
    await until('a word of /readyz', async () => reason.test((await ask()).body));
    await new Promise((resolve) => setTimeout(resolve, 1600));
    expect([said(child, /app: .*EMFILE/), said(child, /checkpoints: .*EMFILE/) <= 1]).toEqual([1, true]);
    await limitFiles(child, 4096);
    await until('the last line', () => to.sent.size === 30);
    await isReady(child);
    expect(faults(to, 30)).toEqual({ lost: 0, doubled: 0, invented: 0, sentTwice: 0 });
  });

  test('that refuses a log file and then data_dir is told of, and waited for', async () => {
    const to = await target();
    const folder = await workFolder(pipeline(to));
    // Root may read everything, unless it gives that right away.
    const child = await startThere(
      folder,
      isRoot ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : [],
    );
    await log(folder, 'other.log', 0, 10);
    await until('the first lines', () => to.sent.size === 10);
    await log(folder, 'app.new', 10, 10);
    await chmod(join(folder, 'logs/app.new'), 0o000);
    await rename(join(folder, 'logs/app.new'), join(folder, 'logs/app.log'));
    expect(await saysNotReady(child, /app\.log/)).toContain('EACCES');
    await chmod(join(folder, 'data'), 0o555);
    await log(folder, 'other.log', 20, 10);
    expect(await saysNotReady(child, /checkpoint_failed/)).toContain('EACCES');
    await new Promise((resolve) => setTimeout(resolve, 1600));
    expect([said(child, /app\.log.*EACCES/), said(child, /checkpoint_failed/)]).toEqual([1, 1]);
    await chmod(join(folder, 'data'), 0o755);
    await chmod(join(folder, 'logs/app.log'), 0o644);
    await until('the last line', () => to.sent.size === 30);
    await isReady(child);
    expect(faults(to, 30)).toEqual({ lost: 0, doubled: 0, invented: 0, sentTwice: 0 });
  });
});

async function limitFiles(child: RunningProcess, count: number): Promise<void> {
  await run('prlimit', ['--pid', String(child.pid), `--nofile=${count}:4096`]);
}

/** Asks /readyz over one connection, which needs no descriptor of its own each time. */
function oneConnection(folder: string): () => Promise<{ status: number; body: string }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return () =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath: join(folder, SOCKET), path: '/readyz', agent }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      asked.on('error', reject).end();
    });
}
