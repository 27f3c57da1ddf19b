import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { readResponse } from '@tailrace/telemetry';
import { afterEach, describe, expect, test } from 'vitest';
import { callExport, closeClients, exportPath, framed, rawExport } from './grpc.fixture.ts';
import { recordsOf, requestBytes, startSource, stopSources, until } from './source.fixture.ts';

const SIGNALS = ['logs', 'metrics', 'traces'] as const;
const GZIP = 2;

afterEach(async () => {
  closeClients();
  await stopSources();
});

describe('what is taken', () => {
  test.each(SIGNALS)('%s from the official client, plain and with gzip', async (signal) => {
    const source = await startSource();
    for (const compression of [0, GZIP]) {
      const answer = await callExport(source.grpc, signal, requestBytes(signal, 3), { compression });
      expect(answer).toEqual({ code: 0, details: '', body: Buffer.alloc(0) });
    }
    expect(recordsOf(source)).toBe(6);
    expect(source.run.received.map(({ bytes }) => bytes)).toEqual(Array(2).fill(requestBytes(signal, 3).length));
    expect(source.said.errors).toEqual({});
  });

  test('zstd, gzip and messages that are not compressed although others are', async () => {
    const source = await startSource();
    const body = requestBytes('logs', 2);
    expect(
      await rawExport(source.grpc, 'logs', framed(zstdCompressSync(body), true), { 'grpc-encoding': 'zstd' }),
    ).toBe(0);
    expect(await rawExport(source.grpc, 'logs', framed(gzipSync(body), true), { 'grpc-encoding': 'gzip' })).toBe(0);
    expect(await rawExport(source.grpc, 'logs', framed(body), { 'grpc-encoding': 'gzip' })).toBe(0);
    expect(recordsOf(source)).toBe(6);
  });

  test('an empty request is a success', async () => {
    const source = await startSource();
    expect((await callExport(source.grpc, 'logs', Buffer.alloc(0))).code).toBe(0);
    expect(recordsOf(source)).toBe(0);
  });

  test('a large request comes whole', async () => {
    const source = await startSource();
    const body = requestBytes('traces', 200, 'x'.repeat(50_000));
    expect((await callExport(source.grpc, 'traces', body)).code).toBe(0);
    expect(recordsOf(source)).toBe(200);
    expect(source.said.gauges.get('otlp_in_flight_bytes')).toBe(0);
  });

  test('what is too large alone is left out, and the answer says so', async () => {
    const source = await startSource({ max_event_bytes: 500 });
    const { code, body } = await callExport(source.grpc, 'metrics', requestBytes('metrics', 2));
    expect([code, body?.length]).toEqual([0, 0]);
    const answer = await callExport(source.grpc, 'logs', requestBytes('logs', 2, 'x'.repeat(600)));
    expect(readResponse('logs', answer.body!)).toEqual({ rejected: 2n, message: expect.stringContaining('500 bytes') });
    expect(source.said.errors).toEqual({ record_oversize: 2 });
  });
});

describe('what is refused', () => {
  const body = (): Buffer => requestBytes('logs', 1);

  test('a token: UNAUTHENTICATED without', async () => {
    const source = await startSource({ auth: { bearer: 'secret' } });
    expect(await callExport(source.grpc, 'logs', body())).toMatchObject({ code: 16, status: { code: 16 } });
    const headers = { authorization: 'bearer secret' };
    expect((await callExport(source.grpc, 'logs', body(), { headers })).code).toBe(0);
    expect(source.said.errors).toEqual({ request_unauthorized: 1 });
  });

  test('a signal that nobody reads: UNIMPLEMENTED', async () => {
    const source = await startSource({}, { reads: (signal) => signal === 'traces' });
    const answer = await callExport(source.grpc, 'logs', body());
    expect(answer).toMatchObject({ code: 12, details: expect.stringContaining('no component reads the logs') });
    expect(source.said.errors).toEqual({ request_unsupported: 1 });
  });

  test('too large, before and after decompression: RESOURCE_EXHAUSTED without RetryInfo', async () => {
    const source = await startSource({ max_body_bytes: 2000, max_compressed_bytes: 1000 });
    const zeros = Buffer.alloc(3000);
    for (const compression of [0, GZIP]) {
      const { code, status } = await callExport(source.grpc, 'logs', zeros, { compression });
      expect([code, status?.code, status?.retryAfterMs]).toEqual([8, 8, undefined]);
      expect(status?.message).toContain('max_body_bytes');
    }
    const noise = Buffer.from(Array.from({ length: 1500 }, (_, i) => (i * i * 7919) % 251));
    const packed = gzipSync(noise, { level: 0 });
    expect(await rawExport(source.grpc, 'logs', framed(packed, true), { 'grpc-encoding': 'gzip' })).toBe(8);
    expect(source.said.errors).toEqual({ request_oversize: 3 });
  });

  test('what only claims to be large is refused at its head', async () => {
    const source = await startSource();
    const head = Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]);
    expect(await rawExport(source.grpc, 'logs', head)).toBe(8);
    expect(source.said.errors).toEqual({ request_oversize: 1 });
  });

  test.each([
    ['no protobuf', framed(Buffer.from('no protobuf')), {}],
    ['no gzip', framed(Buffer.from('no gzip'), true), { 'grpc-encoding': 'gzip' }],
    [
      'half a zstd stream',
      framed(zstdCompressSync(Buffer.alloc(500)).subarray(0, 12), true),
      { 'grpc-encoding': 'zstd' },
    ],
    ['nothing', Buffer.alloc(0), {}],
    ['half a message', framed(Buffer.alloc(100)).subarray(0, 50), {}],
    ['two messages', Buffer.concat([framed(Buffer.alloc(0)), framed(Buffer.alloc(0))]), {}],
  ])('%s: INVALID_ARGUMENT, and counted', async (_what, bytes, headers) => {
    const source = await startSource();
    expect(await rawExport(source.grpc, 'logs', bytes, headers)).toBe(3);
    expect(source.said.errors).toEqual({ request_invalid: 1 });
    expect((await callExport(source.grpc, 'logs', body())).code).toBe(0);
    expect(source.said.gauges.get('otlp_in_flight_requests')).toBe(0);
  });

  test('another encoding: UNIMPLEMENTED', async () => {
    const source = await startSource();
    expect(await rawExport(source.grpc, 'logs', framed(body(), true), { 'grpc-encoding': 'snappy' })).toBe(12);
    expect(source.said.errors).toEqual({ request_unsupported: 1 });
  });

  test('a message that does not arrive in time: DEADLINE_EXCEEDED', async () => {
    const source = await startSource({ read_timeout: '200ms' });
    const session = connect(`http://${source.grpc}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': exportPath('logs'),
      'content-type': 'application/grpc',
    });
    let status: unknown;
    stream.on('response', (headers) => {
      status = headers['grpc-status'];
    });
    stream.on('error', () => undefined).resume();
    stream.write(framed(body()).subarray(0, 10));
    await until(() => status !== undefined);
    expect(status).toBe('4');
    session.destroy();
    expect(source.said.errors).toEqual({ request_invalid: 1 });
  });
});

describe('when the answer comes', () => {
  test('not before the pipeline has settled', async () => {
    const source = await startSource({}, { held: true });
    let isAnswered = false;
    const answer = callExport(source.grpc, 'traces', requestBytes('traces', 1)).finally(() => {
      isAnswered = true;
    });
    await until(() => recordsOf(source) === 1);
    await sleep(100);
    expect(isAnswered).toBe(false);
    source.release('dead_lettered');
    expect((await answer).code).toBe(0);
  });

  test('after ack_timeout it is UNAVAILABLE, with RetryInfo', async () => {
    const source = await startSource({ ack_timeout: '100ms' }, { held: true });
    const answer = await callExport(source.grpc, 'logs', requestBytes('logs', 1));
    expect(answer).toMatchObject({ code: 14, status: { code: 14, retryAfterMs: 1000 } });
    expect(source.said.errors).toEqual({ ack_timeout: 1 });
  });
});
