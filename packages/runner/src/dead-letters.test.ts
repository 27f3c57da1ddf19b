import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogBatch, type Outcome } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LetterLimits } from './dead-letters/letter-files.ts';
import { type DeadLetters, openDeadLetters } from './dead-letters.ts';
import {
  batchMaker,
  component,
  eventsSource,
  numbered,
  runIn,
  scriptSink,
  sinkDefaults,
  testFolder,
} from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const file = () => join(folder.path, 'letters', 'dead.ndjson');
const make = batchMaker({ componentId: 'in', newBatch: (events, columns) => LogBatch.fromSource(events, columns) });
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const lines = async (path = file()) =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

const LIMITS: LetterLimits = { maxFileBytes: 1e9, maxBytes: 1e12, whenFull: 'block' };
const openLetters = (onFailure: (error: Error | null) => void, limits: Partial<LetterLimits> = {}) =>
  openDeadLetters({ file: file(), limits: { ...LIMITS, ...limits }, onFailure, onDropped: () => undefined });

/** Adds one letter; resolves with whether it is durable. */
function add(letters: DeadLetters, event: object): Promise<boolean> {
  return new Promise((resolve) => {
    const letter = {
      component: 'out',
      code: 'document_refused',
      message: 'no',
      batch: make([event]),
      index: 0,
    } as const;
    letters.add(letter, resolve);
  });
}
const events = (all: { event: object }[]) => all.map(({ event }) => event);

describe('a dead letter', () => {
  it('holds the event as it was received, where it is from, its id, and why', async () => {
    const letters = openLetters(() => undefined);
    const batch = make([{ n: 0 }, { log: 'a "quoted"\nline\u2028', big: 1 }]);
    const ended: boolean[] = [];
    letters.add(
      { component: 'out', code: 'document_refused', message: 'the reason\nin two lines', batch, index: 1 },
      (durable) => ended.push(durable),
    );
    await letters.close();
    expect(ended).toEqual([true]);
    const position = batch.position(1);
    expect(await lines()).toEqual([
      {
        format: 2,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        component: 'out',
        code: 'document_refused',
        message: 'the reason\nin two lines',
        signal: 'logs',
        event_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.0{9}Z$/),
        own_time: false,
        position: {
          source: 'in',
          label: 'test',
          stream: 'AAAAAAAAAAAAAAAA',
          first_seen: 0,
          offset: position.offset,
          end: position.end,
          sub: 0,
        },
        _id: batch.id(1),
        event: { log: 'a "quoted"\nline\u2028', big: 1 },
      },
    ]);
  });

  it('is one line, whatever white space stands in the event', async () => {
    const text = new TextEncoder().encode('{\r\n  "n": 1,\n  "s": "\\n"\n}');
    const plain = make([{ n: 1 }]);
    const spaced = plain.withEvents({ text, start: new Uint32Array(1), end: Uint32Array.of(text.length), length: 1 });
    const letters = openLetters(() => undefined);
    letters.add({ component: 'out', code: 'not_json', message: '', batch: spaced, index: 0 }, () => undefined);
    await letters.close();
    expect(events(await lines())).toEqual([{ n: 1, s: '\n' }]);
  });
});

describe('the file of dead letters', () => {
  it('takes many letters with few syncs, in order', async () => {
    const letters = openLetters(() => undefined);
    let order = 0;
    const seen: number[] = [];
    const all = Array.from({ length: 2000 }, (_, n) => add(letters, { n }).then(() => seen.push(order++)));
    const started = performance.now();
    await Promise.all(all);
    // 2,000 syncs of their own would take longer on any disk; the first group holds all that came in its turn.
    expect(performance.now() - started).toBeLessThan(1500);
    expect(letters.written).toBe(2000);
    expect(events(await lines())).toEqual(numbered(2000));
    await letters.close();
  });

  it('makes others wait while too much is unwritten', async () => {
    await mkdir(file(), { recursive: true });
    const letters = openLetters(() => undefined);
    const text = 'x'.repeat(1024 * 1024);
    const added: Promise<boolean>[] = [];
    for (let n = 0; n < 7; n++) added.push(add(letters, { n, text }));
    expect(letters.room()).toBeNull();
    added.push(add(letters, { n: 7, text }), add(letters, { n: 8, text }));
    let hasRoom = false;
    const room = letters.room()!.then(() => {
      hasRoom = true;
    });
    await pauseMs(50);
    expect(hasRoom).toBe(false);
    await rm(file(), { recursive: true });
    await room;
    expect(await Promise.all(added)).toEqual(new Array(9).fill(true));
    expect(letters.room()).toBeNull();
    await letters.close();
    expect((await lines()).map(({ event }) => event.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('that cannot be written is told once, and tried again until it can', async () => {
    const heard: (string | null)[] = [];
    await writeFile(join(folder.path, 'letters'), 'a file where the folder should be');
    const letters = openLetters((error) => heard.push(error?.message ?? null));
    const first = add(letters, { n: 1 });
    const second = add(letters, { n: 2 });
    await pauseMs(1200);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(/ENOTDIR|EEXIST/);
    await unlink(join(folder.path, 'letters'));
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(heard.slice(1)).toEqual([null]);
    await letters.close();
    expect(events(await lines())).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('is given up without a word being lost: what was not written is not durable', async () => {
    await mkdir(file(), { recursive: true });
    const letters = openLetters(() => undefined);
    const first = add(letters, { n: 1 });
    await pauseMs(30);
    const second = add(letters, { n: 2 });
    const closing = letters.close();
    letters.abandon();
    expect(await Promise.all([first, second, add(letters, { n: 3 })])).toEqual([false, false, false]);
    await closing;
    expect(letters.room()).toBeNull();
    expect(letters.written).toBe(0);
  });

  it('keeps no half line that a killed process left, and no line without its end', async () => {
    await mkdir(join(folder.path, 'letters'));
    await writeFile(file(), `{"event":{"n":0}}\n{"event":{"te${'x'.repeat(200_000)}`);
    const letters = openLetters(() => undefined);
    await add(letters, { n: 1 });
    await letters.close();
    expect(events(await lines())).toEqual([{ n: 0 }, { n: 1 }]);

    await writeFile(file(), '{"event":{"n":5}}');
    const later = openLetters(() => undefined);
    await add(later, { n: 6 });
    await later.close();
    expect(events(await lines())).toEqual([{ n: 5 }, { n: 6 }]);
  });

  it('may be renamed or removed while it is used', async () => {
    const letters = openLetters(() => undefined);
    await add(letters, { n: 1 });
    await rename(file(), `${file()}.1`);
    await add(letters, { n: 2 });
    await unlink(file());
    await add(letters, { n: 3 });
    await letters.close();
    expect(events(await lines(`${file()}.1`))).toEqual([{ n: 1 }]);
    expect(events(await lines())).toEqual([{ n: 3 }]);
    expect((await stat(file())).mode & 0o777).toBe(0o640);
  });

  it('tells its size, and how many letters it let go of', async () => {
    const letters = openLetters(() => undefined, { maxBytes: 1200, whenFull: 'drop_oldest' });
    expect(await letters.bytes()).toBe(0);
    await add(letters, { n: 1 });
    const { size } = await stat(file());
    expect([await letters.bytes(), letters.dropped]).toEqual([size, 0]);
    for (let n = 2; n < 12; n++) await add(letters, { n });
    expect(await letters.bytes()).toBeLessThanOrEqual(1200);
    expect(letters.dropped + Math.floor((await letters.bytes()) / size)).toBe(11);
    await letters.close();
  });

  it('is left alone until the first letter', async () => {
    const letters = openLetters(() => undefined);
    await letters.close();
    await expect(open(file())).rejects.toThrow('ENOENT');
  });
});

describe('in a pipeline', () => {
  const refusing = () =>
    scriptSink((all) => ({
      kind: 'done',
      refused: all.map((_, index) => ({ index, retry: false, code: 'document_refused' as const, message: 'no' })),
    }));

  it('the path is relative to data_dir', async () => {
    const components = [component('in', eventsSource([numbered(2)]), []), component('out', refusing(), ['in'])];
    const summary = await runIn(folder.path, components, { settings: { dead_letters: { path: 'refused/x.ndjson' } } });
    expect(summary.deadLetterFile).toBe(join(folder.path, 'data', 'refused', 'x.ndjson'));
    expect(events(await lines(summary.deadLetterFile))).toEqual(numbered(2));
  });

  it('a file that cannot be written blocks, is said, and its events come again', async () => {
    await mkdir(join(folder.path, 'data', 'dead-letters.ndjson'), { recursive: true });
    const warnings: string[] = [];
    const log = {
      debug() {},
      info() {},
      warn: (_: object, message: string) => void warnings.push(message),
      error() {},
    };
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 150);
    const queue = { queue: { max_bytes: 300 } };
    const source = eventsSource(Array.from({ length: 40 }, (_, k) => numbered(2, k)));
    const components = [
      component('in', source, []),
      component('out', refusing(), ['in'], { ...sinkDefaults, ...queue }),
    ];
    const summary = await runIn(folder.path, components, { stop: stop.signal, shutdown: '100ms', log });
    expect(summary.components[0]!.received).toBeLessThan(20);
    expect(summary.returned).toBe(summary.components[0]!.received);
    expect(summary.deadLetters).toBe(0);
    expect(warnings[0]).toMatch(
      /^dead_letters: .*dead-letters.ndjson: dead_letter_failed: EISDIR.*; refused events wait$/,
    );
  });

  const setting = (more: object) => ({ settings: { dead_letters: { max_bytes: 2000, ...more } } });
  const recording = () => {
    const said: string[] = [];
    const write = (_: object, message: string) => void said.push(message);
    return { said, log: { debug() {}, info: write, warn: write, error: write } };
  };

  it('full files block, are said, and it goes on when some are gone', async () => {
    const { said, log } = recording();
    const outcomes: (Outcome | 'pending')[] = [];
    const source = eventsSource([numbered(4), numbered(4, 4)], outcomes);
    const running = runIn(folder.path, [component('in', source, []), component('out', refusing(), ['in'])], {
      log,
      ...setting({}),
    });
    const data = join(folder.path, 'data');
    await expect
      .poll(() => said, { timeout: 5000 })
      .toContainEqual(
        expect.stringMatching(
          /dead_letter_failed: \d+ bytes of dead letters reach max_bytes 2000: replay or remove them; refused events wait$/,
        ),
      );
    expect(outcomes).toContain('pending');
    const kept: object[] = [];
    for (const name of (await readdir(data)).filter((one) => one.startsWith('dead-letters')).toSorted()) {
      kept.push(...events(await lines(join(data, name))));
      await unlink(join(data, name));
    }
    const summary = await running;
    expect(outcomes).toEqual(['dead_lettered', 'dead_lettered']);
    expect(said).toContainEqual(expect.stringMatching(/dead-letters.ndjson works again$/));
    for (const name of (await readdir(data)).filter((one) => one.startsWith('dead-letters')))
      kept.push(...events(await lines(join(data, name))));
    expect(kept.length).toBe(8);
    expect(new Set(kept.map((event) => (event as { n: number }).n)).size).toBe(8);
    expect(summary).toMatchObject({ deadLetters: 8, deadLettersInFile: 8, ok: true });
  });

  it('full files lose their oldest letters when they may, and it is said', async () => {
    const { said, log } = recording();
    const components = [component('in', eventsSource([numbered(20)]), []), component('out', refusing(), ['in'])];
    const summary = await runIn(folder.path, components, { log, ...setting({ when_full: 'drop_oldest' }) });
    expect(summary.deadLetters).toBe(20);
    const dropped = said.filter((message) =>
      /max_bytes is reached: removed .*dead-letters\.\d{6}\.ndjson with/.test(message),
    );
    expect(dropped.length).toBeGreaterThan(2);
    const left = await lines(summary.deadLetterFile);
    expect(left.at(-1).event).toEqual({ n: 19 });
  });
});
