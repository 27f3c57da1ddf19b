import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compileCacheFolder } from './compile-cache.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

function version(env: NodeJS.ProcessEnv): { code: number | null; said: string } {
  const { NODE_COMPILE_CACHE: _, XDG_CACHE_HOME: __, ...others } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=source', MAIN, '--version'], {
    env: { ...others, ...env },
    encoding: 'utf8',
  });
  return { code: status, said: `${stdout}${stderr}` };
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tailrace-cache-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

test('compiled code is kept below the user’s own cache folder', async () => {
  const caches = await folder();
  expect(compileCacheFolder({ XDG_CACHE_HOME: caches })).toBe(join(caches, 'tailrace'));
  expect(compileCacheFolder({ XDG_CACHE_HOME: 'relative' })).toBe(join(homedir(), '.cache', 'tailrace'));
  expect(compileCacheFolder({})).toBe(join(homedir(), '.cache', 'tailrace'));
  expect(compileCacheFolder({ XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: '/own' })).toBe(undefined);
});

test('a folder of another user is left alone: its owner could say what code runs here', async () => {
  const caches = await folder();
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) await chown(caches, 65_534, 65_534);
  expect(compileCacheFolder({ XDG_CACHE_HOME: isRoot ? caches : '/' })).toBe(undefined);
  expect(compileCacheFolder({ XDG_CACHE_HOME: join(caches, 'missing') })).toBe(undefined);
});

test('the command keeps it there', async () => {
  const home = await folder();
  expect(version({ HOME: home }).code).toBe(0);
  expect(existsSync(join(home, '.cache', 'tailrace'))).toBe(true);
});

test('a folder that cannot be written to is no reason to stop or to say anything', async () => {
  const home = await folder();
  // The superuser may write anywhere but below a file.
  await writeFile(join(home, '.cache'), '');
  const shut = join(home, 'shut');
  await mkdir(shut);
  await chmod(shut, 0o500);
  for (const HOME of [home, shut, join(home, 'missing'), 'relative', '']) {
    expect(version({ HOME })).toEqual({ code: 0, said: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) as string });
  }
  expect(existsSync(join(home, 'missing'))).toBe(false);
});
