import { expect, onTestFinished, test } from 'vitest';
import { newPlace, type Place, readOnce, type SourceRun, type StartOptions, start } from './harness.ts';

async function place(): Promise<Place> {
  const made = await newPlace();
  onTestFinished(() => made.remove());
  return made;
}

function running(at: Place, options: StartOptions = {}): SourceRun {
  const run = start(at, options);
  onTestFinished(() => run.stop());
  return run;
}

const DOCKER = (log: string, stream = 'stdout') =>
  `${JSON.stringify({ log, stream, time: '2024-01-01T00:00:00.123456789Z' })}\n`;

test('reads lines of each format, decided per file', async () => {
  const at = await place();
  await at.append('a.log', DOCKER('hello\n'));
  await at.append('b.log', '2024-01-01T00:00:00.5Z stderr P hel\n2024-01-01T00:00:01Z stderr F lo\n');
  await at.append('c.log', '{"level":"info"}\n');
  await at.append('d.log', 'plain\n');
  const run = await readOnce(at);
  const time = expect.any(String);
  expect(run.events.map(({ event }) => event)).toEqual([
    { '@timestamp': '2024-01-01T00:00:00.123456789Z', stream: 'stdout', log: 'hello' },
    { '@timestamp': '2024-01-01T00:00:00.5Z', stream: 'stderr', log: 'hello' },
    { '@timestamp': time, level: 'info' },
    { '@timestamp': time, log: 'plain' },
  ]);
  expect(run.received.map(({ merged }) => merged)).toEqual([0, 1, 0, 0]);
});

test('a second run gives nothing, a third what was added', async () => {
  const at = await place();
  await at.append('a.log', 'one\ntwo\n');
  expect((await readOnce(at)).logs).toEqual(['one', 'two']);
  expect((await readOnce(at)).logs).toEqual([]);
  await at.append('a.log', 'three\n');
  expect((await readOnce(at)).logs).toEqual(['three']);
});

test('follows what is written', async () => {
  const at = await place();
  await at.append('a.log', 'one\ntw');
  const run = running(at);
  await run.until(() => run.logs.length === 1, 'the first line');
  await at.append('a.log', 'o\n');
  await at.append('b.log', 'new\n');
  await run.until(() => run.logs.length === 3, 'the others');
  expect(run.logs.toSorted()).toEqual(['new', 'one', 'two']);
});
