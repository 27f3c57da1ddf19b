import { readdir, rename } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { newPlace, type Place, readOnce, type SourceRun, type StartOptions, start } from './harness.ts';

async function testPlace(): Promise<Place> {
  const made = await newPlace();
  onTestFinished(() => made.remove());
  return made;
}

function running(at: Place, options?: StartOptions): SourceRun {
  const run = start(at, options);
  onTestFinished(() => run.stop());
  return run;
}

test('a thousand files are followed with few handles', async () => {
  const at = await testPlace();
  const names = Array.from({ length: 1000 }, (_, i) => `f${i}.log`);
  for (const name of names) await at.append(name, `first of ${name}\n`);
  const before = (await readdir('/proc/self/fd')).length;
  const run = running(at, { config: { scan_interval: '1h' } });
  await run.until(() => run.logs.length === 1000, 'the first lines');
  expect((await readdir('/proc/self/fd')).length - before).toBeLessThan(140);
  for (const name of names) await at.append(name, `second of ${name}\n`);
  await run.until(() => run.logs.length === 2000, 'the second lines');
  // The handle of the first file was closed long ago; it is found by what it is.
  await at.append('f0.log', 'before the rename\n');
  await rename(at.path('f0.log'), at.path('f0.log.1'));
  await run.until(() => run.logs.length === 2001, 'the line of a file that was renamed while closed');
  expect(new Set(run.logs).size).toBe(2001);
  await run.stop();
  expect((await readOnce(at)).logs).toEqual([]);
});
