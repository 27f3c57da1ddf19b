import { ConfigError } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { functionTransform } from './function-transform.ts';

test('a function is a transform, with the rules of script', async () => {
  const run = (event: { n: number }) => {
    if (event.n === 2) throw new RangeError('two');
    return event.n === 3 ? null : [event, { ...event, copy: true }];
  };
  const done = (await transformHarness(functionTransform(run), {})).run([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(done.events).toEqual([{ n: 1 }, { n: 1, copy: true }]);
  expect(done.rejected).toEqual([{ i: 1, code: 'script_failed', message: expect.stringMatching(/RangeError: two$/) }]);
  expect(done.rejected[0]!.message).toMatch(/function-transform\.test\.ts:\d+:\d+: /);
});

test('what becomes of events that it fails on is an option', async () => {
  const run = (): never => {
    throw new Error('always');
  };
  const kept = (await transformHarness(functionTransform(run), { on_error: 'keep' })).run([{ n: 1 }]);
  expect([kept.events, kept.errors]).toEqual([[{ n: 1 }], { script_failed: 1 }]);
});

test('an async function is refused at set-up', async () => {
  const made = transformHarness(
    functionTransform(async () => null),
    {},
  );
  const message =
    'run is an AsyncFunction: expected a function that returns its events at once, not async and no generator';
  await expect(made).rejects.toEqual(new ConfigError([], message));
});
