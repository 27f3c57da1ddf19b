import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testFolder } from '../test-pipeline.ts';
import { keyOf, openReplayed } from './replayed.ts';

const folder = testFolder({ beforeEach, afterEach });
const letters = () => join(folder.path, 'x.ndjson');
const stored = async () => JSON.parse(await readFile(join(folder.path, 'x.replayed.json'), 'utf8'));
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

it('what was replayed is on the disk within a second or so, and at the end', async () => {
  const replayed = await openReplayed(letters());
  replayed.of('a').add(0, 10);
  replayed.changed('a', 50);
  await pauseMs(1300);
  expect(await stored()).toEqual({ format: 1, files: { a: { bytes: 50, done: [0, 10] } } });
  replayed.of('a').add(10, 20);
  replayed.changed('a', 50);
  replayed.of('b').add(5, 6);
  replayed.changed('b', 6);
  await replayed.close();
  expect(await stored()).toEqual({
    format: 1,
    files: { a: { bytes: 50, done: [0, 20] }, b: { bytes: 6, done: [5, 6] } },
  });
  const again = await openReplayed(letters());
  expect([again.of('a').flat, again.of('c').flat]).toEqual([[0, 20], []]);
  expect([again.mayKnow(6), again.mayKnow(7)]).toEqual([true, false]);
  again.forget('a');
  await again.close();
  expect(Object.keys((await stored()).files)).toEqual(['b']);
});

it('what cannot be written now is tried again', async () => {
  const replayed = await openReplayed(letters());
  await mkdir(join(folder.path, 'x.replayed.json.part'));
  replayed.of('a').add(0, 10);
  replayed.changed('a', 50);
  await pauseMs(1200);
  await rm(join(folder.path, 'x.replayed.json.part'), { recursive: true });
  await pauseMs(1200);
  expect((await stored()).files).toEqual({ a: { bytes: 50, done: [0, 10] } });
  await replayed.close();
});

it('nothing is written when nothing happened, and no file is left when nothing is known any more', async () => {
  await (await openReplayed(letters())).close();
  expect(await readdir(folder.path)).toEqual([]);
  const replayed = await openReplayed(letters());
  replayed.of('a').add(0, 1);
  replayed.changed('a', 1);
  await replayed.close();
  const later = await openReplayed(letters());
  later.forget('a');
  await later.close();
  expect(await readdir(folder.path)).toEqual([]);
});

it('a file is known by its content, as far as it was read', async () => {
  await writeFile(letters(), 'one\ntwo\n');
  const key = await keyOf({ path: letters(), bytes: 4 });
  await writeFile(join(folder.path, 'copy'), 'one\n');
  expect(await keyOf({ path: join(folder.path, 'copy'), bytes: 4 })).toBe(key);
  expect(await keyOf({ path: letters(), bytes: 8 })).not.toBe(key);
});
