import { expect, onTestFinished, test } from 'vitest';
import { readOnce } from './harness.ts';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

const byStart = { multiline: { start: '^\\S', timeout: '150ms' } };

test('lines join by a start pattern, and the event spans their bytes', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n two\n\n three\nfour\n five');
  const run = await readOnce(at, { config: byStart });
  expect(run.logs).toEqual(['one\n two\n\n three', 'four\n five']);
  expect(run.events.map(({ offset, end }) => [offset, end])).toEqual([
    [0, 17],
    [17, 27],
  ]);
  expect(run.received.reduce((sum, { merged = 0 }) => sum + merged, 0)).toBe(3);
});

test('streams of a container log do not mix, and partial lines are merged before', async () => {
  const at = await testPlace();
  const line = (stream: string, tag: string, text: string) => `2024-01-01T00:00:00Z ${stream} ${tag} ${text}\n`;
  await at.append('a.log', line('stdout', 'F', 'a') + line('stderr', 'F', 'x') + line('stdout', 'P', ' b'));
  await at.append('a.log', line('stderr', 'F', ' y') + line('stdout', 'F', 'b') + line('stdout', 'F', 'c'));
  const run = await readOnce(at, { config: byStart });
  expect(run.logs.toSorted()).toEqual(['a\n bb', 'c', 'x\n y']);
});

test('an event is complete when no line came in time, and a later line begins another, also after a restart', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n two\n');
  const run = running(at, { config: byStart, hold: true });
  await run.until(() => run.logs.length === 1, 'the event that timed out');
  expect(run.logs).toEqual(['one\n two']);
  const killed = structuredClone(at.state);
  await at.append('a.log', ' three\n');
  await run.until(() => run.logs.length === 2, 'what came later');
  expect(run.logs[1]).toBe(' three');
  for (const batch of run.received.keys()) run.settle(batch);
  await run.stop();
  const again = await readOnce(at, { config: byStart, state: killed });
  expect(again.events.map(({ id, event }) => [id, event['log']])).toEqual(
    run.events.map(({ id, event }) => [id, event['log']]),
  );
});

test('what is held back when the process ends is read again from its first line', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\ntwo\n three\n');
  const run = running(at, { config: { multiline: { start: '^\\S', timeout: '1h' } } });
  await run.until(() => run.logs.length === 1, 'the first event');
  await run.stop();
  await at.append('a.log', ' four\n');
  const again = await readOnce(at, { config: byStart });
  expect(again.logs).toEqual(['two\n three\n four']);
});
