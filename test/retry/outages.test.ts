import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bulkAnswer,
  elasticsearchScript,
  type RecordedRequest,
  type RunningProcess,
  type ScriptedAnswer,
  scriptedServer,
} from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';

const IN_FLIGHT = 4;

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

/** A pipeline over one file of numbered lines, to which `feed` appends so many per second. */
async function pipeline(url: string, retry = '{ initial: 100ms, max: 500ms }') {
  const folder = await mkdtemp(join(tmpdir(), 'outages-'));
  const log = join(folder, 'in.log');
  await writeFile(log, '');
  const yaml = `
data_dir: data
metrics: { address: "unix:metrics.sock" }
sources: { in: { type: file, include: ["${log}"], format: ndjson } }
sinks:
  out:
    { type: elasticsearch, inputs: in, nodes: ["${url}"], index: numbers, template: { enabled: false }, max_wait: 100ms,
      max_in_flight: ${IN_FLIGHT}, retry: ${retry} }
`;
  await writeFile(join(folder, 'pipeline.yaml'), yaml);
  const running = await startTailrace(['run', 'pipeline.yaml'], { folder });
  let written = 0;
  let feeding = true;
  onTestFinished(async () => {
    feeding = false;
    await running.kill();
    await sleep(50);
    await rm(folder, { recursive: true, force: true });
  });
  const feed = async (perSecond: number): Promise<void> => {
    for (const started = performance.now(); feeding; await sleep(20)) {
      const due = Math.floor(((performance.now() - started) * perSecond) / 1000);
      let lines = '';
      while (written < due) lines += `{"n":${written++}}\n`;
      await appendFile(log, lines);
    }
  };
  const stop = async (): Promise<string> => {
    feeding = false;
    await sleep(500);
    running.signal('SIGTERM');
    const { code, stderr } = await running.exit();
    expect(code, stderr).toBe(0);
    return stderr;
  };
  return { running, feed, stop, written: () => written };
}

async function ask({ running }: { running: RunningProcess }, path: string, until = (_: string) => true) {
  const socketPath = join(running.folder, 'metrics.sock');
  return await running.endpoint(`http://localhost${path}`, { socketPath, until: ({ body }) => until(body) });
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

test('connections that are reset, cut off or never answered: each event once', async () => {
  const server = await target(0);
  const run = await pipeline(server.url, '{ initial: 10ms, max: 50ms }');
  const feeding = run.feed(1000);
  for (const answer of [
    { kind: 'reset' },
    { kind: 'half', status: 200, body: '{"errors":false,"items":[]}' },
    { kind: 'close' },
  ] satisfies ScriptedAnswer[]) {
    server.fail(answer);
    await sleep(300);
    server.fail(null);
    await sleep(300);
  }
  await run.stop();
  await feeding;
  once(server.storedSince(0), run.written());
});
