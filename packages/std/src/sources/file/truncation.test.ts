import { truncate } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { newPlace, type SourceRun, type StartOptions, start } from './harness.ts';

test.for([
  ['to nothing, and written with lines of the same lengths', '', 'new\n'],
  ['and began with the same line, but is shorter', 'same\n', ''],
])('killed right after a truncation, and then truncated again %s: no id is given twice', async ([, head, rest]) => {
  const at = await newPlace();
  onTestFinished(() => at.remove());
  const running = (options?: StartOptions): SourceRun => {
    const run = start(at, options);
    onTestFinished(() => run.stop());
    return run;
  };
  await at.append('a.log', 'one\n');
  const first = running();
  await first.until(() => first.logs.length === 1, 'the first line');
  first.hold = true;
  await truncate(at.path('a.log'));
  await first.until(() => first.errors.get('file_truncated') === 1, 'the truncation');
  await at.append('a.log', `${head}old\nand more\n`);
  await first.until(() => first.logs.includes('and more'), 'the lines after the truncation');
  const { flushed } = first;
  for (const batch of first.received.keys()) first.settle(batch);
  await first.stop();
  await truncate(at.path('a.log'));
  await at.append('a.log', head! + rest!);
  const second = running({ state: flushed });
  const expected = `${head}${rest}`.trimEnd().split('\n');
  await second.until(() => second.logs.length === expected.length, 'the lines after the second truncation');
  expect(second.logs).toEqual(expected);
  const ids = new Set([...first.events, ...second.events].map(({ id }) => id));
  expect(ids.size).toBe(first.events.length + second.events.length);
});
