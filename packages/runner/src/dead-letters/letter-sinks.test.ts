import { access, readFile } from 'node:fs/promises';
import type { EncodedBatch, Verdict } from '@tailrace/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  component,
  done,
  eventsSource,
  numbered,
  runIn,
  scriptSink,
  sinkDefaults,
  testFolder,
} from '../test-pipeline.ts';
import { parseLetter } from './parse-letter.ts';

const folder = testFolder({ beforeEach, afterEach });

/** A target that refuses the events that `isBad` finds. */
const refusing = (
  isBad: (event: { n: number }) => boolean,
  code: 'document_refused' | 'write_failed' = 'document_refused',
) =>
  scriptSink((all) => ({
    kind: 'done',
    refused: all.flatMap((event, index) => (isBad(event) ? [{ index, retry: false, code, message: 'no "way"' }] : [])),
  }));

/** A target that keeps what it gets, with the ids. */
function keeping(answer: (body: EncodedBatch) => Verdict | Promise<Verdict> = () => done) {
  const kept: { event: Record<string, unknown>; id: string }[] = [];
  const sink = scriptSink(
    async (all, body) => {
      const verdict = await answer(body);
      const isKept = (entry: number) =>
        verdict.kind === 'done' && !verdict.refused.some(({ index }) => index === entry);
      for (const [entry, event] of all.entries()) {
        const { stream, offset } = body.position(entry);
        if (isKept(entry))
          kept.push({ event: event as unknown as Record<string, unknown>, id: `${stream.id}-${offset}` });
      }
      return verdict;
    },
    { bytes: 1_000_000, events: 100, waitMs: 5 },
  );
  return { kept, sink };
}
const lettersIn = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => ({ line: JSON.parse(line), parsed: parseLetter(line) }));

it('a sink takes dead letters as events, with the refused event as text', async () => {
  const { kept, sink } = keeping();
  const outcomes: string[] = [];
  const components = [
    component('in', eventsSource([numbered(4)], outcomes as never), []),
    component(
      'out',
      refusing(({ n }) => n % 2 === 1),
      ['in'],
    ),
    component('letters', sink, ['dead_letters']),
  ];
  const summary = await runIn(folder.path, components);
  expect(outcomes).toEqual(['dead_lettered']);
  expect(kept.map(({ event }) => event)).toEqual(
    [1, 3].map((n) => ({
      '@timestamp': expect.stringMatching(/Z$/),
      format: 2,
      time: expect.stringMatching(/Z$/),
      component: 'out',
      code: 'document_refused',
      message: 'no "way"',
      signal: 'logs',
      event_time: expect.stringMatching(/\.0{9}Z$/),
      own_time: false,
      position: {
        source: 'in',
        label: 'test',
        stream: 'AAAAAAAAAAAAAAAA',
        first_seen: 0,
        offset: n,
        end: n + 1,
        sub: 0,
      },
      event_id: `AAAAAAAAAAAAAAAA-${n.toString(16).padStart(12, '0')}`,
      event: `{"n":${n}}`,
    })),
  );
  expect(summary.deadLetters).toBe(2);
  await expect(access(summary.deadLetterFile)).rejects.toThrow('ENOENT');
});

it('an event refused anew after a restart has the same id there, apart from those of other components', async () => {
  const ids: string[][] = [];
  for (const id of ['out', 'out', 'other']) {
    const { kept, sink } = keeping();
    const bad = refusing(() => true);
    const components = [component('in', eventsSource([numbered(2)]), []), component(id, bad, ['in'])];
    await runIn(folder.path, [...components, component('letters', sink, ['dead_letters'])]);
    ids.push(kept.map((one) => one.id));
  }
  expect(ids[0]).toHaveLength(2);
  expect(ids[1]).toEqual(ids[0]);
  expect(ids[2]).not.toEqual(ids[0]);
});

it('what the sink of letters refuses goes to the file, as the letter that it was, and never round again', async () => {
  const { kept, sink } = keeping((body) => ({
    kind: 'done',
    refused: [{ index: 0, retry: false, code: 'document_refused', message: `full of ${body.entries}` }],
  }));
  const components = [
    component('in', eventsSource([numbered(3)]), []),
    component(
      'out',
      refusing(() => true, 'write_failed'),
      ['in'],
    ),
    component('letters', sink, ['dead_letters']),
  ];
  const summary = await runIn(folder.path, components);
  expect(kept.map(({ event }) => event['event'])).toEqual(['{"n":1}', '{"n":2}']);
  const [{ line, parsed }, ...others] = (await lettersIn(summary.deadLetterFile)) as [
    Awaited<ReturnType<typeof lettersIn>>[number],
  ];
  expect(others).toEqual([]);
  expect([line.component, line.code, line.event, line._id]).toEqual([
    'out',
    'write_failed',
    { n: 0 },
    'AAAAAAAAAAAAAAAA-000000000000',
  ]);
  expect(line.refused_by).toEqual({ component: 'letters', code: 'document_refused', message: 'full of 3' });
  expect(parsed.letter).toMatchObject({ component: 'out', event: '{"n":0}', position: { offset: 0, end: 1 } });
  expect(summary.deadLetters).toBe(3);
});

it('a sink may take events and letters, its own among them', async () => {
  const { kept, sink } = keeping((body) => ({
    kind: 'done',
    refused:
      body.position(0).stream.source === 'in'
        ? [{ index: 0, retry: false, code: 'document_refused', message: '' }]
        : [],
  }));
  const components = [
    component('in', eventsSource([numbered(2)]), []),
    component(
      'out',
      refusing(({ n }) => n === 1),
      ['in'],
    ),
    component('both', sink, ['in', 'dead_letters']),
  ];
  const summary = await runIn(folder.path, components);
  expect(kept.map(({ event }) => event['n'] ?? event['event']).toSorted()).toEqual([1, '{"n":1}']);
  expect((await lettersIn(summary.deadLetterFile)).map(({ line }) => [line.component, line.event])).toEqual([
    ['both', { n: 0 }],
  ]);
});

it('a full sink of letters blocks, and what it holds at the end comes again', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 200);
  const never = scriptSink(
    (_, __, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(done))),
    {
      bytes: 10_000,
      events: 4,
      waitMs: 1,
    },
  );
  const outcomes: string[] = [];
  const source = eventsSource(
    Array.from({ length: 100 }, (_, k) => numbered(4, k)),
    outcomes as never,
  );
  const components = [
    component('in', source, []),
    component(
      'out',
      refusing(() => true),
      ['in'],
    ),
    component('letters', never, ['dead_letters'], {
      queue: { ...sinkDefaults.queue, max_bytes: 8000 },
      request_timeout: 60_000,
    }),
  ];
  const summary = await runIn(folder.path, components, { stop: stop.signal, shutdown: '50ms' });
  const { received } = summary.components[0]!;
  expect(received).toBeLessThan(400);
  expect(new Set(outcomes.slice(2))).toEqual(new Set(['errored']));
  expect(summary.returned).toBeGreaterThan(received / 2);
});
