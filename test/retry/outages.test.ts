import { setTimeout as sleep } from 'node:timers/promises';
import {
  bulkAnswer,
  elasticsearchScript,
  type RecordedRequest,
  type ScriptedAnswer,
  scriptedServer,
} from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { ask, IN_FLIGHT, pipeline } from './pipeline.ts';

/** Numbers of the events in one bulk request. */
function numbersIn({ text }: RecordedRequest): number[] {
  return [...text.matchAll(/"n":(\d+)/g)].map((match) => Number(match[1]));
}

/** A server that answers as the test says, and what it saw. */
async function target(delayMs: number) {
  let fault: ScriptedAnswer | null = null;
  let open = 0;
  const seen = { mostAtOnce: 0, probes: 0, stored: [] as { at: number; numbers: number[] }[], failed: [] as number[] };
  const script = elasticsearchScript(async (request): Promise<ScriptedAnswer> => {
    seen.mostAtOnce = Math.max(seen.mostAtOnce, ++open);
    await sleep(delayMs);
    open--;
    if (fault) seen.failed.push(request.at);
    else seen.stored.push({ at: request.at, numbers: numbersIn(request) });
    return fault ?? bulkAnswer(request);
  });
  const server = await scriptedServer((request) => {
    if (typeof script !== 'function') throw new TypeError('the script is a function');
    if (request.path !== '/') return script(request);
    seen.probes++;
    return fault ?? script(request);
  });
  onTestFinished(() => server.stop());
  return {
    url: server.url,
    seen,
    fail(answer: ScriptedAnswer | null): number {
      fault = answer;
      seen.mostAtOnce = 0;
      return performance.now();
    },
    storedSince: (from: number, milliseconds = Number.POSITIVE_INFINITY): number[] =>
      seen.stored.flatMap(({ at, numbers }) => (at >= from && at < from + milliseconds ? numbers : [])),
  };
}

function once(numbers: readonly number[], count: number): void {
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
}

test('an outage under a steady load: few knocks meanwhile, no flood afterwards, each event once', async () => {
  const server = await target(5);
  const run = await pipeline(server.url);
  const feeding = run.feed(2000);
  await expect.poll(() => server.seen.stored.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await sleep(4000);
  const from = server.seen.stored.at(-1)!.at - 2000;
  const steady = server.storedSince(from, 2000).length / 2;
  expect(steady).toBeGreaterThan(1500);

  const down = server.fail({ status: 503, body: 'down' });
  await sleep(3000);
  expect(server.seen.failed.length).toBeLessThan(40);
  const metrics = (await ask(run, '/metrics')).body;
  expect(metrics).toMatch(/^tailrace_sink_paused\{.*component_id="out".*\} 1$/m);
  expect(metrics).toMatch(/^tailrace_adaptive_concurrency_limit\{.*\} 1$/m);
  const ready = await ask(run, '/readyz');
  expect([ready.status, ready.body]).toEqual([503, expect.stringContaining('status 503: down')]);

  const back = server.fail(null);
  await expect.poll(() => server.storedSince(back).length, { interval: 5 }).toBeGreaterThan(0);
  const first = server.seen.stored.find(({ at }) => at >= back)!.at;
  await sleep(3200);
  const firstSecond = server.storedSince(first, 1000).length;
  expect(firstSecond).toBeLessThanOrEqual(2 * steady);
  // What was left behind is caught up with soon.
  expect(server.storedSince(first, 3000).length).toBeGreaterThan(4 * steady);
  expect(server.seen.mostAtOnce).toBeLessThanOrEqual(IN_FLIGHT);
  await ask(run, '/readyz', (body) => !body.includes('target'));
  await run.stop();
  await feeding;
  once(server.storedSince(0), run.written());
  expect(first - down).toBeGreaterThan(3000);
});

test('refused credentials pause the sink: one request at a time, /readyz says why, nothing is lost', async () => {
  const server = await target(20);
  const run = await pipeline(server.url);
  const body = { error: { type: 'security_exception', reason: 'no such key' }, status: 401 };
  server.fail({ status: 401, body });
  const feeding = run.feed(1000);
  const ready = await ask(run, '/readyz', (text) => text.includes('no such key'));
  expect(ready.status).toBe(503);
  await sleep(2000);
  expect(server.seen.mostAtOnce).toBe(1);
  // The probe of the start does not go on beside them.
  const { probes } = server.seen;
  await sleep(1500);
  expect(server.seen.probes).toBe(probes);
  expect(server.storedSince(0)).toEqual([]);
  server.fail(null);
  await ask(run, '/readyz', (text) => !text.includes('no such key'));
  expect((await ask(run, '/metrics')).body).toMatch(/^tailrace_sink_paused\{.*\} 0$/m);
  await expect.poll(() => server.storedSince(0).length, { timeout: 15_000 }).toBeGreaterThan(2000);
  await run.stop();
  await feeding;
  once(server.storedSince(0), run.written());
});

test('Retry-After is obeyed by the whole sink', async () => {
  const server = await target(0);
  const run = await pipeline(server.url);
  const told = server.fail({ status: 429, headers: { 'retry-after': '2' }, body: 'slow down' });
  const feeding = run.feed(500);
  await expect.poll(() => server.seen.failed.length, { timeout: 20_000 }).toBe(1);
  const [firstTold = told] = server.seen.failed;
  server.fail(null);
  await expect.poll(() => server.seen.stored.length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(server.seen.stored[0]!.at - firstTold).toBeGreaterThanOrEqual(1990);
  await run.stop();
  await feeding;
  once(server.storedSince(0), run.written());
});
