import { rename, stat, unlink, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Place, readOnce, type State } from './harness.ts';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

const copy = (state: State): State => structuredClone(state);

test('partial lines are merged over a restart, and other streams are not read twice', async () => {
  const at = await testPlace();
  const line = (stream: string, tag: string, text: string) => `2024-01-01T00:00:00Z ${stream} ${tag} ${text}\n`;
  await at.append('a.log', line('stdout', 'F', 'before'));
  await at.append('a.log', line('stderr', 'P', 'err'));
  await at.append('a.log', line('stdout', 'P', 'out'));
  await at.append('a.log', line('stderr', 'F', 'or'));
  const first = running(at);
  await first.until(() => first.logs.length === 2, 'two events');
  await first.stop();
  expect(first.logs).toEqual(['before', 'error']);
  await at.append('a.log', line('stdout', 'F', 'put'));
  const second = await readOnce(at);
  expect(second.logs).toEqual(['output']);
  const whole = await readOnce(at, { state: new Map() });
  expect([...first.events, ...second.events].map(({ id }) => id).toSorted()).toEqual(
    whole.events.map(({ id }) => id).toSorted(),
  );
});

test('an older copy of the checkpoints gives the same ids again, and says how far they are repeats', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  await readOnce(at);
  const older = copy(at.state);
  await at.append('a.log', 'two\nthree\n');
  const first = await readOnce(at);
  const size = (await stat(at.path('a.log'))).size;
  await at.append('a.log', 'four\n');
  const again = await readOnce(at, { state: older });
  expect(again.logs).toEqual(['two', 'three', 'four']);
  expect(again.events.slice(0, 2).map(({ id }) => id)).toEqual(first.events.map(({ id }) => id));
  expect(again.events[0]!.stream.replayBelow).toBe(size + 5);
  expect(again.events[0]!.stream.firstSeen).toBe(first.events[0]!.stream.firstSeen);
  // A file that the store did not know cannot have been sent.
  expect((await readOnce(at, { state: new Map() })).events[0]!.stream.replayBelow).toBe(0);
});

test('the same file on two nodes has two ids', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const [one, two] = await Promise.all(
    ['node-1', 'node-2'].map((nodeId) => readOnce(at, { nodeId, state: new Map() })),
  );
  expect(one!.events[0]!.id).not.toBe(two!.events[0]!.id);
  expect(one!.events[0]!.id).toMatch(/^[\w-]{16}-0{12}$/);
});

/** Replaces a file by one with the same inode, as ext4 does at once; where it does not, the stored records are told that it did. */
async function reuseInode(at: Place, name: string, text: string, state: State = at.state): Promise<void> {
  const { ino } = await stat(at.path(name));
  for (let attempt = 0; attempt < 20; attempt++) {
    await unlink(at.path(name));
    await writeFile(at.path(name), text);
    if ((await stat(at.path(name))).ino === ino) return;
  }
  const inode = String((await stat(at.path(name))).ino);
  for (const [key, record] of state) if (key.startsWith('file:')) state.set(key, { ...(record as object), inode });
}

test('an inode that went to another file with the same lines is a new file', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\ntwo\n');
  const first = await readOnce(at);
  await reuseInode(at, 'a.log', 'one\ntwo\nthree\n');
  const second = await readOnce(at);
  expect(second.logs).toEqual(['one', 'two', 'three']);
  const ids = new Set([...first.events, ...second.events].map(({ id }) => id));
  expect(ids.size).toBe(5);
});

test('without birth times ids are random and content tells that an inode went to another file', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\ntwo\n');
  const first = await readOnce(at, { births: false });
  await at.append('a.log', 'three\n');
  await rename(at.path('a.log'), at.path('b.log'));
  const second = await readOnce(at, { births: false });
  expect(second.logs).toEqual(['three']);
  expect(second.events[0]!.stream.id).toBe(first.events[0]!.stream.id);
  await reuseInode(at, 'b.log', 'another file, longer than the old\n');
  const third = await readOnce(at, { births: false });
  expect(third.logs).toEqual(['another file, longer than the old']);
  expect(third.events[0]!.stream.id).not.toBe(first.events[0]!.stream.id);
  const elsewhere = await readOnce(at, { births: false, state: new Map() });
  expect(elsewhere.events[0]!.id).not.toBe(third.events[0]!.id);
});

test('without birth times, also a file of which nothing is settled is known by its head', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const first = running(at, { births: false, hold: true });
  await first.until(() => first.logs.length === 1, 'the line');
  const crashed = copy(at.state);
  first.settle(0);
  await first.stop();
  await reuseInode(at, 'a.log', 'two\n', crashed);
  const second = await readOnce(at, { births: false, state: crashed });
  expect(second.logs).toEqual(['two']);
  expect(second.events[0]!.id).not.toBe(first.events[0]!.id);
});

test('a file that was truncated and written anew while down is a new one', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\ntwo\n');
  const first = await readOnce(at);
  await writeFile(at.path('a.log'), 'other lines, and more of them\n');
  const second = await readOnce(at);
  expect(second.logs).toEqual(['other lines, and more of them']);
  expect(second.events[0]!.id).not.toBe(first.events[0]!.id);
  await writeFile(at.path('a.log'), 'short\n');
  expect((await readOnce(at)).logs).toEqual(['short']);
});

test('checkpoints move only over what is settled without a gap', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at, { hold: true });
  for (const [count, text] of ['two\n', 'three\n', 'four\n'].entries()) {
    await run.until(() => run.logs.length === count + 1, 'a line');
    await at.append('a.log', text);
  }
  await run.until(() => run.logs.length === 4, 'the last line');
  run.settle(2);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect((await readOnce(at, { state: copy(at.state) })).logs).toEqual(['one', 'two', 'three', 'four']);
  run.settle(0);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect((await readOnce(at, { state: copy(at.state) })).logs).toEqual(['two', 'three', 'four']);
  run.settle(1, 'errored');
  run.settle(3);
  await run.stop();
  expect((await readOnce(at)).logs).toEqual(['two', 'three', 'four']);
});

test('nothing is emitted under an id that could not be stored', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at, { failingFlushes: 2 });
  await run.until(() => run.logs.length === 1, 'the line');
  await writeFile(at.path('a.log'), '');
  await run.until(() => run.errors.get('file_truncated') === 1, 'the truncation');
  await at.append('a.log', 'two\n');
  await run.until(() => run.logs.length === 2, 'the next line');
  await run.stop();
  const truncated = running(at, { failingFlushes: 2 });
  await truncated.until(() => truncated.gauges.get('files followed') === 1, 'the file');
  await writeFile(at.path('a.log'), '');
  await truncated.until(() => truncated.errors.get('file_truncated') === 1, 'the truncation');
  await at.append('a.log', 'three\n');
  await truncated.until(() => truncated.logs.length === 1, 'the line of the new instance');
  expect(new Set([...run.events, ...truncated.events].map(({ id }) => id)).size).toBe(3);
});

test('the record of a file that is gone is kept for an hour', async () => {
  const at = await testPlace();
  const known = () => [...at.state.keys()].filter((key) => key.startsWith('file:'));
  await at.append('a.log', 'one\n');
  await readOnce(at);
  await rename(at.path('a.log'), at.path('moved'));
  await readOnce(at);
  const [key] = known();
  const record = at.state.get(key!) as { goneSince: number };
  expect(record.goneSince).toBeGreaterThan(Date.now() / 1000 - 60);
  await rename(at.path('moved'), at.path('a.log'));
  expect((await readOnce(at)).logs).toEqual([]);
  expect(at.state.get(key!)).toMatchObject({ goneSince: 0 });
  await unlink(at.path('a.log'));
  at.state.set(key!, { ...record, goneSince: Date.now() / 1000 - 3601 });
  await readOnce(at);
  expect(known()).toEqual([]);
});

test('records of format 1 are read, and files they do not tell apart by home or order', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  await at.append('b.log', 'two\n');
  await readOnce(at);
  for (const [key, value] of at.state) {
    if (!key.startsWith('file:')) continue;
    const { home: _, order: __, size: ___, ended: ____, ...record } = value as Record<string, unknown>;
    at.state.set(key, record);
  }
  await at.append('a.log', 'three\n');
  await rename(at.path('a.log'), at.path('a.log.1'));
  await at.append('a.log', 'four\n');
  await at.append('b.log', 'five\n');
  expect((await readOnce(at)).logs.toSorted()).toEqual(['five', 'four', 'three']);
  expect((await readOnce(at)).logs).toEqual([]);
});

test('what was lost while down is counted once, with the bytes that were known', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at, { hold: true });
  await run.until(() => run.logs.length === 1, 'the line');
  const crashed = copy(at.state);
  run.settle(0);
  await run.stop();
  await unlink(at.path('a.log'));
  const first = await readOnce(at, { state: crashed });
  expect([first.errors.get('file_lost'), first.gauges.get('file_lost_bytes file_lost')]).toEqual([1, 4]);
  expect((await readOnce(at, { state: crashed })).errors.size).toBe(0);
});

test('a file that was rotated away is not forgotten as long as its lines wait for a dead target', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\ntwo\n');
  const first = running(at, { hold: true, graceMs: 50 });
  await first.until(() => first.logs.length === 2, 'two lines');
  await rename(at.path('a.log'), at.path('a.log.1'));
  await first.until(() => first.gauges.get('files followed') === 0, 'the file is left');
  const { now } = Date;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * 3_600_000);
  onTestFinished(() => clock.mockRestore());
  await new Promise((resolve) => setTimeout(resolve, 400)); // several scans
  const killed = copy(at.state);
  first.settle(0);
  await first.until(
    () => [...at.state.keys()].every((key) => !key.startsWith('file:')),
    'forgotten once they are settled',
  );
  const second = await readOnce(at, { state: killed });
  expect(second.logs).toEqual(['one', 'two']);
  expect(second.events.map(({ id }) => id)).toEqual(first.events.map(({ id }) => id));
});
