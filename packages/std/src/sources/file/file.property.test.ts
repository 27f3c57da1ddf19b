import { rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newPlace, type Place, readOnce, type SeenEvent, start } from './harness.ts';

const time = '2024-01-01T00:00:00Z';
const stream = fc.constantFrom('stdout', 'stderr');
const text = fc.string({ maxLength: 12, unit: 'binary' }).map((t) => t.replace(/[\r\n]/g, ''));
const cri = fc
  .tuple(stream, fc.constantFrom('P', 'P', 'F', 'F:x'), text)
  .map(([s, tag, t]) => `${time} ${s} ${tag} ${t}\n`);
const docker = fc
  .tuple(stream, fc.constantFrom('', '\n'), text)
  .map(([s, end, t]) => `${JSON.stringify({ log: t + end, stream: s, time })}\n`);
const plain = text.map((t) => `${t}\n`);
const odd = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('\n', 'odd\n', `${'x'.repeat(3000)}\n`, '\r\n') },
  fc.constant(`${'y'.repeat(80_000)}\n`),
);
const mark = fc.constantFrom('', '', '\ufeff');
const contents = fc
  .tuple(
    mark,
    fc.oneof(
      ...[cri, docker, plain].map((line) =>
        fc.array(fc.oneof({ weight: 12, arbitrary: line }, odd), { maxLength: 12 }),
      ),
    ),
  )
  .map(([head, lines]) => Buffer.from(head + lines.join('')));

/** What happens when a part of the file has been written: a run that ends well, one that is killed, one before a rename. */
interface Happening {
  readonly share: number;
  readonly how: 'write' | 'restart' | 'crash' | 'rename';
}
const happenings = fc.array(
  fc.record({
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    how: fc.constantFrom('write', 'restart', 'crash', 'rename'),
  }),
  { maxLength: 5 },
);
const CONFIG = { include: ['a.log*'], max_event_bytes: 2000 };

/** Lets a run read for a moment; what it did not come to is left to the next one. */
async function runFor(at: Place, crash: boolean): Promise<SeenEvent[]> {
  const run = start(at, { config: CONFIG, births: true, hold: crash });
  await run.until(() => run.gauges.has('files followed'), 'the first scan');
  await delay(6);
  if (!crash) {
    await run.stop();
    return run.events;
  }
  const batches = run.received.map((_, i) => i);
  for (const batch of batches.filter((i) => i % 2 === 0)) run.settle(batch);
  await delay(1);
  const crashed = structuredClone(at.state);
  const stopped = run.stop();
  for (const batch of run.received.keys()) run.settle(batch);
  await stopped;
  at.state.clear();
  for (const [key, value] of crashed) at.state.set(key, value);
  return run.events;
}

async function play(at: Place, bytes: Buffer, steps: readonly Happening[]): Promise<SeenEvent[]> {
  const events: SeenEvent[] = [];
  let name = 'a.log';
  let from = 0;
  for (const [i, { share, how }] of steps.toSorted((a, b) => a.share - b.share).entries()) {
    const to = Math.floor(share * bytes.length);
    await at.append(name, bytes.subarray(from, to));
    from = to;
    if (how === 'write') continue;
    events.push(...(await runFor(at, how === 'crash')));
    if (how !== 'rename') continue;
    await rename(at.path(name), at.path(`a.log.${i}`));
    name = `a.log.${i}`;
  }
  await at.append(name, bytes.subarray(from));
  return [...events, ...(await readOnce(at, { config: CONFIG, births: true })).events];
}

/** Lines without a time of their own carry the time of reading. */
const plainly = ({ id, event, end }: SeenEvent) => ({ id, end, event: { ...event, '@timestamp': '' } });

test('however a file is written, cut, renamed and resumed: the same events with the same ids, each once unless it crashed', async () => {
  await fc.assert(
    fc.asyncProperty(contents, happenings, async (bytes, steps) => {
      const at = await newPlace();
      try {
        const events = (await play(at, bytes, steps)).map(plainly);
        const whole = await readOnce(at, { config: CONFIG, births: true, state: new Map() });
        const byId = new Map(events.map((event) => [event.id, event]));
        expect([...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
          whole.events.map(plainly).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        );
        for (const event of events) expect(event).toEqual(byId.get(event.id));
        if (!steps.some(({ how }) => how === 'crash')) expect(events).toHaveLength(byId.size);
      } finally {
        await at.remove();
      }
    }),
    { numRuns: 120 },
  );
});
