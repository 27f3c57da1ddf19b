import { copyFile, mkdir, readFile, rename, stat, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, type TestContext, test } from 'vitest';
import {
  newPlace,
  type Place,
  type SeenEvent,
  type SourceRun,
  type StartOptions,
  type State,
  start,
} from './harness.ts';

/** Something that happens to files while they are tailed. */
interface FileEvent {
  readonly what: string;
  readonly config?: object;
  /** What stands in the files first; it is read. */
  begin(at: Place): Promise<void>;
  /** What happens then, with lines before and after it. */
  happen(at: Place): Promise<void>;
  /** The texts of all events, once each. */
  readonly expected: readonly string[];
  /** What was counted once it was seen. */
  readonly counted?: readonly string[];
}

const cri = (stream: string, tag: string, text: string) => `2024-01-01T00:00:00Z ${stream} ${tag} ${text}\n`;
const banner = `${'same banner '.repeat(100)}\n`;
const lines = (...texts: string[]) => texts.map((text) => `${text}\n`).join('');

async function gzip(at: Place, name: string): Promise<void> {
  await writeFile(at.path(`${name}.gz.tmp`), gzipSync(await readFile(at.path(name))));
  await rename(at.path(`${name}.gz.tmp`), at.path(`${name}.gz`));
  await unlink(at.path(name));
}
async function copyTruncate(at: Place, name: string, copy: string): Promise<void> {
  await copyFile(at.path(name), at.path(copy));
  await truncate(at.path(name));
}
/** ext4 gives a free inode out again at once; where a reader holds it, or on other systems, the new file has another. */
async function recreate(at: Place, name: string, text: string): Promise<void> {
  const { ino } = await stat(at.path(name));
  for (let attempt = 0; attempt < 20; attempt++) {
    await unlink(at.path(name));
    await writeFile(at.path(name), text);
    if ((await stat(at.path(name))).ino === ino) return;
  }
}
const two = (at: Place) => at.append('a.log', lines('one', 'two'));

const EVENTS: readonly FileEvent[] = [
  {
    what: 'rename and create',
    begin: two,
    async happen(at) {
      await at.append('a.log', 'three\n');
      await rename(at.path('a.log'), at.path('a.log.1'));
      await at.append('a.log', 'five\n');
      await at.append('a.log.1', 'four\n');
    },
    expected: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    what: 'rename and create, where the patterns match both',
    config: { include: ['a.log*'] },
    begin: two,
    async happen(at) {
      await at.append('a.log', 'three\n');
      await rename(at.path('a.log'), at.path('a.log.1'));
      await at.append('a.log', 'five\n');
      await at.append('a.log.1', 'four\n');
    },
    expected: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    what: 'copytruncate',
    begin: two,
    async happen(at) {
      await at.append('a.log', lines('three', 'and a longer fourth line'));
      await copyTruncate(at, 'a.log', 'a.log.1');
      await at.append('a.log', 'five\n');
    },
    expected: ['one', 'two', 'three', 'and a longer fourth line', 'five'],
    counted: ['file_truncated', 'file_rewritten'],
  },
  {
    what: 'copytruncate, and the copy is compressed',
    begin: two,
    async happen(at) {
      await at.append('a.log', lines('three', 'and a longer fourth line'));
      await copyTruncate(at, 'a.log', 'a.log-20240101');
      await gzip(at, 'a.log-20240101');
      await at.append('a.log', 'five\n');
    },
    expected: ['one', 'two', 'three', 'and a longer fourth line', 'five'],
    counted: ['file_truncated', 'file_rewritten'],
  },
  {
    what: 'truncate to 0',
    begin: two,
    async happen(at) {
      await truncate(at.path('a.log'));
      await delay(30);
      await at.append('a.log', 'three\n');
    },
    expected: ['one', 'two', 'three'],
    counted: ['file_truncated', 'file_rewritten'],
  },
  {
    what: 'rewrite at the same size',
    begin: two,
    happen: (at) => writeFile(at.path('a.log'), lines('new', 'six')),
    expected: ['one', 'two', 'new', 'six'],
    counted: ['file_truncated', 'file_rewritten'],
  },
  {
    what: 'rewrite at the same size, with the same end',
    begin: (at) => at.append('a.log', lines('one', 'x'.repeat(100))),
    happen: (at) => writeFile(at.path('a.log'), lines('six', 'x'.repeat(100))),
    expected: ['one', 'x'.repeat(100), 'six', 'x'.repeat(100)],
    counted: ['file_truncated', 'file_rewritten'],
  },
  {
    what: 'delete and recreate with the same inode',
    begin: two,
    happen: (at) => recreate(at, 'a.log', lines('one', 'two', 'three')),
    expected: ['one', 'two', 'one', 'two', 'three'],
  },
  {
    what: 'symlink swap',
    async begin(at) {
      await mkdir(at.path('real'));
      await at.append('real/1', lines('one', 'two'));
      await at.append('real/2', 'five\n');
      await symlink(at.path('real/1'), at.path('a.log'));
    },
    async happen(at) {
      await at.append('real/1', 'three\n');
      await symlink(at.path('real/2'), at.path('next'));
      await rename(at.path('next'), at.path('a.log'));
      await at.append('real/1', 'four\n');
    },
    expected: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    what: 'gzip of the rotated file',
    begin: two,
    async happen(at) {
      await at.append('a.log', lines('three', 'four'));
      await rename(at.path('a.log'), at.path('a.log.1'));
      await at.append('a.log', 'five\n');
      await gzip(at, 'a.log.1');
    },
    expected: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    what: 'rotation between P and F',
    async begin(at) {
      await at.append('a.log', cri('stdout', 'F', 'one') + cri('stdout', 'P', 'a1'));
    },
    async happen(at) {
      await rename(at.path('a.log'), at.path('a.log.20240101-000000'));
      await at.append('a.log', cri('stderr', 'F', 'b') + cri('stdout', 'F', 'a2') + cri('stdout', 'F', 'c'));
    },
    expected: ['one', 'b', 'a1a2', 'c'],
  },
  {
    what: 'rotation between P, P and F, twice, on both streams',
    async begin(at) {
      await at.append('a.log', cri('stdout', 'F', 'one') + cri('stderr', 'P', 'b1') + cri('stdout', 'P', 'a1'));
    },
    async happen(at) {
      await rename(at.path('a.log'), at.path('a.log.20240101-000000'));
      await at.append('a.log', cri('stdout', 'P', 'a2') + cri('stderr', 'F', 'b2'));
      await delay(700);
      await rename(at.path('a.log'), at.path('a.log.20240101-000001'));
      await at.append('a.log', cri('stdout', 'F', 'a3') + cri('stdout', 'F', 'c'));
    },
    expected: ['one', 'b1b2', 'a1a2a3', 'c'],
  },
  {
    what: 'rotation between P and F, and the rotated file is compressed',
    async begin(at) {
      await at.append('a.log', cri('stdout', 'F', 'one') + cri('stdout', 'P', 'a1'));
    },
    async happen(at) {
      await rename(at.path('a.log'), at.path('a.log.20240101-000000'));
      await at.append('a.log', cri('stdout', 'F', 'a2'));
      await gzip(at, 'a.log.20240101-000000');
    },
    expected: ['one', 'a1a2'],
  },
  {
    what: 'two files with the same first kilobyte, rotated',
    async begin(at) {
      await at.append('a.log', banner);
      await at.append('b.log', banner);
    },
    async happen(at) {
      await at.append('a.log', 'a\n');
      await at.append('b.log', 'b\n');
      for (const name of ['a.log', 'b.log']) {
        await rename(at.path(name), at.path(`${name}.1`));
        await at.append(name, banner);
      }
    },
    expected: [...Array<string>(4).fill(banner.slice(0, -1)), 'a', 'b'],
  },
  {
    what: 'files shorter than any fingerprint',
    async begin(at) {
      for (const name of ['a.log', 'b.log', 'c.log']) await at.append(name, 'x\n');
    },
    async happen(at) {
      await rename(at.path('a.log'), at.path('a.log.1'));
      await at.append('a.log', 'x\n');
      await recreate(at, 'b.log', 'x\n');
      await at.append('d.log', 'x\n');
    },
    expected: Array<string>(6).fill('x'),
  },
];

const FAST: StartOptions = { graceMs: 600, births: true };

/** What a process that ends at once leaves behind. */
type Kill = (run: SourceRun, state: State) => State;
const KILLS: Readonly<Record<string, Kill>> = {
  'killed with the checkpoints of this moment': (_run, state) => structuredClone(state),
  'killed with the checkpoints of the last flush': (run) => structuredClone(run.flushed),
};

/** A place whose runs end with the test. */
async function stage({ onTestFinished }: Pick<TestContext, 'onTestFinished'>) {
  const at = await newPlace();
  onTestFinished(() => at.remove());
  const begin = (options: StartOptions): SourceRun => {
    const run = start(at, options);
    onTestFinished(() => run.stop());
    return run;
  };
  /** Runs until all that is expected has come, and a while longer for what should not. */
  const runUntil = async (count: number, options: StartOptions, before = 0): Promise<SourceRun> => {
    const run = begin(options);
    await run.until(
      () => run.gauges.has('files followed') && before + run.logs.length >= count,
      `${count} events; so far ${JSON.stringify(run.logs)}`,
    );
    await delay(150);
    return run;
  };
  return { at, begin, runUntil };
}

function expectOnce(events: readonly SeenEvent[], expected: readonly string[]): void {
  expect(events.map(({ event }) => String(event['log'])).toSorted()).toEqual(expected.toSorted());
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
}

/** One of each id; those that came again are the same. */
function unique(events: readonly SeenEvent[]): SeenEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  for (const { id, event, offset } of events) {
    const { '@timestamp': _, ...payload } = event;
    const { '@timestamp': __, ...other } = byId.get(id)!.event;
    expect({ payload, offset }).toEqual({ payload: other, offset: byId.get(id)!.offset });
  }
  return [...byId.values()];
}

const counts = ({ errors }: SourceRun, codes: readonly string[]) =>
  [...errors].reduce((sum, [code, count]) => sum + (codes.includes(code) ? count : 0), 0);

describe.concurrent.for(EVENTS)('$what', (happening) => {
  const { expected, counted = [] } = happening;
  const config = happening.config ?? {};
  const options = { ...FAST, config };
  const ways = [['told of changes', true] as const, ['polling', false] as const];

  test.for(ways)('while running, %s', async ([, watches], context) => {
    const { at, begin, runUntil } = await stage(context);
    await happening.begin(at);
    const run = begin({ ...options, watches });
    await run.until(() => run.gauges.get('file_lag_bytes') === 0 && run.logs.length > 0, 'the first lines');
    await happening.happen(at);
    await run.until(() => run.logs.length >= expected.length, `all events; so far ${JSON.stringify(run.logs)}`);
    await delay(800);
    expectOnce(run.events, expected);
    expect(counts(run, counted)).toBe(counted.length > 0 ? 1 : 0);
    await run.stop();
    expect((await runUntil(0, options)).logs).toEqual([]);
  });

  test('while down, after a clean end', async (context) => {
    const { at, runUntil } = await stage(context);
    await happening.begin(at);
    const before = await runUntil(1, options);
    await before.stop();
    await happening.happen(at);
    const after = await runUntil(expected.length, options, before.logs.length);
    expectOnce([...before.events, ...after.events], expected);
    expect(counts(after, counted)).toBe(counted.length > 0 ? 1 : 0);
    await after.stop();
    expect((await runUntil(0, options)).logs).toEqual([]);
  });

  test.for(Object.keys(KILLS))('while down, %s', async (how, context) => {
    const { at, begin, runUntil } = await stage(context);
    await happening.begin(at);
    const before = await runUntil(1, { ...options, hold: true });
    for (const batch of before.received.keys()) if (batch % 2 === 0) before.settle(batch);
    await delay(5);
    const left = KILLS[how]!(before, at.state);
    for (const batch of before.received.keys()) before.settle(batch);
    await before.stop();
    at.state.clear();
    for (const [key, value] of left) at.state.set(key, value);
    await happening.happen(at);
    const after = begin(options);
    const all = () => unique([...before.events, ...after.events]);
    await after.until(() => all().length >= expected.length, `all events; so far ${JSON.stringify(after.logs)}`);
    await delay(800);
    expectOnce(all(), expected);
  });
});
