import { rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newPlace, type Place, readOnce, type SeenEvent, start } from './harness.ts';

const CONFIG = { include: ['a.log*'], multiline: { start: '^S', timeout: '40ms', max_lines: 4 } };

interface Line {
  readonly stream: string;
  readonly text: string;
  readonly bytes: string;
}
const drawn = fc.array(fc.tuple(fc.constantFrom('stdout', 'stderr'), fc.constantFrom('S', ' ', ' ')), {
  minLength: 1,
  maxLength: 14,
});
/** No two lines are the same, so that each can be found again. */
const cri = drawn.map((lines) =>
  lines.map(([stream, head], k): Line => {
    const half = `2024-01-01T00:00:00Z ${stream} P ${head}\n`;
    return {
      stream,
      text: `${head}${k}`,
      bytes: `${k % 3 === 0 ? half : ''}2024-01-01T00:00:00Z ${stream} F ${k % 3 === 0 ? '' : head}${k}\n`,
    };
  }),
);
const plain = drawn.map((lines) =>
  lines.map(([, head], k): Line => ({ stream: '', text: `${head}${k}`, bytes: `${head}${k}\n` })),
);

/** What happens when a part of the file has been written: a run of so many milliseconds that ends well, is killed, or loses power; a rename. */
interface Happening {
  readonly share: number;
  readonly how: 'write' | 'restart' | 'crash' | 'power' | 'rename';
  readonly ms: number;
}
const happenings = fc.array(
  fc.record({
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    how: fc.constantFrom('write', 'restart', 'crash', 'power', 'rename'),
    ms: fc.constantFrom(5, 60, 150),
  }),
  { maxLength: 5 },
);

async function runFor(at: Place, { ms, how }: Happening): Promise<SeenEvent[]> {
  const crash = how === 'crash' || how === 'power';
  const run = start(at, { config: CONFIG, births: true, hold: crash });
  await run.until(() => run.gauges.has('files followed'), 'the first scan');
  await delay(ms);
  if (!crash) {
    await run.stop();
    return run.events;
  }
  for (const batch of run.received.keys()) if (batch % 2 === 0) run.settle(batch);
  await delay(1);
  // What was not flushed is lost with the power.
  const crashed = structuredClone(how === 'power' ? run.flushed : at.state);
  const stopped = run.stop();
  for (const batch of run.received.keys()) run.settle(batch);
  await stopped;
  at.state.clear();
  for (const [key, value] of crashed) at.state.set(key, value);
  return run.events;
}

async function play(
  at: Place,
  mark: string,
  lines: readonly Line[],
  steps: readonly Happening[],
): Promise<SeenEvent[]> {
  const bytes = Buffer.from(mark + lines.map((line) => line.bytes).join(''));
  const events: SeenEvent[] = [];
  let name = 'a.log';
  let from = 0;
  for (const [i, step] of steps.toSorted((a, b) => a.share - b.share).entries()) {
    const { share, how } = step;
    const to = Math.floor(share * bytes.length);
    await at.append(name, bytes.subarray(from, to));
    from = to;
    if (how === 'write') continue;
    events.push(...(await runFor(at, step)));
    if (how !== 'rename') continue;
    await rename(at.path(name), at.path(`a.log.${i}`));
    name = `a.log.${i}`;
  }
  await at.append(name, bytes.subarray(from));
  return [...events, ...(await readOnce(at, { config: CONFIG, births: true })).events];
}

/** Lines without a time of their own carry the time of reading. */
const plainly = ({ id, event, end }: SeenEvent) => ({ id, end, event: { ...event, '@timestamp': '' } });

test('however often the source is stopped, killed and too slow for the timeout: every line once, in events that never change', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('', '\ufeff'), fc.oneof(cri, plain), happenings, async (mark, lines, steps) => {
      const at = await newPlace();
      try {
        const events = await play(at, mark, lines, steps);
        const byId = new Map(events.map((event) => [event.id, event]));
        for (const event of events) expect(plainly(event)).toEqual(plainly(byId.get(event.id)!));
        if (!steps.some(({ how }) => how === 'crash' || how === 'power')) expect(events).toHaveLength(byId.size);
        const inOrder = [...byId.values()].toSorted((a, b) => a.offset - b.offset);
        for (const stream of new Set(lines.map((line) => line.stream))) {
          const logs = inOrder
            .filter(({ event }) => (event['stream'] ?? '') === stream)
            .map(({ event }) => String(event['log']));
          expect(logs.flatMap((log) => log.split('\n'))).toEqual(
            lines.filter((line) => line.stream === stream).map(({ text }) => text),
          );
        }
      } finally {
        await at.remove();
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);
