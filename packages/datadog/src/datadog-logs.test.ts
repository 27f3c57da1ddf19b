import { createRequire } from 'node:module';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { ConfigError, ProbeError } from '@tailrace/core';
import { batchOf, type DatadogIntake, datadogIntake, sinkRun } from '@tailrace/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { datadogLogs } from './datadog-logs.ts';

const DONE = { kind: 'done', refused: [] };
let intake: DatadogIntake;

beforeAll(async () => {
  intake = await datadogIntake();
});
beforeEach(() => {
  intake.requests.length = 0;
  for (const taken of Object.values(intake.logs)) taken.length = 0;
});
afterAll(() => intake.stop());

async function sink(options: object = {}) {
  const run = await sinkRun(datadogLogs, { api_key: 'key', url: intake.url, ...options });
  onTestFinished(() => run.sink.close?.());
  return run;
}

const ago = (milliseconds: number): string => new Date(Date.now() - milliseconds).toISOString();
const EVENT = { '@timestamp': ago(0), message: 'größer — 日本語', n: 1 };

describe('a request', () => {
  test('holds the events as a JSON array, with the key', async () => {
    const { send } = await sink({ headers: { 'X-Tenant': 'a' } });
    expect(await send(batchOf([EVENT, { ...EVENT, n: 2 }]))).toEqual(DONE);
    const [request] = intake.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/api/v2/logs', status: 202 });
    expect(request!.headers).toMatchObject({
      'dd-api-key': 'key',
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'user-agent': 'tailrace',
      'x-tenant': 'a',
    });
    expect(intake.logs.entries).toMatchObject([EVENT, { ...EVENT, n: 2 }]);
  });

  test.each([
    ['gzip', undefined, gunzipSync],
    ['gzip', 1, gunzipSync],
    ['zstd', undefined, zstdDecompressSync],
    ['zstd', 19, zstdDecompressSync],
    ['none', undefined, (bytes: Buffer) => bytes],
  ] as const)('is packed by %s at level %s', async (compression, level, unpack) => {
    const { send } = await sink({ compression, ...(level && { compression_level: level }) });
    expect(await send(batchOf([EVENT]))).toEqual(DONE);
    const { headers, packed } = intake.requests[0]!;
    expect(headers['content-encoding']).toBe(compression === 'none' ? undefined : compression);
    expect(JSON.parse(unpack(packed).toString())).toMatchObject([EVENT]);
  });

  test('is what the official client makes of it, too', async () => {
    // The client has no ES modules and weighs 147 MB, so it is no import of the sink.
    const client = createRequire(import.meta.url)(
      '@datadog/datadog-api-client/dist/packages/datadog-api-client-v2/models/ObjectSerializer.js',
    ) as {
      ObjectSerializer: { deserialize(data: unknown, type: string): unknown };
    };
    const kubernetes = {
      namespace_name: 'web',
      pod_name: 'shop-7d9c5b7f4-x2k8q',
      container_name: 'shop',
      host: 'node-1',
    };
    const { send } = await sink();
    await send(
      batchOf([{ ...EVENT, kubernetes, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }]),
    );
    const body = JSON.parse(gunzipSync(intake.requests[0]!.packed).toString()) as object[];
    const [item] = client.ObjectSerializer.deserialize(body, 'Array<HTTPLogItem>') as Record<string, unknown>[];
    expect(item).not.toHaveProperty('_unparsed');
    expect(item).toMatchObject({
      ddsource: 'shop',
      ddtags: 'kube_namespace:web,kube_container_name:shop,pod_name:shop-7d9c5b7f4-x2k8q,kube_deployment:shop',
      hostname: 'node-1',
      message: EVENT.message,
      service: 'shop',
      additionalProperties: { n: 1, 'dd.trace_id': '9532127138774266268', 'dd.span_id': '13235353014750950193' },
    });
    expect(() => client.ObjectSerializer.deserialize([{ ddsource: 'x' }], 'Array<HTTPLogItem>')).toThrow('message');
  });
});

describe('the limits of the intake are kept', () => {
  test.each([-1, 0, 1])('1 MB an event: %i', async (more) => {
    const { send, said } = await sink();
    const around =
      '{"timestamp":1717142400123,"ddsource":"tailrace","@timestamp":"","message":""}'.length +
      EVENT['@timestamp'].length;
    const message = 'x'.repeat(1_000_000 + more - around);
    expect(await send(batchOf([{ '@timestamp': EVENT['@timestamp'], message }]))).toEqual(DONE);
    expect(intake.logs.cut).toEqual([]);
    const [log] = intake.logs.entries;
    expect(JSON.stringify(log)).toHaveLength(Math.min(1_000_000, 1_000_000 + more));
    expect(said.errors).toEqual(more > 0 ? { entry_shortened: 1 } : {});
    expect(log!['message'] === message).toBe(more <= 0);
  });

  test('5 MB a request: -1, 0, +1', async () => {
    const { send, encode } = await sink({ compression: 'none' });
    const event = { '@timestamp': EVENT['@timestamp'], timestamp: Date.now(), message: '' };
    const around = JSON.stringify({ ddsource: 'tailrace', ...event }).length;
    const entry = (bytes: number) => ({ ...event, message: 'x'.repeat(bytes - around) });
    const request = (bytes: number) =>
      batchOf([...Array.from({ length: 5 }, () => entry(899_999)), entry(bytes - 4_500_002)]);
    for (const bytes of [4_999_999, 5_000_000]) {
      expect(await send(request(bytes))).toEqual(DONE);
      expect(intake.requests.at(-1)).toMatchObject({ status: 202, packed: { length: bytes } });
    }
    expect(() => encode(request(5_000_001))).toThrow('only 5 of 6 events fit');
  });

  test.each([
    [999, true],
    [1000, true],
    [1001, false],
  ])('1,000 events a request: %i', async (count, fits) => {
    const { send, encode } = await sink();
    const batch = batchOf(Array.from({ length: count }, (_, n) => ({ ...EVENT, n })));
    if (fits) expect(await send(batch)).toEqual(DONE);
    else expect(() => encode(batch)).toThrow('only 1000 of 1001 events fit');
  });

  test('18 hours: older ones are sent and counted', async () => {
    const { send, said } = await sink();
    const hours = 3_600_000;
    const events = [17.99, 18.01].map((age) => ({ '@timestamp': ago(age * hours), message: 'x', age }));
    expect(await send(batchOf(events))).toEqual(DONE);
    expect(intake.logs.entries).toMatchObject([{ age: 17.99 }]);
    expect(intake.logs.dropped).toMatchObject([{ age: 18.01 }]);
    expect(said.errors).toEqual({ event_too_old: 1 });
  });

  test('18 hours: older ones are dead letters where that is asked for', async () => {
    const { send, said } = await sink({ on_too_old: 'dead_letter', max_age: '1h' });
    const events = [0, 7_200_000, 0, 7_200_000].map((age, n) => ({ '@timestamp': ago(age), message: 'x', n }));
    const refusal = (index: number) => ({
      index,
      retry: false,
      code: 'event_too_old',
      message: expect.any(String) as string,
    });
    expect(await send(batchOf(events))).toEqual({ kind: 'done', refused: [refusal(1), refusal(3)] });
    expect(intake.logs.entries).toMatchObject([{ n: 0 }, { n: 2 }]);
    expect(said.errors).toEqual({});
    expect(await send(batchOf([events[1]!]))).toEqual({ kind: 'done', refused: [refusal(0)] });
    expect(intake.requests).toHaveLength(1);
    intake.fault({ status: 503 });
    expect(await send(batchOf(events))).toMatchObject({ kind: 'retry' });
  });

  test('18 hours: older ones are left out where that is asked for', async () => {
    const { send, said } = await sink({ on_too_old: 'drop' });
    const old = { '@timestamp': '2024-05-31T00:00:00Z', message: 'old' };
    const leftOut = [{ index: 1, reason: 'event_too_old' }];
    expect(await send(batchOf([EVENT, old, EVENT]))).toEqual({ kind: 'done', refused: [], leftOut });
    expect(intake.logs.entries).toHaveLength(2);
    expect(said.errors).toEqual({});
  });
});

describe('the check of the key', () => {
  test('finds it valid', async () => {
    const { probe } = await sink({ api_url: intake.url });
    await probe();
    expect(intake.requests).toMatchObject([{ method: 'GET', path: '/api/v1/validate', status: 200 }]);
  });

  test('is left out at an intake of one’s own', async () => {
    const { probe } = await sink({ api_key: 'other' });
    await probe();
    expect(intake.requests).toEqual([]);
  });

  test.each([
    [
      { status: 403, body: { errors: ['Forbidden'] } },
      'forbidden',
      /does not know the API key at datadoghq\.com \(403: Forbidden\): keys/,
    ],
    [{ status: 401 }, 'unauthorized', /does not see an API key/],
    [{ status: 200, body: 'Welcome' }, 'not_datadog', /no Datadog: status 200, Welcome/],
    [{ status: 404 }, 'not_datadog', /status 404/],
  ] as const)('says what is wrong: %j', async (answer, code, message) => {
    intake.fault(answer);
    const error: unknown = await (await sink({ api_url: intake.url })).probe().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProbeError);
    expect((error as ProbeError).code).toBe(code);
    expect((error as ProbeError).message).toMatch(message);
  });

  test('takes a busy server as temporary', async () => {
    intake.fault({ status: 429 });
    const error: unknown = await (await sink({ api_url: intake.url })).probe().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(ProbeError);
  });

  test('says that nothing listens', async () => {
    const { probe } = await sink({ api_url: 'http://127.0.0.1:1' });
    const message = expect.stringContaining('nothing listens there') as string;
    await expect(probe()).rejects.toMatchObject({ code: 'server_unreachable', message });
  });
});

test.each([
  [{ api_key: ' ' }, ['api_key'], /is empty/],
  [{ api_key: 'a\nb' }, ['api_key'], /cannot have/],
  [{ site: 'https://datadoghq.com' }, ['site'], /must be a site such as/],
  [{ url: 'intake' }, ['url'], /must be a URL/],
  [{ url: 'http://a:b@localhost' }, ['url'], /must not hold a user/],
  [{ url: 'http://localhost?x=1' }, ['url'], /without \? and #/],
  [{ api_url: 'ftp://x' }, ['api_url'], /must be a URL/],
  [{ headers: { 'Content-Type': 'x' } }, ['headers', 'Content-Type'], /it says how requests are sent/],
  [{ headers: { 'DD-API-KEY': 'x' } }, ['headers', 'DD-API-KEY'], /`api_key` sets it/],
  [{ headers: { 'a b': 'x' } }, ['headers', 'a b'], /cannot have/],
  [{ tls: { verify: false } }, ['tls'], /has no effect/],
  [{ proxy: 'socks5://x' }, ['proxy'], /must be a URL/],
  [{ compression_level: 10 }, ['compression_level'], /at most 9 for gzip/],
  [{ compression: 'none', compression_level: 1 }, ['compression_level'], /no effect/],
  [{ max_bytes: '6MB' }, ['max_bytes'], /at most 5MB/],
  [{ max_entry_bytes: '1KB' }, ['max_entry_bytes'], /from 20KB/],
  [{ max_bytes: '1MB' }, ['max_bytes'], /larger than/],
])('%j is refused', async (options, at, message) => {
  const error: unknown = await sink(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).at).toEqual(at);
  expect((error as ConfigError).message).toMatch(message);
});
