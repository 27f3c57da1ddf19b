import { mkdir, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type RunningProcess, startProcess } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder } from '../test-pipeline.ts';
import { lockDataDir } from './lock.ts';

const folder = testFolder({ beforeEach, afterEach });
const children: RunningProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
});

/** A process that takes the lock of a folder, when it is told to, and keeps it. */
async function holder(dataDir: string): Promise<RunningProcess> {
  const module = pathToFileURL(join(import.meta.dirname, 'lock.ts')).href;
  const script = `
    import { lockDataDir } from ${JSON.stringify(module)};
    console.log('started');
    process.stdin.once('data', async () => {
      try {
        await lockDataDir(${JSON.stringify(dataDir)});
        console.log('holds it');
        setInterval(() => undefined, 1000);
      } catch (error) {
        console.log(error.name + ': ' + error.message);
        process.exit(0);
      }
    });`;
  const child = await startProcess({
    command: [process.execPath, '--conditions=source', '--input-type=module', '-e', script],
    folder: folder.path,
  });
  children.push(child);
  await child.line('started');
  return child;
}

describe('a data_dir', () => {
  it('belongs to one process; another one is told which', async () => {
    const owner = await holder(folder.path);
    owner.write('go');
    await owner.line('holds it');
    const inUse = `data_dir ${folder.path} is in use by process ${owner.pid} on ${hostname()}: stop it, or give this one another data_dir.`;
    await expect(lockDataDir(folder.path)).rejects.toThrow(inUse);
    const second = await holder(folder.path);
    second.write('go');
    expect(await second.line('StateError')).toBe(`StateError: ${inUse}`);
    await second.exit();
    await expect(lockDataDir(folder.path)).rejects.toThrow(inUse);
  });

  it('is free when its process was killed', async () => {
    const owner = await holder(folder.path);
    owner.write('go');
    await owner.line('holds it');
    await owner.kill();
    expect(await readdir(folder.path)).toHaveLength(1);
    const lock = await lockDataDir(folder.path);
    expect(await readdir(folder.path)).toHaveLength(1);
    await lock.release();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('goes to exactly one of those that start at once, also over a dead one’s lock', async () => {
    for (let round = 0; round < 3; round++) {
      const starters = await Promise.all(Array.from({ length: 4 }, () => holder(folder.path)));
      for (const starter of starters) starter.write('go');
      const said = await Promise.all(starters.map((starter) => starter.line(/holds it|StateError/)));
      expect(said.filter((line) => line === 'holds it')).toHaveLength(1);
      for (const line of said) expect(line).toMatch(/^holds it$|in use by process \d+ on /);
      for (const starter of starters) await starter.kill();
    }
  }, 30_000);

  it('goes to exactly one also within a process, and to the next after release', async () => {
    for (let round = 0; round < 10; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 5 }, () => lockDataDir(folder.path)));
      const locks = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(locks).toHaveLength(1);
      await locks[0]!.release();
    }
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('that does not answer is in use', async () => {
    const owner = await holder(folder.path);
    owner.write('go');
    await owner.line('holds it');
    owner.signal('SIGSTOP');
    await expect(lockDataDir(folder.path)).rejects.toThrow('is in use by a process that does not answer');
    owner.signal('SIGCONT');
  }, 10_000);

  it('may have a long path', async () => {
    const long = join(folder.path, 'x'.repeat(120), 'y'.repeat(120));
    await mkdir(long, { recursive: true });
    const lock = await lockDataDir(long);
    await expect(lockDataDir(long)).rejects.toThrow(`in use by process ${process.pid}`);
    await lock.release();
    await (await lockDataDir(long)).release();
  });
});
