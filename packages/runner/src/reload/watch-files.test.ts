import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { testFolder } from '../test-pipeline.ts';
import { watchFiles } from './watch-files.ts';

const folder = testFolder({ beforeEach, afterEach });
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const LOOK_MS = 20;

/** Watches files and counts the calls. */
async function watched(names: () => string[]) {
  let calls = 0;
  onTestFinished(
    watchFiles(
      () => names().map((name) => join(folder.path, name)),
      () => calls++,
      LOOK_MS,
    ),
  );
  await pauseMs(3 * LOOK_MS);
  return {
    async calls(expected: number) {
      for (let k = 0; k < 100 && calls < expected; k++) await pauseMs(LOOK_MS);
      await pauseMs(3 * LOOK_MS);
      return calls;
    },
  };
}
const write = (name: string, text: string) => writeFile(join(folder.path, name), text);

it('sees what is written in place, replaced, removed and made again, once each', async () => {
  await write('a', '1');
  await write('b', '1');
  const watch = await watched(() => ['a', 'b']);
  expect(await watch.calls(0)).toBe(0);
  await write('a', '2');
  expect(await watch.calls(1)).toBe(1);
  await write('new', '3');
  await rename(join(folder.path, 'new'), join(folder.path, 'b'));
  expect(await watch.calls(2)).toBe(2);
  await rm(join(folder.path, 'b'));
  expect(await watch.calls(3)).toBe(3);
  await write('b', '4');
  expect(await watch.calls(4)).toBe(4);
});

it('sees that a symlink leads elsewhere, as in a volume of Kubernetes', async () => {
  for (const version of ['v1', 'v2']) {
    await mkdir(join(folder.path, version));
    await write(`${version}/a`, 'same');
  }
  const turn = async (to: string) => {
    await symlink(to, join(folder.path, 'data.new'));
    await rename(join(folder.path, 'data.new'), join(folder.path, 'data'));
  };
  await turn('v1');
  await symlink('data/a', join(folder.path, 'a'));
  const watch = await watched(() => ['a']);
  await turn('v2');
  expect(await watch.calls(1)).toBe(1);
});

it('waits until a file is not written to any more', async () => {
  await write('a', '');
  const watch = await watched(() => ['a']);
  for (let k = 0; k < 20; k++) {
    await write('a', 'x'.repeat(k));
    await pauseMs(LOOK_MS / 4);
  }
  expect(await watch.calls(1)).toBeLessThanOrEqual(2);
});
