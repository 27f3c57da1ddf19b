import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { measureEventLoopDelay } from './event-loop-delay.ts';

/** Lets nothing else run for so long, in milliseconds. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('the delay is what the loop was late, without the time between two looks', async () => {
  const delay = measureEventLoopDelay();
  onTestFinished(() => delay.close());
  expect(delay.p99()).toBe(0);
  await sleep(250);
  block(700);
  await sleep(250);
  const late = delay.p99();
  // A look was due at most 100 ms after the loop was blocked.
  expect(late).toBeGreaterThan(0.55);
  expect(late).toBeLessThan(5);
  // Each call begins anew.
  await sleep(250);
  expect(delay.p99()).toBeLessThan(0.55);
});
