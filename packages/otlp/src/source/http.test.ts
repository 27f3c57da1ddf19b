import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { readStatus } from '@tailrace/telemetry';
import { afterEach, describe, expect, test } from 'vitest';
import { rawHttp } from './raw-http.fixture.ts';
import {
  REQUESTS,
  type RunningSource,
  recordsOf,
  requestBytes,
  startSource,
  stopSources,
  until,
} from './source.fixture.ts';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };
const SIGNALS = ['logs', 'metrics', 'traces'] as const;
const COMPRESS = { identity: (bytes: Uint8Array) => bytes, gzip: gzipSync, zstd: zstdCompressSync } as const;

afterEach(stopSources);

async function post({ http }: RunningSource, path: string, body: Uint8Array | string, headers: Record<string, string>) {
  const response = await fetch(`http://${http}${path}`, { method: 'POST', body: Buffer.from(body), headers });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

describe('what is taken', () => {
  test.each(SIGNALS)('%s: protobuf and JSON in every encoding; the answer is of the request’s type', async (signal) => {
    const source = await startSource();
    for (const [encoding, compress] of Object.entries(COMPRESS)) {
      const headers = encoding === 'identity' ? {} : { 'content-encoding': encoding };
      const protobuf = await post(source, `/v1/${signal}`, compress(requestBytes(signal, 2)), {
        ...PROTOBUF,
        ...headers,
      });
      expect(protobuf.response.status, encoding).toBe(200);
      expect(protobuf.response.headers.get('content-type')).toBe('application/x-protobuf');
      expect(protobuf.body).toHaveLength(0);
      const text = Buffer.from(JSON.stringify(REQUESTS[signal](3)));
      const json = await post(source, `/v1/${signal}`, compress(text), {
        'content-type': 'Application/JSON; charset=utf-8',
        ...headers,
      });
      expect(json.response.headers.get('content-type')).toBe('application/json');
      expect(JSON.parse(json.body.toString())).toEqual({});
    }
    expect(recordsOf(source)).toBe(15);
    expect(source.said.errors).toEqual({});
  });

  test('a log record is an event, with its place and time', async () => {
    const source = await startSource();
    const body = requestBytes('logs', 2);
    await post(source, '/v1/logs', body, PROTOBUF);
    await post(source, '/v1/logs', requestBytes('logs', 1), PROTOBUF);
    expect(source.run.events()[0]).toEqual({
      '@timestamp': '1970-01-01T00:00:00.000000001Z',
      body: 'hello',
      resource: { attributes: { 'service.name': 'shop' } },
    });
    expect(source.run.received[0]).toEqual({ bytes: body.length });
    const [first, second] = source.run.batches;
    const { stream, offset, end } = first!.position(1);
    expect([offset, end, stream.source, first!.time(1), first!.hasOwnTime(1)]).toEqual([1, 2, 'tested', 2n, true]);
    expect(second!.position(0)).toMatchObject({ offset: 2, stream: { id: stream.id } });
  });

  test('a record without a time has that of its reading', async () => {
    const source = await startSource();
    const log = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'x' } }] }] }] };
    await post(source, '/v1/logs', JSON.stringify(log), JSON_TYPE);
    const span = { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'x' }] }] }] };
    await post(source, '/v1/traces', JSON.stringify(span), JSON_TYPE);
    expect(source.run.batches[0]!.hasOwnTime(0)).toBe(false);
    for (const batch of [source.run.batches[0]!, source.run.records[0]!]) {
      expect(Math.abs(Number(batch.time(0) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
    }
  });

  test('an empty request is a success and gives nothing', async () => {
    const source = await startSource();
    expect((await post(source, '/v1/logs', '', PROTOBUF)).response.status).toBe(200);
    expect((await post(source, '/v1/traces', '{}', JSON_TYPE)).response.status).toBe(200);
    expect(recordsOf(source)).toBe(0);
  });

  test('records that are too large are left out, and the answer says so', async () => {
    const source = await startSource({ max_event_bytes: '1KiB' });
    for (const signal of ['logs', 'traces'] as const) {
      const small = REQUESTS[signal](2);
      const large = REQUESTS[signal](1, 'x'.repeat(2000));
      const body = JSON.stringify(merged(small, large));
      const { response, body: answer } = await post(source, `/v1/${signal}`, body, JSON_TYPE);
      expect(response.status).toBe(200);
      const { partialSuccess } = JSON.parse(answer.toString());
      expect(Object.values(partialSuccess)).toEqual(['1', expect.stringContaining('max_event_bytes')]);
    }
    expect(recordsOf(source)).toBe(4);
    expect(source.said.errors).toEqual({ record_oversize: 2 });
  });
});

/** Two requests as one. */
function merged(a: object, b: object): object {
  const [name, resources] = Object.entries(a)[0]!;
  return { [name]: [...resources, ...Object.values(b)[0]] };
}

describe('what is refused', () => {
  const TOKEN = { authorization: 'Bearer secret' };
  const LARGE = Buffer.alloc(3000);

  test.each([
    ['an unknown path', 404, 12, 'request_unsupported', { path: '/v1/profiles' }],
    ['a signal that nobody reads', 404, 12, 'request_unsupported', { path: '/v1/traces' }],
    ['another method', 405, 12, 'request_unsupported', { method: 'PUT' }],
    ['no content type', 415, 12, 'request_unsupported', { headers: {} }],
    ['another content type', 415, 12, 'request_unsupported', { headers: { 'content-type': 'text/plain' } }],
    ['another encoding', 415, 12, 'request_unsupported', { headers: { ...PROTOBUF, 'content-encoding': 'br' } }],
    ['no token', 401, 16, 'request_unauthorized', { token: {} }],
    ['another token', 401, 16, 'request_unauthorized', { token: { authorization: 'Bearer Secret' } }],
    ['another scheme', 401, 16, 'request_unauthorized', { token: { authorization: 'Basic secret' } }],
    ['a body that is no protobuf', 400, 3, 'request_invalid', { body: Buffer.from('no protobuf') }],
    [
      'a body that is no JSON',
      400,
      3,
      'request_invalid',
      { body: Buffer.from('{"resourceLogs":'), headers: JSON_TYPE },
    ],
    ['a body that is no gzip', 400, 3, 'request_invalid', { headers: { ...PROTOBUF, 'content-encoding': 'gzip' } }],
    ['a large body', 413, 8, 'request_oversize', { body: LARGE }],
    [
      'a body that becomes large',
      413,
      8,
      'request_oversize',
      { body: gzipSync(LARGE), headers: { ...PROTOBUF, 'content-encoding': 'gzip' } },
    ],
  ] as const)('%s: %i, gRPC code %i, counted as %s', async (_what, status, code, counted, request) => {
    const source = await startSource(
      { auth: { bearer: 'secret' }, max_body_bytes: 2000, max_compressed_bytes: 1000 },
      { reads: (signal) => signal !== 'traces' },
    );
    const {
      path = '/v1/logs',
      method = 'POST',
      headers = PROTOBUF,
      token = TOKEN,
      body = requestBytes('logs', 1),
    } = request as { path?: string; method?: string; headers?: object; token?: object; body?: Buffer };
    const answer = await fetch(`http://${source.http}${path}`, { method, body, headers: { ...headers, ...token } });
    expect(answer.status).toBe(status);
    const isProtobuf = 'content-type' in headers && headers['content-type'] === 'application/x-protobuf';
    expect(answer.headers.get('content-type')).toBe(isProtobuf ? 'application/x-protobuf' : 'application/json');
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const said = readStatus(bytes, isProtobuf ? 'protobuf' : 'json');
    expect(said.code).toBe(code);
    expect(said.message.length).toBeGreaterThan(10);
    expect(said).not.toHaveProperty('retryAfterMs');
    expect(answer.headers.get('retry-after')).toBeNull();
    expect(source.said.errors).toEqual({ [counted]: 1 });
    expect(recordsOf(source)).toBe(0);
  });

  test('what else the header says', async () => {
    const source = await startSource({ auth: { bearer: 'secret' } });
    const get = await fetch(`http://${source.http}/v1/logs`);
    expect(get.headers.get('allow')).toBe('POST');
    const encoding = await post(source, '/v1/logs', 'x', { ...PROTOBUF, ...TOKEN, 'content-encoding': 'lz4' });
    expect(encoding.response.headers.get('accept-encoding')).toBe('identity, gzip, zstd');
    const token = await post(source, '/v1/logs', 'x', PROTOBUF);
    expect(token.response.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('a body without a length is refused at the first byte too many, and its sender sees the answer', async () => {
    const source = await startSource({ max_body_bytes: '1MiB' });
    const raw = await rawHttp(source.http);
    raw.send(
      `POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 32), Buffer.from('\r\n')]);
    for (let k = 0; k < 64; k++) raw.send(chunk);
    await until(() => raw.received().includes('max_body_bytes'));
    expect(raw.received()).toMatch(/^HTTP\/1\.1 413 /);
    await raw.closed;
  });

  test('a client that waits for 100 Continue is refused before it sends its body', async () => {
    const source = await startSource({ max_body_bytes: 1000 });
    const head =
      'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\nexpect: 100-continue\r\n';
    const large = await rawHttp(source.http);
    large.send(`${head}content-length: 5000\r\n\r\n`);
    await until(() => large.received().includes('\r\n\r\n'));
    expect(large.received()).toMatch(/^HTTP\/1\.1 413 /);
    large.end();
    const small = await rawHttp(source.http);
    const body = requestBytes('logs', 1);
    small.send(`${head}content-length: ${body.length}\r\n\r\n`);
    await until(() => small.received().includes('100 Continue'));
    small.send(body);
    await until(() => small.received().includes('HTTP/1.1 200 OK'));
    small.end();
  });

  test('what is no HTTP, and a body that ends too early, are answered with 400 and counted', async () => {
    const source = await startSource();
    const nonsense = await rawHttp(source.http);
    nonsense.send('SSH-2.0-OpenSSH\r\n\r\n');
    await nonsense.closed;
    expect(nonsense.received()).toMatch(/^HTTP\/1\.1 400 /);
    const half = await rawHttp(source.http);
    half.send('POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"re');
    half.finish();
    await half.closed;
    expect(half.received()).toMatch(/^HTTP\/1\.1 400 /);
    expect(source.said.errors).toEqual({ request_invalid: 2 });
    const { response } = await post(source, '/v1/logs', requestBytes('logs', 1), PROTOBUF);
    expect(response.status).toBe(200);
    expect(source.said.gauges.get('otlp_in_flight_requests')).toBe(0);
  });

  test('a connection on which nothing is said is closed in time, and nobody is to blame', async () => {
    const source = await startSource({ read_timeout: '200ms' });
    const silent = await rawHttp(source.http);
    await silent.closed;
    expect(source.said.errors).toEqual({});
  });

  test('a body that does not arrive in time is refused', async () => {
    const source = await startSource({ read_timeout: '300ms' });
    const slow = await rawHttp(source.http);
    slow.send('POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"re');
    await slow.closed;
    expect(slow.received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(source.said.errors).toEqual({ request_invalid: 1 });
  });
});

describe('when the answer comes', () => {
  test('not before the pipeline has settled', async () => {
    const source = await startSource({}, { held: true });
    let isAnswered = false;
    const answer = post(source, '/v1/logs', requestBytes('logs', 1), PROTOBUF).finally(() => {
      isAnswered = true;
    });
    await until(() => recordsOf(source) === 1);
    await sleep(100);
    expect(isAnswered).toBe(false);
    source.release('delivered');
    expect((await answer).response.status).toBe(200);
  });

  test.each([
    ['delivered', 200],
    ['discarded', 200],
    ['dead_lettered', 200],
    ['errored', 503],
  ] as const)('%s: %i', async (outcome, status) => {
    const source = await startSource({}, { outcome: () => outcome });
    const { response } = await post(source, '/v1/logs', requestBytes('logs', 1), PROTOBUF);
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
  });

  test('after ack_timeout it is 503, to be sent again', async () => {
    const source = await startSource({ ack_timeout: '100ms' }, { held: true });
    const began = performance.now();
    const { response, body } = await post(source, '/v1/logs', requestBytes('logs', 1), PROTOBUF);
    expect(performance.now() - began).toBeGreaterThanOrEqual(95);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(readStatus(body, 'protobuf')).toMatchObject({
      code: 14,
      retryAfterMs: 1000,
      message: expect.stringContaining('ack_timeout'),
    });
    expect(source.said.errors).toEqual({ ack_timeout: 1 });
  });
});
