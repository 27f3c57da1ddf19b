import { ConfigError } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import { describe, expect, test } from 'vitest';
import { throttle } from './throttle.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ n, k: n % 3 }));

test.each(throttle.examples)('example: $title', async ({ config, input, output }) => {
  expect((await transformHarness(throttle, config)).run(input).events).toEqual(output);
});

describe('events that are too many', () => {
  test('are dropped with their reason', async () => {
    const done = (await transformHarness(throttle, { events: 4, interval: '1h' })).run(numbered(9));
    expect(done.events).toEqual(numbered(4));
    expect([done.reason, done.rejected, done.errors]).toEqual(['throttled', [], {}]);
  });

  test('go to the dead letters, which say the limit', async () => {
    const config = { events: 4, interval: '90s', burst: 2, on_excess: 'dead_letter' };
    const done = (await transformHarness(throttle, config)).run(numbered(4));
    expect(done.events).toEqual(numbered(2));
    const message = 'more than 4 events of its key came in 90 s';
    expect(done.rejected).toEqual([2, 3].map((i) => ({ i, code: 'throttled', message })));
  });
});

test('each key has its own limit, from batch to batch; missing and null are one key', async () => {
  const { run } = await transformHarness(throttle, { events: 1, interval: '1h', key: ['k'] });
  expect(run(numbered(6)).events).toEqual(numbered(3));
  expect(run([...numbered(3), { n: 9 }, { n: 10, k: null }]).events).toEqual([{ n: 9 }]);
});

test('keys beyond max_keys are forgotten and counted', async () => {
  const { run } = await transformHarness(throttle, { events: 1, interval: '1h', key: ['k'], max_keys: 2 });
  const done = run([{ k: 1 }, { k: 2 }, { k: 3 }, { k: 1 }]);
  expect(done.events).toHaveLength(4);
  expect(done.errors).toEqual({ keys_forgotten: 2 });
});

test('events come through again when time has passed', async () => {
  const { run } = await transformHarness(throttle, { events: 1, interval: '20ms' });
  expect(run([{ n: 1 }]).events).toHaveLength(1);
  await expect.poll(() => run([{ n: 2 }]).events.length, { timeout: 20_000, interval: 5 }).toBe(1);
});

test('what keep names passes and takes nothing', async () => {
  const { run } = await transformHarness(throttle, { events: 1, interval: '1h', keep: 'k > 0' });
  const done = run([{ k: 1 }, { k: 2 }, { k: 0 }, { k: 0 }, { k: 'x' }, { k: 3 }]);
  expect(done.events).toEqual([{ k: 1 }, { k: 2 }, { k: 0 }, { k: 3 }]);
  expect(done.errors).toEqual({ condition_error: 1 });
});

test.each([
  [{ events: 1, interval: '0s' }, ['interval'], 'must be longer than 0'],
  [{ events: 1, keep: 'a ==' }, ['keep'], 'is no valid condition: Unexpected token: EOF'],
])('%j is refused at set-up', async (config, at, message) => {
  await expect(transformHarness(throttle, config)).rejects.toEqual(new ConfigError(at, message));
});
