import { createServer, type OutgoingHttpHeaders } from 'node:http2';
import { responseBytes } from '@tailrace/telemetry';
import { listenOnLoopback, sinkRun } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { otlpSink } from './otlp-sink.ts';
import { type CallAnswer, type GrpcReceiver, grpcReceiver, recordBatchOf, spansOf } from './receiver.fixture.ts';

let receiver: GrpcReceiver;

beforeAll(async () => {
  receiver = await grpcReceiver();
});
afterAll(() => receiver.stop());

async function answered(answer: CallAnswer, options: object = {}) {
  receiver.play(() => answer);
  const endpoint = `http://127.0.0.1:${receiver.port}`;
  const run = await sinkRun(otlpSink, { protocol: 'grpc', endpoint, ...options });
  onTestFinished(() => run.sink.close?.());
  return { verdict: await run.send(recordBatchOf('traces', spansOf({ count: 3 }))), said: run.said };
}

const all = (reason: object) => ({ kind: 'done', refused: [0, 1, 2].map((index) => ({ index, ...reason })) });
const dead = (message: string) => all({ retry: false, code: 'request_refused', message });

/** One row each of the table in docs/otlp.md. */
const ROWS: [NonNullable<CallAnswer['code']>, object][] = [
  ['OK', { kind: 'done', refused: [] }],
  ['CANCELLED', { kind: 'retry', code: 'server_error', message: 'CANCELLED: why' }],
  ['UNKNOWN', dead('UNKNOWN: why')],
  ['INVALID_ARGUMENT', { kind: 'refused', code: 'request_refused', message: 'INVALID_ARGUMENT: why' }],
  ['DEADLINE_EXCEEDED', { kind: 'retry', code: 'server_timeout', message: 'DEADLINE_EXCEEDED: why' }],
  ['NOT_FOUND', dead('NOT_FOUND: why')],
  ['ALREADY_EXISTS', dead('ALREADY_EXISTS: why')],
  ['PERMISSION_DENIED', { kind: 'pause', code: 'forbidden', message: 'PERMISSION_DENIED: why' }],
  ['RESOURCE_EXHAUSTED', { kind: 'split', code: 'request_too_large', message: 'RESOURCE_EXHAUSTED: why' }],
  ['FAILED_PRECONDITION', dead('FAILED_PRECONDITION: why')],
  ['ABORTED', { kind: 'retry', code: 'server_error', message: 'ABORTED: why' }],
  ['OUT_OF_RANGE', { kind: 'retry', code: 'server_error', message: 'OUT_OF_RANGE: why' }],
  ['UNIMPLEMENTED', all({ retry: true, code: 'not_otlp', message: 'UNIMPLEMENTED: why', subject: 'traces' })],
  ['INTERNAL', dead('INTERNAL: why')],
  ['UNAVAILABLE', { kind: 'retry', code: 'server_error', message: 'UNAVAILABLE: why' }],
  ['DATA_LOSS', { kind: 'retry', code: 'server_error', message: 'DATA_LOSS: why' }],
  ['UNAUTHENTICATED', { kind: 'pause', code: 'unauthorized', message: 'UNAUTHENTICATED: why' }],
];

test.each(ROWS)('%s', async (code, verdict) => {
  expect((await answered({ code, message: 'why' })).verdict).toEqual(verdict);
});

test('RESOURCE_EXHAUSTED with RetryInfo: a busy target', async () => {
  const answer: CallAnswer = { code: 'RESOURCE_EXHAUSTED', message: 'why', retryAfterMs: 2500 };
  const verdict = { kind: 'retry', code: 'server_busy', message: 'RESOURCE_EXHAUSTED: why', afterMs: 2500 };
  expect((await answered(answer)).verdict).toEqual(verdict);
});

test('UNAVAILABLE with RetryInfo: the time the target asks for', async () => {
  const answer: CallAnswer = { code: 'UNAVAILABLE', message: 'why', retryAfterMs: 1 };
  const verdict = { kind: 'retry', code: 'server_error', message: 'UNAVAILABLE: why', afterMs: 1 };
  expect((await answered(answer)).verdict).toEqual(verdict);
});

test('partial success', async () => {
  const response = responseBytes('traces', { rejected: 1n, message: 'too old' }, 'protobuf');
  expect((await answered({ response })).verdict).toEqual(
    all({
      retry: false,
      code: 'records_rejected',
      message: 'the target rejected 1 of 3 records of the request and does not say which: too old',
    }),
  );
  const { verdict, said } = await answered({ response }, { partial_success: 'accept' });
  expect(verdict).toEqual({ kind: 'done', refused: [], leftOut: [{ index: 0, reason: 'rejected_by_target' }] });
  expect(said.errors).toEqual({ records_rejected: 1 });
});

test('a response that cannot be read is a success, with a warning', async () => {
  const { verdict, said } = await answered({ response: Buffer.of(255) });
  expect(verdict).toEqual({ kind: 'done', refused: [] });
  expect(said.records).toMatchObject([{ level: 'warn' }]);
});

/** What becomes of an answer over HTTP/2 that no library for gRPC would give. */
async function handmade(headers: OutgoingHttpHeaders, body: string | Uint8Array = '', trailers?: OutgoingHttpHeaders) {
  const server = createServer().on('stream', (stream) => {
    stream.on('error', () => undefined); // the client may go at any time
    stream.respond(headers, { endStream: body.length === 0, waitForTrailers: trailers !== undefined });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers!));
    if (body.length > 0) stream.resume().on('end', () => stream.end(body));
  });
  const { port, stop } = await listenOnLoopback(server);
  onTestFinished(stop);
  const run = await sinkRun(otlpSink, { protocol: 'grpc', endpoint: `http://127.0.0.1:${port}` });
  onTestFinished(() => run.sink.close?.());
  return { verdict: await run.send(recordBatchOf('traces', spansOf({ count: 3 }))), said: run.said };
}

const GRPC = { ':status': 200, 'content-type': 'application/grpc' };

test.each([
  ['gzip', Buffer.from([1, 0, 0, 0, 1, 7]), 'Failed to decompress gzip-encoded message'],
  ['br', Buffer.from([1, 0, 0, 0, 1, 7]), 'it is packed in an unknown way'],
  ['identity', '', 'No message received'],
])('a response that cannot be unpacked, or is not there, is one as well: %s', async (encoding, body, why) => {
  const headers = { ...GRPC, 'grpc-encoding': encoding };
  const ok = { 'grpc-status': '0' };
  const { verdict, said } = await handmade(body === '' ? { ...headers, ...ok } : headers, body, ok);
  expect(verdict).toEqual({ kind: 'done', refused: [] });
  expect(said.records).toMatchObject([{ details: { warning: `its response cannot be read: ${why}` } }]);
});

describe('what answers without a status of gRPC', () => {
  const stranger = async (...answer: Parameters<typeof handmade>) => (await handmade(...answer)).verdict;
  const retry = (code: string) => (message: string) => ({ kind: 'retry', code, message });
  const pause = (code: string) => (message: string) => ({ kind: 'pause', code, message });
  const unserved = (message: string) => all({ retry: true, code: 'not_otlp', message, subject: 'traces' });

  /** By the table in docs/otlp.md. */
  const STATUSES: [number, (message: string) => object][] = [
    [200, pause('not_otlp')],
    [204, pause('not_otlp')],
    [400, pause('not_otlp')],
    [401, pause('unauthorized')],
    [403, pause('forbidden')],
    [404, unserved],
    [405, unserved],
    [408, retry('server_timeout')],
    [413, (message) => ({ kind: 'split', code: 'request_too_large', message })],
    [415, unserved],
    [418, pause('not_otlp')],
    [429, retry('server_busy')],
    [500, retry('server_error')],
    [501, retry('server_error')],
    [502, retry('server_error')],
    [503, retry('server_error')],
    [504, retry('server_error')],
  ];

  test.each(STATUSES)('status %i', async (status, verdict) => {
    expect(await stranger({ ':status': status })).toEqual(verdict(`status ${status} without one of gRPC`));
    if (status === 204) return;
    const page = { ':status': status, 'content-type': 'text/html' };
    const message = `status ${status} with text/html and without one of gRPC`;
    for (const body of ['<html>Hello</html>', 'OK']) expect(await stranger(page, body)).toEqual(verdict(message));
  });
  test('redirects', async () => {
    const message = 'status 301: it sends requests on to https://a.example: correct the URL';
    const headers = { ':status': 301, location: 'https://a.example' };
    for (const body of ['', '<html>moved</html>']) {
      expect(await stranger(headers, body)).toEqual({ kind: 'pause', code: 'not_otlp', message });
    }
  });
  test('Retry-After', async () => {
    const headers = { ':status': 503, 'retry-after': '7' };
    for (const body of ['', 'later']) {
      expect(await stranger(headers, body)).toMatchObject({ kind: 'retry', afterMs: 7000 });
    }
  });
  test('a response that is too long is not taken for a request that is', async () => {
    const length = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
    expect(await stranger(GRPC, length)).toMatchObject({ kind: 'retry', code: 'server_unreachable' });
    const said = 'Received message larger than max (70000000 vs 67108864)';
    const trailers = { 'grpc-status': '8', 'grpc-message': said };
    expect(await stranger({ ...GRPC, ...trailers })).toMatchObject({ kind: 'split', code: 'request_too_large' });
  });
  test('a stream that ends early, of a target that does speak gRPC', async () => {
    expect(await stranger(GRPC, Buffer.alloc(3))).toMatchObject({ kind: 'retry', code: 'server_unreachable' });
  });
  test('trailers without a status', async () => {
    const message = 'status 200 with application/grpc and without one of gRPC';
    expect(await stranger(GRPC, Buffer.alloc(5), { a: 'b' })).toEqual({ kind: 'pause', code: 'not_otlp', message });
  });
  test('a status of gRPC counts, whatever stands beside it', async () => {
    const headers = { ':status': 413, 'content-type': 'text/html', 'grpc-status': '14', 'grpc-message': 'why' };
    expect(await stranger(headers)).toEqual({ kind: 'retry', code: 'server_error', message: 'UNAVAILABLE: why' });
  });
});
