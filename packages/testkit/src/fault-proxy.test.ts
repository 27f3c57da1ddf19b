import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { type FaultProxy, faultProxy } from './fault-proxy.ts';
import { bulkAnswer, elasticsearchScript, type ScriptedServer, scriptedServer } from './scripted-server.ts';

async function setting(): Promise<{ target: ScriptedServer; proxy: FaultProxy }> {
  const target = await scriptedServer(elasticsearchScript((asked) => bulkAnswer(asked)));
  const proxy = await faultProxy({ target: target.url });
  onTestFinished(async () => {
    await proxy.stop();
    await target.stop();
  });
  return { target, proxy };
}

const bulk = (...names: string[]) => names.map((n) => `{"create":{"_id":"${n}"}}\n{"n":"${n}"}\n`).join('');

interface Answer {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

function post(proxy: FaultProxy, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(`${proxy.url}/_bulk`, { method: 'POST', agent: false, headers }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode, headers: response.headers, body: answer }),
        reject,
      );
    });
    asking.on('error', reject).end(body);
  });
}

test('without a fault requests and answers pass, and are told', async () => {
  const { target, proxy } = await setting();
  const answer = await post(proxy, bulk('a', 'b'));
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toEqual({
    errors: false,
    items: [{ create: { status: 201 } }, { create: { status: 201 } }],
  });
  expect(target.requests.map((asked) => asked.text)).toEqual([bulk('a', 'b')]);
  await expect.poll(() => proxy.requests[0]?.status).toBe(200);
  expect(proxy.requests[0]).toMatchObject({ bytes: bulk('a', 'b').length, entries: 2 });
  expect(proxy.requests[0]!.endedAt).toBeGreaterThanOrEqual(proxy.requests[0]!.at);
});

test('a delay makes answers late, not requests', async () => {
  const { target, proxy } = await setting();
  proxy.apply({ kind: 'delay', ms: 300 });
  const started = performance.now();
  const answer = post(proxy, bulk('a'));
  await target.received(1, 250);
  expect((await answer).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(290);
});

test('a connection is reset at once, or after the target has taken the request', async () => {
  const { target, proxy } = await setting();
  proxy.apply({ kind: 'reset', at: 'connection' });
  await expect(post(proxy, bulk('a'))).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(target.requests.length).toBe(0);
  proxy.apply({ kind: 'reset', at: 'answer' });
  await expect(post(proxy, bulk('b'))).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(target.requests.map((asked) => asked.text)).toEqual([bulk('b')]);
  proxy.apply(null);
  expect((await post(proxy, bulk('c'))).status).toBe(200);
  expect(proxy.connections()).toBe(3);
});

test('half an answer ends in its middle', async () => {
  const { target, proxy } = await setting();
  proxy.apply({ kind: 'half' });
  await expect(post(proxy, bulk(...'abcdefghijklmnopqrst'))).rejects.toThrow(/aborted|hang up|Parse Error/);
  expect(target.requests.length).toBe(1);
});

test('what hangs is neither taken nor answered until the fault ends', async () => {
  const { target, proxy } = await setting();
  proxy.apply({ kind: 'hang' });
  let isAnswered = false;
  const answer = post(proxy, bulk('a')).finally(() => {
    isAnswered = true;
  });
  await sleep(200);
  expect([target.requests.length, isAnswered]).toEqual([0, false]);
  proxy.apply(null);
  expect((await answer).status).toBe(200);
});

test('bandwidth is shared out in time', async () => {
  const { proxy } = await setting();
  proxy.apply({ kind: 'bandwidth', bytesPerSecond: 100_000 });
  const started = performance.now();
  expect((await post(proxy, bulk('x'.repeat(25_000)))).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(450);
});

test.each([
  [{ kind: 'status', status: 429 } as const, 429, undefined],
  [{ kind: 'status', status: 429, retryAfter: '7' } as const, 429, '7'],
  [{ kind: 'status', status: 503 } as const, 503, undefined],
  [{ kind: 'status', status: 401 } as const, 401, undefined],
  [{ kind: 'too_large', maxBytes: 40 } as const, 413, undefined],
])('%o is answered in place of the target', async (fault, status, retryAfter) => {
  const { target, proxy } = await setting();
  proxy.apply(fault);
  const answer = await post(proxy, bulk('a', 'b'));
  expect([answer.status, answer.headers['retry-after']]).toEqual([status, retryAfter]);
  expect(answer.headers['x-elastic-product']).toBe('Elasticsearch');
  expect(JSON.parse(answer.body)).toMatchObject({ status });
  expect(target.requests.length).toBe(0);
});

test('a body that is small enough passes where others are too large', async () => {
  const { proxy } = await setting();
  proxy.apply({ kind: 'too_large', maxBytes: 40 });
  expect((await post(proxy, bulk('a'))).status).toBe(200);
});

test('single entries are refused inside a 200, the others are taken; packed bodies too', async () => {
  const { target, proxy } = await setting();
  const statuses: Record<string, number> = { b: 429, d: 400 };
  proxy.apply({ kind: 'entries', refuse: (_, document) => statuses[(JSON.parse(document) as { n: string }).n] });
  for (const body of [bulk(...'abcde'), gzipSync(bulk(...'abcde'))]) {
    const packed: Record<string, string> = typeof body === 'string' ? {} : { 'content-encoding': 'gzip' };
    const answer = await post(proxy, body, packed);
    const { errors, items } = JSON.parse(answer.body) as { errors: boolean; items: { create: { status: number } }[] };
    expect([answer.status, errors, items.map((item) => item.create.status)]).toEqual([
      200,
      true,
      [201, 429, 201, 400, 201],
    ]);
    expect(target.requests.at(-1)!.text).toBe(bulk(...'ace'));
  }
  const refused = await post(proxy, bulk('b'));
  expect(JSON.parse(refused.body)).toMatchObject({ errors: true, items: [{ create: { status: 429 } }] });
  expect(target.requests.length).toBe(2);
});

test('only bulk requests meet HTTP faults', async () => {
  const { proxy } = await setting();
  proxy.apply({ kind: 'status', status: 503 });
  expect((await fetch(proxy.url)).status).toBe(200);
});

test('a target that is down shows as 502', async () => {
  const { target, proxy } = await setting();
  await target.stop();
  expect((await post(proxy, bulk('a'))).status).toBe(502);
});
