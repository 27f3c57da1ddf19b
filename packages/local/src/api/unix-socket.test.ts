import { spawn } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask } from './api.fixture.ts';
import { closed } from './listen.ts';
import { listenOnSocket } from './unix-socket.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'socket-'));
});
afterEach(() => rm(folder, { recursive: true }));

const saying = (text: string) => createServer((_request, response) => response.end(text));
const heard = async (path: string) => (await ask('http://x/', { socketPath: path })).text;

it('belongs to its owner alone, and is gone afterwards', async () => {
  const path = join(folder, 'store.duckdb.sock');
  const server = saying('one');
  const leave = await listenOnSocket(server, path);
  const stats = await lstat(path);
  expect([stats.isSocket(), stats.mode & 0o777]).toEqual([true, 0o600]);
  expect(await heard(path)).toBe('one');
  await leave();
  await closed(server);
  expect(await readdir(folder)).toEqual([]);
});

it('takes the place of one that a killed process left', async () => {
  const path = join(folder, 'store.duckdb.sock');
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('on'))`;
  const other = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => other.stdout.once('data', resolve));
  other.kill('SIGKILL');
  await new Promise((resolve) => other.once('exit', resolve));
  expect((await lstat(path)).isSocket()).toBe(true);
  const server = saying('new');
  const leave = await listenOnSocket(server, path);
  expect(await heard(path)).toBe('new');
  await leave();
  await closed(server);
});

it('of a successor stays when the one before it leaves', async () => {
  const path = join(folder, 'store.duckdb.sock');
  const [before, after] = [saying('before'), saying('after')];
  const leaveBefore = await listenOnSocket(before, path);
  const leaveAfter = await listenOnSocket(after, path);
  await leaveBefore();
  await closed(before);
  expect(await heard(path)).toBe('after');
  await leaveAfter();
  await closed(after);
  expect(await readdir(folder)).toEqual([]);
});

it('can have a path longer than the system’s limit for sockets', async () => {
  const deep = join(folder, 'd'.repeat(100), 'e'.repeat(100));
  await mkdir(deep, { recursive: true });
  const path = join(deep, 'store.duckdb.sock');
  const server = saying('deep');
  const leave = await listenOnSocket(server, path);
  expect((await lstat(path)).isSocket()).toBe(true);
  await leave();
  await closed(server);
  expect(await readdir(deep)).toEqual([]);
});

it('never replaces a file that is none, and says so', async () => {
  const path = join(folder, 'store.duckdb.sock');
  await writeFile(path, 'mine');
  await expect(listenOnSocket(saying('x'), path)).rejects.toThrow(
    `${path}: there is a file that is no socket; move it away`,
  );
  await expect(listenOnSocket(saying('x'), join(folder, 'no', 'where'))).rejects.toThrow('ENOENT');
  expect(await readdir(folder)).toEqual(['store.duckdb.sock']);
});
