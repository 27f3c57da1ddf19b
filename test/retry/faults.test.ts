import { setTimeout as sleep } from 'node:timers/promises';
import { bulkAnswer, elasticsearchScript, type Fault, faultProxy, scriptedServer } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { pipeline } from './pipeline.ts';

const POISON = 100;

/** A target that keeps documents by their ids, as Elasticsearch does with `op_type: create`. */
async function store() {
  const numbers = new Map<string, number>();
  const server = await scriptedServer(
    elasticsearchScript((request) => {
      const lines = request.text.trimEnd().split('\n');
      return bulkAnswer(request, (index) => {
        const { create } = JSON.parse(lines[2 * index]!) as { create: { _id: string } };
        if (numbers.has(create._id)) return 409;
        const { n } = JSON.parse(lines[2 * index + 1]!) as { n: number };
        if (n % POISON === 7) return { status: 400, error: { type: 'document_parsing_exception', reason: `no ${n}` } };
        numbers.set(create._id, n);
        return 201;
      });
    }),
  );
  onTestFinished(() => server.stop());
  return { url: server.url, numbers };
}

const FAULTS: readonly Fault[] = [
  { kind: 'delay', ms: 50 },
  { kind: 'bandwidth', bytesPerSecond: 50_000 },
  { kind: 'reset', at: 'connection' },
  { kind: 'reset', at: 'answer' },
  { kind: 'half' },
  { kind: 'hang' },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 429, retryAfter: '1' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 401 },
  { kind: 'too_large', maxBytes: 2000 },
  { kind: 'entries', refuse: (_, document) => (/[0-4]\}/.test(document) ? 429 : undefined) },
];

test('every fault in turn under load: each event is stored once or a dead letter, and none is both', async () => {
  const target = await store();
  const proxy = await faultProxy({ target: target.url });
  onTestFinished(() => proxy.stop());
  const more = 'retry: { initial: 10ms, max: 100ms }, headers_timeout: 200ms, connect_timeout: 200ms';
  const run = await pipeline(proxy.url, more);
  const feeding = run.feed(1000);
  await expect.poll(() => target.numbers.size, { timeout: 20_000 }).toBeGreaterThan(100);
  for (const fault of FAULTS) {
    proxy.apply(fault);
    await sleep(600);
    proxy.apply(null);
    const before = target.numbers.size;
    await expect
      .poll(() => target.numbers.size, { timeout: 10_000, message: `after ${fault.kind}` })
      .toBeGreaterThan(before);
  }
  const said = await run.stop();
  await feeding;
  const letters = [...(await run.deadLetters()).matchAll(/"reason":"[^"]*no (\d+)|"message":"[^"]*no (\d+)/g)];
  const dead = letters.map(([, a, b]) => Number(a ?? b));
  const numbers = [...target.numbers.values(), ...dead];
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: run.written() }, (_, n) => n));
  expect(dead.every((n) => n % POISON === 7)).toBe(true);
  // What was stored before its answer was lost is sent again, and refused by its id.
  expect(said).toMatch(/[1-9][\d,]* duplicates avoided/);
  expect(said).not.toContain('id_conflict');
}, 60_000);
