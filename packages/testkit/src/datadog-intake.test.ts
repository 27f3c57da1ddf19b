import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type DatadogIntake, datadogIntake } from './datadog-intake.ts';

let intake: DatadogIntake;
beforeAll(async () => {
  intake = await datadogIntake();
});
afterAll(() => intake.stop());

const LOG = { message: 'a' };
interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

async function post(body: unknown, { path = '/api/v2/logs', method = 'POST', headers = {} }: Sent = {}) {
  const all = { 'dd-api-key': 'key', 'content-type': 'application/json', ...headers };
  const bytes = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(intake.url + path, { method, headers: all, ...(method !== 'GET' && { body: bytes }) });
  return { status: answer.status, text: await answer.text() };
}
const status = async (body: unknown, sent?: Sent) => (await post(body, sent)).status;

/** A request of exactly so many bytes, about five million. */
function bodyOf(bytes: number): string {
  const entry = (length: number): string => `{"message":"${'x'.repeat(length - 14)}"}`;
  const entries = Array.from({ length: 5 }, () => entry(899_999));
  return `[${[...entries, entry(bytes - 5 * 900_000 - 2)].join(',')}]`;
}

describe('the logs intake', () => {
  test('takes one log and a list of logs, and an empty list', async () => {
    expect(await status(LOG)).toBe(202);
    expect(await status([LOG, { ...LOG, more: { x: 1 } }])).toBe(202);
    expect(await status([])).toBe(202);
    expect(intake.logs.entries.slice(-3)).toEqual([LOG, LOG, { ...LOG, more: { x: 1 } }]);
  });

  test.each([
    [-1, 202],
    [0, 202],
    [1, 413],
  ])('takes 5 MB unpacked: %i', async (more, expected) => {
    const body = bodyOf(5_000_000 + more);
    expect(body).toHaveLength(5_000_000 + more);
    expect(await status(body)).toBe(expected);
    expect(await status(gzipSync(body), { headers: { 'content-encoding': 'gzip' } })).toBe(expected);
  });

  test.each([
    [999, 202],
    [1000, 202],
    [1001, 413],
  ])('takes 1,000 entries: %i', async (count, expected) => {
    expect(await status(Array.from({ length: count }, () => LOG))).toBe(expected);
  });

  test.each([
    [-1, 0],
    [0, 0],
    [1, 1],
  ])('keeps 1 MB of a log: %i', async (more, cut) => {
    const before = intake.logs.cut.length;
    expect(await status(`{"message":"${'x'.repeat(1_000_000 + more - 14)}"}`)).toBe(202);
    expect(intake.logs.cut.length - before).toBe(cut);
  });

  test.each([
    ['a minute too old', -18 * 60 - 1, 1],
    ['a minute young enough', -18 * 60 + 1, 0],
    ['nearly two hours ahead', 2 * 60 - 1, 0],
    ['more than two hours ahead', 2 * 60 + 1, 1],
  ])('drops what is out of time without a word: %s', async (_, minutes, dropped) => {
    const timestamp = Date.now() + minutes * 60_000;
    for (const time of [timestamp, new Date(timestamp).toISOString()]) {
      const before = intake.logs.dropped.length;
      expect(await status({ ...LOG, timestamp: time })).toBe(202);
      expect(intake.logs.dropped.length - before).toBe(dropped);
    }
  });

  test('wants a key that it knows', async () => {
    expect(await status(LOG, { headers: { 'dd-api-key': '' } })).toBe(401);
    expect(await post(LOG, { headers: { 'dd-api-key': 'other' } })).toEqual({
      status: 403,
      text: '{"errors":[{"status":"403","title":"Forbidden","detail":"Forbidden"}]}',
    });
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ] as const)('unpacks %s, and refuses what is not packed so', async (encoding, pack) => {
    const headers = { 'content-encoding': encoding };
    expect(await status(pack(JSON.stringify(LOG)), { headers })).toBe(202);
    expect(await status(LOG, { headers })).toBe(400);
    expect(await status(pack(JSON.stringify(LOG)).subarray(0, -3), { headers })).toBe(400);
  });

  test('refuses encodings and types that it does not know', async () => {
    expect(await status(LOG, { headers: { 'content-encoding': 'br' } })).toBe(400);
    expect(await status(LOG, { headers: { 'content-type': 'application/x-ndjson' } })).toBe(400);
  });

  test.each([
    ['no JSON', '[{"message":"a"},]'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['no object', '5'],
    ['a list in the list', [LOG, []]],
    ['null in the list', [LOG, null]],
    ['no message', [LOG, { ddsource: 'x' }]],
    ['a message that is no text', { message: 5 }],
    ['tags that are no text', { ...LOG, ddtags: ['a'] }],
    ['a service that is no text', { ...LOG, service: {} }],
  ])('refuses %s', async (_, body) => {
    const before = intake.logs.entries.length;
    expect(await status(body)).toBe(400);
    expect(intake.logs.entries).toHaveLength(before);
  });

  test('knows no other path or method', async () => {
    expect(await status(LOG, { path: '/api/v2/log' })).toBe(404);
    expect(await status(LOG, { path: '/v1/input' })).toBe(404);
    expect(await status(LOG, { method: 'PUT' })).toBe(405);
  });
});

test('a key is checked', async () => {
  const path = '/api/v1/validate';
  expect(await post('', { path, method: 'GET' })).toEqual({ status: 200, text: '{"valid":true}' });
  expect(await post('', { path, method: 'GET', headers: { 'dd-api-key': 'other' } })).toEqual({
    status: 403,
    text: '{"errors":["Forbidden"]}',
  });
});

test('faults come before any rule, in their order', async () => {
  const own = await datadogIntake({ key: 'k' });
  onTestFinished(() => own.stop());
  own.fault({ status: 429, headers: { 'retry-after': '3' } }, 'reset');
  const first = await fetch(own.url);
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '3']);
  await expect(fetch(own.url)).rejects.toThrow();
  expect((await fetch(own.url)).status).toBe(404);
  expect(own.requests.map(({ status: answered }) => answered)).toEqual([429, 0, 404]);
});
