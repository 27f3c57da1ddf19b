import { ConfigError } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sample } from './sample.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ n, user: `user-${n % 50}` }));
const numbers = (events: readonly unknown[]) => (events as { n: number }[]).map(({ n }) => n);

test.each(sample.examples)('example: $title', async ({ config, input, output }) => {
  expect((await transformHarness(sample, config)).run(input).events).toEqual(output);
});

describe('the share that passes', () => {
  test.each([
    [{ one_in: 1 }, 1],
    [{ one_in: 4 }, 0.25],
    [{ ratio: 0.1 }, 0.1],
    [{ ratio: 0.9, seed: 'x' }, 0.9],
    [{ ratio: 1 }, 1],
    [{ ratio: 0 }, 0],
  ])('%j', async (config, share) => {
    const events = numbered(20_000);
    const { events: passed, reason } = (await transformHarness(sample, config)).run(events);
    expect(Math.abs(passed.length / events.length - share)).toBeLessThan(0.02);
    expect(reason).toBe('sampled');
  });

  test('is the same at every reading, in whatever batches; a larger one holds the smaller; another seed chooses others', async () => {
    const events = numbered(2000);
    const { run } = await transformHarness(sample, { ratio: 0.2 });
    const passed = numbers(run(events).events);
    expect(numbers(run(events).events)).toEqual(passed);
    const larger = numbers((await transformHarness(sample, { ratio: 0.5 })).run(events).events);
    expect(passed.filter((n) => !larger.includes(n))).toEqual([]);
    const other = numbers((await transformHarness(sample, { ratio: 0.2, seed: 'b' })).run(events).events);
    const both = passed.filter((n) => other.includes(n)).length;
    expect(Math.abs(both / events.length - 0.04)).toBeLessThan(0.02);
  });
});

test('events with the same key pass together, in every process; those without it are decided one by one', async () => {
  const events = numbered(1000);
  const [one, another] = [
    await transformHarness(sample, { ratio: 0.5, key: ['user'] }),
    await transformHarness(sample, { ratio: 0.5, key: ['user'] }),
  ];
  const passed = one.run(events).events as { user: string }[];
  const users = new Set(passed.map(({ user }) => user));
  expect(users.size).toBeGreaterThan(10);
  expect(users.size).toBeLessThan(40);
  expect(passed).toEqual(events.filter(({ user }) => users.has(user)));
  expect(another.run(events.toReversed()).events).toHaveLength(passed.length);
  const without = another.run(events.map(({ n }) => ({ n }))).events.length;
  expect(Math.abs(without / 1000 - 0.5)).toBeLessThan(0.05);
});

test('an event passes by its key whatever else it holds, and whatever stands around it', async () => {
  const { run } = await transformHarness(sample, { ratio: 0.5, key: ['a', 'b'] });
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string()));
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), value, fc.array(fc.string(), { maxLength: 5 }), (a, b, others) => {
      const alone = run([{ a, b }]).events.length;
      const among = run([...others.map((other) => ({ a: `${other}?` })), { x: 1, b, a }]).events;
      expect(among.filter((event) => 'x' in (event as object))).toHaveLength(alone);
    }),
    { numRuns: 100 },
  );
});

test('what keep names always passes; where it cannot be evaluated the event is sampled as any other', async () => {
  const { run } = await transformHarness(sample, { ratio: 0, keep: 'level.startsWith("E")', rate_field: 'rate' });
  const done = run([{ level: 'ERROR' }, { level: 3 }, { level: 'INFO' }]);
  expect(done.events).toEqual([{ level: 'ERROR', rate: 1 }]);
  expect(done.errors).toEqual({ condition_error: 1 });
});

test.each([
  [{}, [], 'says nothing of the share that passes: give one_in or ratio'],
  [{ one_in: 2, ratio: 0.5 }, ['ratio'], 'says the same as one_in: give one of them'],
  [{ one_in: 2, keep: '1 + 1' }, ['keep'], 'must be a bool expression, is int'],
])('%j is refused at set-up', async (config, at, message) => {
  await expect(transformHarness(sample, config)).rejects.toEqual(new ConfigError(at, message));
});
