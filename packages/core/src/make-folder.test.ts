import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from './make-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tailrace-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('makes what is missing, says where that begins, and is content with what is there', async () => {
  expect(await makeFolder(join(folder, 'a/b/c'))).toBe(join(folder, 'a'));
  expect((await stat(join(folder, 'a/b/c'))).mode & 0o777).toBe(0o750);
  expect(await makeFolder(join(folder, 'a/b/c'))).toBeUndefined();
  expect(await makeFolder(join(folder, 'a/b/d'))).toBe(join(folder, 'a/b/d'));
  await symlink(join(folder, 'a'), join(folder, 'link'));
  expect(await makeFolder(join(folder, 'link/b'))).toBeUndefined();
  expect(await makeFolder('/')).toBeUndefined();
});

test('several at once make one', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => makeFolder(join(folder, 'x/y/z'))));
  expect(made).toContain(join(folder, 'x'));
});

test('what is no folder, or leads nowhere, is an error', async () => {
  await writeFile(join(folder, 'file'), '');
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
  await expect(makeFolder(join(folder, 'file'))).rejects.toThrow('EEXIST');
  await expect(makeFolder(join(folder, 'file/a'))).rejects.toThrow('ENOTDIR');
  await expect(makeFolder(join(folder, 'dangling'))).rejects.toThrow('ENOENT');
  await expect(makeFolder(join(folder, 'dangling/a/b'))).rejects.toThrow('ENOENT');
  await symlink('loop', join(folder, 'loop'));
  await expect(makeFolder(join(folder, 'loop'))).rejects.toThrow('ELOOP');
});

test.runIf(process.platform === 'linux')('ends where nothing can be made', async () => {
  await expect(makeFolder('/proc/tailrace/a')).rejects.toThrow('ENOENT');
});
