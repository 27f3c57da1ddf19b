import { rename, rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

test('partial lines without their end are given out when the file is gone', async () => {
  const at = await testPlace();
  await at.append('a.log', '2024-01-01T00:00:00Z stdout P half\n');
  const run = running(at, { graceMs: 100 });
  await run.until(() => run.gauges.get('files followed') === 1, 'the file');
  expect(run.logs).toEqual([]);
  await rm(at.path('a.log'));
  await run.until(() => run.logs.length === 1, 'the half line');
  expect(run.logs).toEqual(['half']);
});

test('half a line waits for the next file as long as that is empty, and keeps the place where it began', async () => {
  const at = await testPlace();
  const line = (tag: string, text: string) => `2024-01-01T00:00:00Z stdout ${tag} ${text}\n`;
  await at.append('a.log', line('F', 'one') + line('P', 'a1'));
  const run = running(at, { graceMs: 100 });
  await run.until(() => run.logs.length === 1, 'the first line');
  await rename(at.path('a.log'), at.path('a.log.20240101-000000'));
  await at.append('a.log', '');
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(run.logs).toEqual(['one']);
  await at.append('a.log', line('F', 'a2') + line('F', 'b'));
  await run.until(() => run.logs.length === 3, 'the rest');
  const [one, merged, next] = run.events;
  expect(run.logs).toEqual(['one', 'a1a2', 'b']);
  expect(merged!.id).toBe(`${one!.stream.id}-${line('F', 'one').length.toString(16).padStart(12, '0')}`);
  expect(next!.stream.id).not.toBe(one!.stream.id);
  expect(run.received.reduce((sum, { merged: lines = 0 }) => sum + lines, 0)).toBe(1);
});

test('half a line waits for the next file as long as that has no place in the checkpoints', async () => {
  const at = await testPlace();
  const line = (tag: string, text: string) => `2024-01-01T00:00:00Z stdout ${tag} ${text}\n`;
  await at.append('a.log', line('F', 'one') + line('P', 'a1'));
  const run = running(at, { graceMs: 100 });
  await run.until(() => run.logs.length === 1, 'the first line');
  run.failingFlushes = Number.POSITIVE_INFINITY;
  await rename(at.path('a.log'), at.path('a.log.20240101-000000'));
  await at.append('a.log', line('F', 'a2'));
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(run.logs).toEqual(['one']);
  run.failingFlushes = 0;
  await run.until(() => run.logs.length === 2, 'the whole line');
  expect(run.logs[1]).toBe('a1a2');
});

test('a file that is written on after its rotation holds up the next one only for a while, also with half a line', async () => {
  const at = await testPlace();
  const line = (tag: string, text: string) => `2024-01-01T00:00:00Z stdout ${tag} ${text}\n`;
  await at.append('a.log', line('F', 'one'));
  const run = running(at, { graceMs: 300, config: { include: ['a.log*'] } });
  await run.until(() => run.logs.length === 1, 'the first line');
  await rename(at.path('a.log'), at.path('a.log.1'));
  await at.append('a.log.1', line('P', 'half'));
  await at.append('a.log', line('F', 'two'));
  const writing = setInterval(() => void at.append('a.log.1', line('P', '.')), 3);
  onTestFinished(() => clearInterval(writing));
  await run.until(() => run.logs.length === 2, 'the line of the next file');
  expect(run.logs[1]).toMatch(/^half\.+two$/);
});

test.for([
  ['all is settled', [0, 1], ['d']],
  ['only the end of the line is settled', [1], ['one', 'd']],
  ['only what was before the line is settled', [0], ['a1a2', 'c', 'd']],
  ['nothing is settled', [], ['one', 'a1a2', 'c', 'd']],
] as const)(
  'killed after a line over two files was read, when %s: what is settled does not come again, and joins nothing else',
  async ([, settled, expected]) => {
    const at = await testPlace();
    const line = (tag: string, text: string) => `2024-01-01T00:00:00Z stdout ${tag} ${text}\n`;
    await at.append('a.log', line('F', 'one') + line('P', 'a1'));
    const first = running(at, { graceMs: 300, hold: true });
    await first.until(() => first.logs.length === 1, 'the first line');
    await rename(at.path('a.log'), at.path('a.log.1'));
    await at.append('a.log', line('F', 'a2') + line('F', 'c'));
    await first.until(() => first.logs.length === 3, 'the merged line');
    expect(first.received).toHaveLength(2);
    for (const batch of settled) first.settle(batch);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const crashed = structuredClone(at.state);
    for (const batch of [0, 1]) first.settle(batch);
    await first.stop();
    await at.append('a.log', line('F', 'd'));
    const second = running(at, { graceMs: 300, state: crashed });
    await second.until(() => second.logs.length >= expected.length, 'what was not settled');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(second.logs).toEqual(expected);
    const ids = new Map(first.events.map(({ id, event }) => [String(event['log']), id]));
    for (const { id, event } of second.events.slice(0, -1)) expect(id).toBe(ids.get(String(event['log'])));
  },
);
