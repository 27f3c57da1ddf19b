import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, type TestContext, test } from 'vitest';
import { EVENTS } from './file-events.fixture.ts';
import { newPlace, type SeenEvent, type SourceRun, type StartOptions, type State, start } from './harness.ts';

const FAST: StartOptions = { graceMs: 900, births: true };

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
    await delay(FAST.graceMs! + 200);
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
    await delay(FAST.graceMs! + 200);
    expectOnce(all(), expected);
  });
});
