import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Checkpoints, openCheckpoints } from './checkpoints.ts';
import { type ForgetfulFiles, forgetfulFiles } from './forgetful-files.fixture.ts';

type Values = Readonly<Record<string, unknown>>;

/** What the store should hold: all states since the last one that is surely on the disk. */
interface Model {
  states: Values[];
}

interface Real {
  files: ForgetfulFiles;
  checkpoints: Checkpoints;
  failures: (string | null)[];
}

type Command = fc.AsyncCommand<Model, Real>;

async function reopen(real: Real): Promise<void> {
  real.failures = [];
  const hear = (error: Error | null): void => void real.failures.push(error?.message ?? null);
  real.checkpoints = await openCheckpoints('/data', hear, real.files);
}

const COMPONENTS = ['a', 'b'];
function held({ checkpoints }: Real): Values {
  const entries = COMPONENTS.map((id) =>
    [...checkpoints.of(id).entries()].map(([key, value]) => [`${id}.${key}`, value]),
  );
  return Object.fromEntries(entries.flat());
}

/** Commands carry their name for fast-check's report. */
const command = (name: string, run: (model: Model, real: Real) => Promise<void> | void): Command => ({
  check: () => true,
  run: async (model, real) => run(model, real),
  toString: () => name,
});

const set = (id: string, key: string, value: unknown): Command =>
  command(`set ${id}.${key} ${JSON.stringify(value)}`, (model, { checkpoints }) => {
    checkpoints.of(id).set(key, value);
    model.states.push({ ...model.states.at(-1), [`${id}.${key}`]: value });
  });
const remove = (id: string, key: string): Command =>
  command(`delete ${id}.${key}`, (model, { checkpoints }) => {
    checkpoints.of(id).delete(key);
    const { [`${id}.${key}`]: _, ...rest } = model.states.at(-1)!;
    model.states.push(rest);
  });
/** Flushes at once, all but the last one with changes in between. */
const flush = (id: string, times: number): Command =>
  command(`flush ${id} ${times}×`, async (model, { checkpoints, files }) => {
    files.failAfter(Number.POSITIVE_INFINITY);
    const flushes: Promise<void>[] = [];
    for (let i = 1; i <= times; i++) {
      flushes.push(checkpoints.of(id).flush());
      if (i === times) break;
      checkpoints.of(id).set('between', i);
      model.states.push({ ...model.states.at(-1), [`${id}.between`]: i });
    }
    await Promise.all(flushes);
    model.states = model.states.slice(-1);
  });
/** The disk is full after some calls: the flush says so, and nothing that was there is lost. */
const failingFlush = (calls: number): Command =>
  command(`flush, failing after ${calls} calls`, async (model, { checkpoints, files, failures }) => {
    // Without a change there is nothing to write.
    checkpoints.of('a').set('full', calls);
    model.states.push({ ...model.states.at(-1), 'a.full': calls });
    files.failAfter(calls);
    await expect(checkpoints.of('a').flush()).rejects.toThrow('ENOSPC');
    expect(failures.at(-1)).toMatch('ENOSPC');
    files.failAfter(Number.POSITIVE_INFINITY);
    await checkpoints.of('a').flush();
    expect(failures.at(-1)).toBe(null);
    model.states = model.states.slice(-1);
  });
/** The power fails while a flush is at work, so many turns after it began. */
const crash = (turns: number, choices: readonly number[]): Command =>
  command(`crash after ${turns} turns, ${choices.join(' ')}`, async (model, real) => {
    const under = real.checkpoints.of('a').flush();
    let isFlushed = false;
    const over = under.then(
      () => {
        isFlushed = true;
      },
      () => {},
    );
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (isFlushed) model.states = model.states.slice(-1);
    let next = 0;
    real.files = real.files.crash((below) => (choices[next++ % choices.length] ?? 0) % below);
    await over;
    await reopen(real);
    const values = held(real);
    expect(model.states).toContainEqual(values);
    model.states = [values];
  });
const restart = command('close and open', async (model, real) => {
  real.files.failAfter(Number.POSITIVE_INFINITY);
  await real.checkpoints.close();
  await reopen(real);
  expect(held(real)).toEqual(model.states.at(-1));
  model.states = model.states.slice(-1);
});

const id = fc.constantFrom(...COMPONENTS);
const key = fc.constantFrom('x', 'y', '__proto__');
const commands = [
  fc.tuple(id, key, fc.oneof(fc.nat(9), fc.string({ maxLength: 300 }))).map(([i, k, v]) => set(i, k, v)),
  fc.tuple(id, key).map(([i, k]) => remove(i, k)),
  fc.tuple(id, fc.integer({ min: 1, max: 3 })).map(([i, times]) => flush(i, times)),
  fc.nat(5).map(failingFlush),
  fc.tuple(fc.nat(9), fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 })).map(([turns, c]) => crash(turns, c)),
  fc.constant(restart),
];

test('whenever the power fails: what was flushed is there, nothing is mixed, and the store opens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (plan) => {
      const real: Real = { files: forgetfulFiles(), checkpoints: undefined as never, failures: [] };
      await reopen(real);
      await fc.asyncModelRun(() => ({ model: { states: [{}] }, real }), plan);
      await real.checkpoints.close().catch(() => {});
    }),
    { numRuns: 150 },
  );
}, 20_000);
