import { rename, rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { readOnce } from './harness.ts';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

const byStart = { multiline: { start: '^\\S', timeout: '150ms' } };

test('lines join by a start pattern, and the event spans their bytes', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n two\n\n three\nfour\n five');
  // However short the time: what is read once ends with its files.
  const run = await readOnce(at, { config: { multiline: { start: '^\\S', timeout: '10ms' } } });
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

test('an event that ends by time leaves only when it is on the disk that it ended there', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n two\n');
  const run = running(at, { config: byStart });
  await run.until(() => run.logs.length === 1, 'the first event');
  run.failingFlushes = 1000;
  await at.append('a.log', 'three\n four\n');
  await run.until(() => run.failingFlushes < 998, 'flushes that fail');
  expect(run.logs).toEqual(['one\n two']);
  run.failingFlushes = 0;
  await run.until(() => run.logs.length === 2, 'the second event');
  expect(JSON.stringify([...run.flushed.values()])).toContain('"cuts":[21]');
});

test('what was wrong with the lines of an event is counted when it ends by time or with its file, too', async () => {
  const at = await testPlace();
  await at.append('a.log', Buffer.from('one \xff\n two\n', 'latin1'));
  const config = { ...byStart, max_event_bytes: 10 };
  const run = running(at, { config });
  await run.until(() => run.logs.length === 1, 'the event that timed out');
  expect(run.errors).toEqual(new Map([['invalid_utf8_replaced', 1]]));
  await run.stop();
  await at.append('a.log', 'a line that is too long\n');
  expect((await readOnce(at, { config })).errors).toEqual(new Map([['line_truncated', 1]]));
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

test('lines that were held back come one by one when they are not joined any more', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n 1\ntwo\n 2\n');
  const run = running(at, { config: { multiline: { start: '^\\S', timeout: '1h' } } });
  await run.until(() => run.logs.length === 1, 'the first event');
  await run.stop();
  expect((await readOnce(at)).logs).toEqual(['two', ' 2']);
  expect((await readOnce(at, { config: byStart })).logs).toEqual([]);
});

test('an event ends with its file: after a rotation the lines of the next one are others, and half a line is whole there', async () => {
  const at = await testPlace();
  const line = (tag: string, text: string) => `2024-01-01T00:00:00Z stdout ${tag} ${text}\n`;
  const config = { include: ['a.log'], multiline: { start: '^S', timeout: '200ms' } };
  await at.append('a.log', line('F', 'S one') + line('F', ' two') + line('P', ' th'));
  const run = running(at, { config, graceMs: 300 });
  await run.until(() => run.gauges.get('file_lag_bytes') === 0, 'all to be read');
  await rename(at.path('a.log'), at.path('a.log.1'));
  await at.append('a.log', line('F', 'ree') + line('F', ' four') + line('F', 'S five'));
  await run.until(() => run.logs.length === 3, `three events; so far ${JSON.stringify(run.logs)}`);
  expect(run.logs.toSorted()).toEqual([' three\n four', 'S five', 'S one\n two']);
  const [first] = run.events.filter(({ event }) => event['log'] === 'S one\n two');
  const [half] = run.events.filter(({ event }) => String(event['log']).startsWith(' three'));
  expect(half!.stream.id).toBe(first!.stream.id);
  expect(half!.offset).toBe(first!.end);
  await run.stop();
  expect((await readOnce(at, { config })).logs).toEqual([]);
});

test('what is held back of a file that goes away is given out, and a last line without its end with it', async () => {
  const at = await testPlace();
  await at.append('a.log', 'S one\n two\n three');
  const run = running(at, { config: { multiline: { start: '^S', timeout: '1h' } }, graceMs: 100 });
  await run.until(() => run.gauges.get('files followed') === 1, 'the file');
  await rm(at.path('a.log'));
  await run.until(() => run.logs.length === 1, 'the event');
  expect(run.logs).toEqual(['S one\n two\n three']);
});

test('limits part an event, and are counted; objects of NDJSON are not joined, lines that are none of them are', async () => {
  const at = await testPlace();
  await at.append('a.log', 'S\n 1\n 2\n 3\n');
  const split = await readOnce(at, { config: { multiline: { start: '^S', max_lines: 2 } } });
  expect([split.logs, split.errors.get('multiline_split')]).toEqual([['S\n 1', ' 2\n 3'], 1]);
  await at.append('b.log', '{"a":1}\n{"log":" b"}\nError: x\n    at y (z.js:1:2)\n{"log":" c"}\n');
  const mixed = await readOnce(at, { config: { include: ['b.log'], multiline: { presets: ['node'] } } });
  expect(mixed.events.map(({ event }) => event['log'] ?? event['a'])).toEqual([
    1,
    ' b',
    'Error: x\n    at y (z.js:1:2)',
    ' c',
  ]);
});

test.for([[[]], [[0]], [[1]], [[2]], [[0, 1]], [[0, 2]], [[1, 2]], [[0, 1, 2]]] as const)(
  'killed after an event was read that begins with half a line of the file before, batches %j settled: what is not comes again as it was',
  async ([settled]) => {
    const at = await testPlace();
    const line = (tag: string, text: string) => `2024-01-01T00:00:00Z stdout ${tag} ${text}\n`;
    const config = { include: ['a.log'], multiline: { start: '^S', timeout: '200ms' } };
    await at.append('a.log', line('F', 'S one') + line('F', ' two') + line('P', ' th'));
    const first = running(at, { config, graceMs: 300, hold: true });
    await first.until(() => first.logs.length === 1, 'the event that ended by time');
    await rename(at.path('a.log'), at.path('a.log.1'));
    await at.append('a.log', line('F', 'ree') + line('F', ' four') + line('F', 'S five'));
    await first.until(() => first.logs.length === 3, 'all events');
    expect(first.received).toHaveLength(3);
    for (const batch of settled) first.settle(batch);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const killed = structuredClone(at.state);
    for (const batch of [0, 1, 2]) first.settle(batch);
    await first.stop();
    await at.append('a.log', line('F', ' six'));
    const second = await readOnce(at, { config, state: killed });
    const known = new Map([...first.events, ...second.events].map(({ id, event }) => [id, event['log']]));
    for (const { id, event } of [...first.events, ...second.events]) expect(event['log']).toBe(known.get(id));
    expect([...known.values()].toSorted()).toEqual([' six', ' three\n four', 'S five', 'S one\n two']);
    const before = new Set(
      first.events.filter((_, batch) => !(settled as readonly number[]).includes(batch)).map(({ id }) => id),
    );
    const again = second.events.map(({ id }) => id).filter((id) => first.events.some((event) => event.id === id));
    // What was settled behind a gap comes again too, but nothing that is unsettled is missing.
    expect([...before].filter((id) => !again.includes(id))).toEqual([]);
    if (settled.length === 3) expect(again).toEqual([]);
  },
);
