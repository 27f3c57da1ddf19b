import { appendFile, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineTransform, type EncodedBatch, type PluginDeclaration, path, type Verdict } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ComponentConfig } from '../component.ts';
import { StateError } from '../state/checkpoints.ts';
import { lockDataDir } from '../state/lock.ts';
import {
  component,
  done,
  empty,
  eventsSource,
  numbered,
  pipelineConfig,
  quiet,
  runIn,
  scriptSink,
  scriptSource,
  testFolder,
} from '../test-pipeline.ts';
import type { LetterLine } from './read-letters.ts';
import { ReplayError, type ReplayOptions, replayLetters } from './replay.ts';
import { letterFileOf, storedLetters } from './stored-letters.ts';

const folder = testFolder({ beforeEach, afterEach });
const data = (name = ''): string => join(folder.path, 'data', name);

const replay = (components: ComponentConfig[], more: Partial<ReplayOptions> = {}, settings: object = {}) =>
  replayLetters(pipelineConfig(folder.path, components, { settings }), {
    stop: new AbortController().signal,
    log: quiet,
    version: '0',
    env: { NODE_NAME: 'test' },
    filter: {},
    keep: false,
    onDamage: () => undefined,
    ...more,
  });

/** A target that refuses what it is told to, and remembers in order what it stored. */
function target(isBad: (event: { n: number }) => boolean = () => false) {
  const stored: string[] = [];
  const idOf = (body: EncodedBatch, entry: number): string => {
    const { stream, offset, sub } = body.position(entry);
    return `${stream.id}-${offset}-${sub}`;
  };
  const declaration = scriptSink((all, body): Verdict => {
    const bad = all.flatMap((event, index) => (isBad(event) ? [index] : []));
    for (const [entry, event] of all.entries())
      if (!bad.includes(entry)) stored.push(`${idOf(body, entry)} ${event.n}`);
    return {
      kind: 'done',
      refused: bad.map((index) => ({ index, retry: false, code: 'document_refused', message: 'no' })),
    };
  });
  return { stored, declaration };
}
const ids = (numbers: readonly number[], add = 0) => numbers.map((n) => `AAAAAAAAAAAAAAAA-${n}-0 ${n + add}`);

/** A transform that adds to `n`, and refuses events that it is told to. */
const adding = (amount: number, isBad: (n: number) => boolean = () => false) =>
  defineTransform({
    type: 'adding',
    summary: 'Adds.',
    config: empty,
    examples: [],
    create: ({ context }) => {
      const where = path('n');
      return (batch) => {
        const good: number[] = [];
        for (let i = 0; i < batch.length; i++) {
          const n = Number(batch.get(i, where));
          if (isBad(n)) context.reject(i, 'type_conflict', `${n} is bad`);
          else {
            batch.set(i, where, n + amount);
            good.push(i);
          }
        }
        return batch.select(good);
      };
    },
  }) as PluginDeclaration;

/** in → add 100 → out, which refuses `bad`. */
const chain = (out: PluginDeclaration, add: PluginDeclaration = adding(100), events = numbered(6)) => [
  component('in', eventsSource([events]), []),
  component('add', add, ['in']),
  component('out', out, ['add']),
];
async function left(replayed = false): Promise<LetterLine[]> {
  const lines: LetterLine[] = [];
  for await (const line of storedLetters(data('dead-letters.ndjson'), replayed)) lines.push(line);
  return lines;
}
const leftOver = async () => (await left()).map(({ parsed }) => parsed.letter?.event);

describe('a replay', () => {
  it('begins at the component that refused, and keeps the ids', async () => {
    await runIn(folder.path, chain(target(({ n }) => n % 2 === 1).declaration));
    const { stored, declaration } = target();
    const summary = await replay(chain(declaration));
    expect(stored).toEqual(ids([1, 3, 5], 100));
    expect(summary).toMatchObject({
      letters: 3,
      settled: 3,
      damaged: 0,
      removed: [data('dead-letters.000001.ndjson')],
    });
    expect(summary.run?.ok).toBe(true);
    expect(await leftOver()).toEqual([]);
    expect((await readdir(data())).filter((name) => name.startsWith('dead-letters'))).toEqual([]);
    expect(await replay(chain(declaration))).toEqual({ letters: 0, settled: 0, damaged: 0, removed: [], run: null });
    expect(stored).toHaveLength(3);
  });

  it('goes on through what comes after a transform, and leaves out what does not', async () => {
    const components = (add: PluginDeclaration, a: PluginDeclaration, b: PluginDeclaration) => [
      ...chain(a, add),
      component('aside', b, ['in']),
    ];
    const bad = adding(100, (n) => n > 2);
    await runIn(folder.path, components(bad, target().declaration, target().declaration));
    const [out, aside] = [target(), target()];
    const { run } = await replay(components(adding(100), out.declaration, aside.declaration));
    expect([out.stored, aside.stored]).toEqual([ids([3, 4, 5], 100), []]);
    expect(run?.components.map(({ id, received }) => [id, received])).toEqual([
      ['dead_letters.add', 3],
      ['add', 3],
      ['out', 3],
    ]);
  });

  it('of what a source refused enters where its events enter', async () => {
    const source = scriptSource(async (io, batch, context) => {
      const made = batch(numbered(3));
      context.reject(made, [1], 'too_large', 'too long');
      await (await io.emit(made, { bytes: 1 })).settled;
    });
    const { stored, declaration } = target();
    const components = [
      component('in', source, []),
      component('add', adding(100), ['in']),
      component('out', declaration, ['add']),
    ];
    await runIn(folder.path, components);
    expect(stored).toEqual(ids([0, 2], 100));
    await replay(components);
    expect(stored).toEqual(ids([0, 2, 1], 100));
  });

  it('enters elsewhere when it is told to', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    const { stored, declaration } = target();
    await replay(chain(declaration), { into: 'add' });
    expect(stored).toEqual(ids([0, 1, 2, 3, 4, 5], 200));
  });

  it('has several entries at once', async () => {
    const bad = target(({ n }) => n % 2 === 1);
    await runIn(
      folder.path,
      chain(
        bad.declaration,
        adding(100, (n) => n < 2),
      ),
    );
    const { stored, declaration } = target();
    const { letters } = await replay(chain(declaration));
    expect(letters).toBe(4);
    expect(stored.toSorted()).toEqual(ids([0, 1, 3, 5], 100));
  });

  it('of letters from a component that is gone says so, before anything is sent', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    const { stored, declaration } = target();
    const renamed = [component('in', eventsSource([]), []), component('search', declaration, ['in'])];
    const error = await replay(renamed).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(ReplayError);
    expect((error as Error).message).toBe(
      'letters have nowhere to enter (6 to "out"): the pipeline has in, search. Choose one with --into, or choose letters with --component.',
    );
    await expect(replay(renamed, { into: 'sarch' })).rejects.toThrow('6 to "sarch"');
    expect(await leftOver()).toHaveLength(6);
    await replay(renamed, { into: 'search' });
    expect(stored).toHaveLength(6);
  });

  it('takes the chosen letters; the others stay for another one', async () => {
    await runIn(
      folder.path,
      chain(
        target(({ n }) => n % 2 === 1).declaration,
        adding(100, (n) => n === 2),
      ),
    );
    const { stored, declaration } = target();
    expect(await replay(chain(declaration), { filter: { codes: ['type_conflict'] } })).toMatchObject({
      letters: 1,
      removed: [],
    });
    expect(stored).toEqual(ids([2], 100));
    expect(await leftOver()).toEqual(['{"n":101}', '{"n":103}', '{"n":105}']);
    const later = Date.now() + 60_000;
    expect(await replay(chain(declaration), { filter: { since: later } })).toMatchObject({ letters: 0 });
    expect(await replay(chain(declaration), { filter: { components: ['add'] } })).toMatchObject({ letters: 0 });
    expect(await replay(chain(declaration), { filter: { until: later } })).toMatchObject({ letters: 3 });
    expect(stored).toEqual(ids([2, 1, 3, 5], 100));
    expect(await leftOver()).toEqual([]);
  });

  it('does not take up again what it refuses anew', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    const still = target(({ n }) => n < 103);
    const summary = await replay(chain(still.declaration));
    expect(still.stored).toEqual(ids([3, 4, 5], 100));
    expect(summary).toMatchObject({ letters: 6, settled: 6 });
    expect(summary.run?.deadLetters).toBe(3);
    expect(await leftOver()).toEqual(['{"n":100}', '{"n":101}', '{"n":102}']);
    const { stored, declaration } = target();
    await replay(chain(declaration));
    expect(stored).toEqual(ids([0, 1, 2], 100));
    expect(await leftOver()).toEqual([]);
  });

  it.each(['block', 'drop_oldest'])(
    'has room for what is refused anew when all files are full: %s',
    async (whenFull) => {
      const settings = { dead_letters: { max_bytes: 3200, when_full: whenFull } };
      await runIn(folder.path, chain(target(() => true).declaration, adding(100), numbered(7)), { settings });
      const before = await leftOver();
      const still = target(() => true);
      expect(await replay(chain(still.declaration), {}, settings)).toMatchObject({ letters: 7, settled: 7 });
      expect(await leftOver()).toEqual(before);
      expect((await readdir(data())).filter((name) => name.endsWith('.ndjson')).length).toBeGreaterThan(3);
    },
  );

  it('reads files that were set aside, the oldest first', async () => {
    const settings = { dead_letters: { max_file_bytes: 900 } };
    const components = chain(target(() => true).declaration);
    await runIn(folder.path, components, { settings });
    expect((await readdir(data())).filter((name) => /\.0\d+\.ndjson$/.test(name)).length).toBeGreaterThan(1);
    const { stored, declaration } = target();
    await replay(chain(declaration), {}, settings);
    expect(stored).toEqual(ids([0, 1, 2, 3, 4, 5], 100));
  });
});

describe('the progress of a replay', () => {
  const many = numbered(3000);
  /** Stops the replay when so many events were stored. */
  const stopping = (count: number) => {
    const stop = new AbortController();
    const { stored, declaration } = target();
    const slow = scriptSink(async (all, body) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      for (const [entry, event] of all.entries())
        stored.push(`${body.position(entry).stream.id}-${body.position(entry).offset}-0 ${event.n}`);
      if (stored.length >= count) stop.abort();
      return done;
    });
    return { stop: stop.signal, stored, declaration: slow, whole: declaration };
  };

  const withLittleRoom = (components: ComponentConfig[]) =>
    components.map((one) =>
      one.sink ? { ...one, sink: { ...one.sink, queue: { ...one.sink.queue, max_bytes: 300 } } } : one,
    );

  it('is kept when it is stopped: the next one goes on', async () => {
    await runIn(folder.path, chain(target(() => true).declaration, adding(100), many));
    const first = stopping(300);
    const stopped = await replay(withLittleRoom(chain(first.declaration)), { stop: first.stop });
    expect(stopped.settled).toBe(first.stored.length);
    expect(stopped.settled).toBeLessThan(3000);
    expect((await leftOver()).length).toBe(3000 - stopped.settled);
    const { stored, declaration } = target();
    expect(await replay(chain(declaration))).toMatchObject({ letters: 3000 - stopped.settled });
    expect([...first.stored, ...stored]).toEqual(
      ids(
        many.map(({ n }) => n),
        100,
      ),
    );
  });

  it('does not hold letters that were under way when it was given up', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    const stop = new AbortController();
    const pending = scriptSink((all, body, signal) => {
      setTimeout(() => stop.abort(), 20);
      return new Promise<Verdict>((resolve) => {
        const late: Verdict = { kind: 'retry', code: 'server_timeout', message: `${all.length} of ${body.entries}` };
        signal.addEventListener('abort', () => resolve(late));
      });
    });
    const stopped = await replay(chain(pending), { stop: stop.signal }, { shutdown_timeout: '50ms' });
    expect(stopped).toMatchObject({ letters: 6, settled: 0, removed: [] });
    expect(stopped.run?.returned).toBe(6);
    const { stored, declaration } = target();
    await replay(chain(declaration));
    expect(stored).toEqual(ids([0, 1, 2, 3, 4, 5], 100));
  });

  it('of a damaged file of progress starts anew, of a newer one is refused', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    await replay(chain(target().declaration), { filter: { until: Date.now() + 1000 }, keep: true });
    expect(await leftOver()).toEqual([]);
    expect(await left(true)).toHaveLength(6);
    await writeFile(data('dead-letters.replayed.json'), '{"format":1,"files":{"x":{"bytes":3,"done":[5,1]},"y":7}}');
    expect(await leftOver()).toHaveLength(6);
    await writeFile(data('dead-letters.replayed.json'), 'damaged');
    expect(await replay(chain(target().declaration), { keep: true })).toMatchObject({ letters: 6 });
    await writeFile(data('dead-letters.replayed.json'), '{"format":2}');
    const error = await replay(chain(target().declaration)).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(StateError);
    expect((error as Error).message).toMatch(/replayed.json: format 2 was written by a newer tailrace/);
  });

  it('is enough to remove files that an earlier one kept', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    expect(await replay(chain(target().declaration), { keep: true })).toMatchObject({ settled: 6, removed: [] });
    expect(await replay(chain(target().declaration), { keep: true })).toMatchObject({ letters: 0, removed: [] });
    const removed = [data('dead-letters.000001.ndjson')];
    expect(await replay(chain(target().declaration))).toEqual({
      letters: 0,
      settled: 0,
      damaged: 0,
      removed,
      run: null,
    });
    expect((await readdir(data())).filter((name) => name.startsWith('dead-letters'))).toEqual([]);
  });

  it('does not count for a file that was changed by hand', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    await replay(chain(target().declaration), { keep: true });
    const [name] = (await readdir(data())).filter((one) => one.endsWith('.ndjson'));
    const text = await readFile(data(name), 'utf8');
    await writeFile(data(name), text.replaceAll('"n":10', '"n":70'));
    expect(await leftOver()).toEqual(numbered(6, 700).map(({ n }) => `{"n":${n}}`));
  });
});

describe('files of letters', () => {
  it('with damage are kept, and it is named', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    const own = letterFileOf(pipelineConfig(folder.path, []));
    const [first, ...others] = (await readFile(own, 'utf8')).split('\n');
    await writeFile(own, [first, '{"format":2,', ...others].join('\n'));
    await appendFile(own, '{"torn by a kill":');
    const damaged: string[] = [];
    const { stored, declaration } = target();
    const onDamage = ({ file, line }: LetterLine) => void damaged.push(`${file}:${line}`);
    const summary = await replay(chain(declaration), { onDamage });
    expect(summary).toMatchObject({ letters: 6, settled: 6, damaged: 1, removed: [] });
    expect(damaged).toEqual([`${data('dead-letters.000001.ndjson')}:2`]);
    expect(stored).toEqual(ids([0, 1, 2, 3, 4, 5], 100));
    expect(await replay(chain(declaration))).toMatchObject({ letters: 0, damaged: 1 });
    expect(stored).toHaveLength(6);
  });

  it('that somebody names are read instead of the pipeline’s own, and never removed', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    await cp(data('dead-letters.ndjson'), join(folder.path, 'saved.ndjson'));
    const { stored, declaration } = target();
    const from = [join(folder.path, 'saved.ndjson')];
    expect(await replay(chain(declaration), { from })).toMatchObject({ letters: 6, settled: 6, removed: [] });
    expect(await replay(chain(declaration), { from })).toMatchObject({ letters: 0 });
    expect(stored).toHaveLength(6);
    expect(await readFile(from[0]!, 'utf8')).toBe(await readFile(data('dead-letters.ndjson'), 'utf8'));
    // The same letters in another file: known by their content.
    expect(await leftOver()).toEqual([]);
  });

  it('may be the pipeline’s own, by name: what is refused anew is not among what was read', async () => {
    await runIn(folder.path, chain(target(() => true).declaration));
    const from = [data('dead-letters.ndjson')];
    expect(await replay(chain(target(({ n }) => n < 103).declaration), { from })).toMatchObject({
      letters: 6,
      settled: 6,
    });
    expect(await leftOver()).toEqual(numbered(3, 100).map(({ n }) => `{"n":${n}}`));
  });

  it('may come from a sink of letters', async () => {
    const lines: string[] = [];
    const keeper = scriptSink(
      (all) => {
        lines.push(...all.map((letter) => JSON.stringify(letter)));
        return done;
      },
      { bytes: 100_000, events: 100, waitMs: 1 },
    );
    await runIn(folder.path, [
      ...chain(target(() => true).declaration),
      component('letters', keeper, ['dead_letters']),
    ]);
    await writeFile(join(folder.path, 'exported.ndjson'), `${lines.join('\n')}\n`);
    const { stored, declaration } = target();
    const components = [...chain(declaration), component('letters', keeper, ['dead_letters'])];
    expect(await replay(components, { from: [join(folder.path, 'exported.ndjson')] })).toMatchObject({ letters: 6 });
    expect(stored).toEqual(ids([0, 1, 2, 3, 4, 5], 100));
  });
});

it('a data_dir that is in use is left alone', async () => {
  await runIn(folder.path, chain(target(() => true).declaration));
  const lock = await lockDataDir(data());
  await expect(replay(chain(target().declaration))).rejects.toThrow(/is in use by process \d+/);
  expect((await readdir(data())).filter((name) => name.startsWith('dead-letters'))).toEqual(['dead-letters.ndjson']);
  await lock.release();
  expect(await replay(chain(target().declaration))).toMatchObject({ settled: 6 });
});
