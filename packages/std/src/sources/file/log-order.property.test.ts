import { readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newPlace, type Place, readOnce, type SeenEvent, start } from './harness.ts';

const time = '2024-01-01T00:00:00Z';
const CONFIG = { include: ['a.log'] };

/** What happens after a line was written. */
type Happening = 'rotate' | 'gzip' | 'run' | 'crash';
interface Written {
  readonly line: string;
  readonly next: readonly Happening[];
}
const written = fc.array(
  fc.record({
    stream: fc.constantFrom('stdout', 'stderr'),
    tag: fc.constantFrom('P', 'P', 'F'),
    next: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Happening[]>([]) },
      fc
        .subarray<Happening>(['rotate', 'gzip', 'run', 'crash'], { minLength: 1 })
        .chain((some) => fc.shuffledSubarray(some, { minLength: some.length })),
    ),
  }),
  { minLength: 1, maxLength: 12 },
);
const numbered = written.map((lines) =>
  lines.map(({ stream, tag, next }, i): Written => ({ line: `${time} ${stream} ${tag} ${i}.\n`, next })),
);

/** Reads for a moment and ends, with every other batch unsettled when it crashes. */
async function runFor(at: Place, crash: boolean): Promise<SeenEvent[]> {
  const run = start(at, { config: CONFIG, births: true, graceMs: 60, hold: crash });
  await run.until(() => run.gauges.get('file_lag_bytes') === 0, 'all to be read');
  await delay(150);
  if (!crash) {
    await run.stop();
    return run.events;
  }
  for (const batch of run.received.keys()) if (batch % 2 === 1) run.settle(batch);
  await delay(2);
  const crashed = structuredClone(at.state);
  for (const batch of run.received.keys()) run.settle(batch);
  await run.stop();
  at.state.clear();
  for (const [key, value] of crashed) at.state.set(key, value);
  return run.events;
}

async function compressOldest(at: Place): Promise<void> {
  const [oldest] = (await readdir(at.folder)).filter((name) => /^a\.log\.\d+$/.test(name)).toSorted();
  if (oldest === undefined) return;
  await writeFile(at.path(`${oldest}.gz`), gzipSync(await readFile(at.path(oldest))));
  await unlink(at.path(oldest));
}

async function play(at: Place, lines: readonly Written[]): Promise<SeenEvent[]> {
  const events: SeenEvent[] = [];
  let rotations = 0;
  // Known before it is rotated for the first time, as what was there before the first start has no place in a log.
  await at.append('a.log', `${time} stdout F first\n`);
  events.push(...(await runFor(at, false)));
  for (const { line, next } of lines) {
    await at.append('a.log', line);
    for (const what of next) {
      if (what === 'run' || what === 'crash') events.push(...(await runFor(at, what === 'crash')));
      if (what === 'gzip') await compressOldest(at);
      if (what !== 'rotate') continue;
      await rename(at.path('a.log'), at.path(`a.log.${20_260_101 + rotations++}`));
      await at.append('a.log', '');
    }
  }
  return [...events, ...(await readOnce(at, { config: CONFIG, births: true })).events];
}

async function whole(lines: readonly Written[]): Promise<string[]> {
  const at = await newPlace();
  try {
    await at.append('a.log', [`${time} stdout F first\n`, ...lines.map(({ line }) => line)].join(''));
    return (await readOnce(at, { config: CONFIG })).logs;
  } finally {
    await at.remove();
  }
}

test('however often a log is rotated, compressed and read again: the same events as from one file, each id once', async () => {
  await fc.assert(
    fc.asyncProperty(numbered, async (lines) => {
      const at = await newPlace();
      try {
        const events = await play(at, lines);
        const byId = new Map(events.map((event) => [event.id, event]));
        const logs = [...byId.values()].map(({ event }) => String(event['log']));
        expect(logs.toSorted()).toEqual((await whole(lines)).toSorted());
        for (const { id, event } of events) expect(event).toEqual(byId.get(id)!.event);
        if (!lines.some(({ next }) => next.includes('crash'))) expect(events).toHaveLength(byId.size);
      } finally {
        await at.remove();
      }
    }),
    { numRuns: 10 },
  );
}, 60_000);
