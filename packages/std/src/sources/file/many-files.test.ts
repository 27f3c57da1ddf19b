import { readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { readOnce } from './harness.ts';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

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

test.for([['is counted as lost', false] as const, ['is read where it was compressed', true] as const])(
  'what was in a file that went away while it was closed %s',
  async ([, compressed]) => {
    const at = await testPlace();
    // More than are kept open, so that the first ones read are closed.
    const names = Array.from({ length: 140 }, (_, i) => `f${String(i).padStart(3, '0')}.log`);
    for (const name of names) await at.append(name, 'one\n');
    const run = running(at, { graceMs: 100 });
    await run.until(() => run.logs.length === 140, 'the first lines');
    const release = run.holdUp();
    await at.append('f139.log', 'two\n');
    await run.until(() => run.begun === 141, 'an emit that waits');
    await at.append('f000.log', 'lost line\n');
    await run.until(() => run.gauges.get('file_lag_bytes') === 10, 'the scan to see it');
    if (compressed) await writeFile(at.path('f000.log.1.gz'), gzipSync(await readFile(at.path('f000.log'))));
    await unlink(at.path('f000.log'));
    release();
    if (compressed) await run.until(() => run.logs.includes('lost line'), 'the line');
    else await run.until(() => run.errors.get('file_lost') === 1, 'the loss to be counted');
    await run.until(() => run.gauges.get('files followed') === 139, 'the file to be given up');
    expect(run.logs).toHaveLength(compressed ? 142 : 141);
    expect(run.gauges.get('file_lost_bytes file_lost')).toBe(compressed ? undefined : 10);
  },
);
