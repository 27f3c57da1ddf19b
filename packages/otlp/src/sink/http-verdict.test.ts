import { gzipSync } from 'node:zlib';
import type { Verdict } from '@tailrace/core';
import { responseBytes, statusBytes } from '@tailrace/telemetry';
import { type ScriptedAnswer, scriptedServer, sinkRun } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { otlpSink } from './otlp-sink.ts';
import { recordBatchOf, spansOf } from './receiver.fixture.ts';

let server: Awaited<ReturnType<typeof scriptedServer>>;

beforeAll(async () => {
  server = await scriptedServer([{ status: 200 }]);
});
afterAll(() => server.stop());

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const SPANS = (count = 3) => recordBatchOf('traces', spansOf({ count }));

async function answered(answer: ScriptedAnswer, options: object = {}, spans = 3) {
  server.play([answer]);
  const run = await sinkRun(otlpSink, { endpoint: server.url, ...options });
  onTestFinished(() => run.sink.close?.());
  return { verdict: await run.send(SPANS(spans)), said: run.said };
}

/** All of three entries are refused for one reason. */
const all = (reason: object) => ({ kind: 'done', refused: [0, 1, 2].map((index) => ({ index, ...reason })) });
const dead = (message: string) => all({ retry: false, code: 'request_refused', message });
const unserved = (message: string) => all({ retry: true, code: 'not_otlp', message, subject: 'traces' });

/** One row each of the table in docs/otlp.md. */
const ROWS: [string, ScriptedAnswer, object][] = [
  ['200', { status: 200, headers: PROTOBUF }, { kind: 'done', refused: [] }],
  ['202', { status: 202 }, { kind: 'done', refused: [] }],
  ['204', { status: 204 }, { kind: 'done', refused: [] }],
  [
    '200 with a web page',
    { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Hello' },
    { kind: 'pause', code: 'not_otlp', message: 'status 200 with a web page: <html>Hello' },
  ],
  [
    '301',
    { status: 301, headers: { location: 'https://a.example' } },
    {
      kind: 'pause',
      code: 'not_otlp',
      message: 'status 301: it sends requests on to https://a.example: correct the URL',
    },
  ],
  ['400', { status: 400, body: 'bad' }, { kind: 'refused', code: 'request_refused', message: 'status 400: bad' }],
  [
    '400 with a web page',
    { status: 400, body: '<html>The plain HTTP request was sent to HTTPS port' },
    {
      kind: 'pause',
      code: 'not_otlp',
      message: 'status 400 with a web page: <html>The plain HTTP request was sent to HTTPS port',
    },
  ],
  ['401', { status: 401, body: 'who?' }, { kind: 'pause', code: 'unauthorized', message: 'status 401: who?' }],
  ['403', { status: 403, body: 'no' }, { kind: 'pause', code: 'forbidden', message: 'status 403: no' }],
  ['404', { status: 404, body: 'nothing here' }, unserved('status 404: nothing here')],
  ['405', { status: 405 }, unserved('status 405: an empty body')],
  ['408', { status: 408 }, dead('status 408: an empty body')],
  ['413', { status: 413 }, { kind: 'split', code: 'request_too_large', message: 'status 413: an empty body' }],
  ['415', { status: 415 }, unserved('status 415: an empty body')],
  ['422', { status: 422, body: 'no' }, dead('status 422: no')],
  ['429', { status: 429 }, { kind: 'retry', code: 'server_busy', message: 'status 429: an empty body' }],
  ['500', { status: 500, body: 'boom' }, dead('status 500: boom')],
  ['501', { status: 501 }, dead('status 501: an empty body')],
  ['502', { status: 502 }, { kind: 'retry', code: 'server_error', message: 'status 502: an empty body' }],
  ['503', { status: 503 }, { kind: 'retry', code: 'server_error', message: 'status 503: an empty body' }],
  ['504', { status: 504 }, { kind: 'retry', code: 'server_error', message: 'status 504: an empty body' }],
  ['505', { status: 505 }, dead('status 505: an empty body')],
];

describe.each(['http/protobuf', 'http/json'])('%s', (protocol) => {
  test.each(ROWS)('status %s', async (_, answer, verdict) => {
    expect((await answered(answer, { protocol })).verdict).toEqual(verdict);
  });
});

test('Retry-After in seconds and as a date, for all that may be retried', async () => {
  for (const status of [429, 502, 503, 504]) {
    const { verdict } = await answered({ status, headers: { 'retry-after': '7' } });
    expect(verdict).toMatchObject({ kind: 'retry', afterMs: 7000 });
  }
  const headers = { date: 'Sat, 21 Nov 2026 08:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 08:00:42 GMT' };
  expect((await answered({ status: 503, headers })).verdict).toMatchObject({ kind: 'retry', afterMs: 42_000 });
  const never = { 'retry-after': 'soon' };
  expect((await answered({ status: 503, headers: never })).verdict).not.toHaveProperty('afterMs');
});

test('a google.rpc.Status in the body is the message, its RetryInfo the time to wait', async () => {
  const body = statusBytes({ code: 14, message: 'the queue\nis full', retryAfterMs: 1500 }, 'protobuf');
  expect((await answered({ status: 503, headers: PROTOBUF, body })).verdict).toEqual({
    kind: 'retry',
    code: 'server_error',
    message: 'status 503: the queue is full',
    afterMs: 1500,
  });
  const json = { status: 400, body: { code: 3, message: 'no such field' } } as const;
  expect((await answered(json, { protocol: 'http/json' })).verdict).toMatchObject({
    message: 'status 400: no such field',
  });
});

/** An answer of 200 that rejects some records, in the form that the request had. */
function partial(protocol: 'http/protobuf' | 'http/json', rejected: bigint, message: string): ScriptedAnswer {
  const encoding = protocol === 'http/json' ? 'json' : 'protobuf';
  const headers = { 'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf' };
  return { status: 200, headers, body: responseBytes('traces', { rejected, message }, encoding) };
}

describe.each(['http/protobuf', 'http/json'] as const)('partial success, %s', (protocol) => {
  const outcome = async (rejected: bigint, options: object = {}, spans = 3): Promise<Verdict> =>
    (await answered(partial(protocol, rejected, 'too old'), { protocol, ...options }, spans)).verdict;
  const letters = (message: string) => all({ retry: false, code: 'records_rejected', message });

  test('some rejected: nobody knows which, so all are dead letters', async () => {
    expect(await outcome(2n)).toEqual(
      letters('the target rejected 2 of 3 records of the request and does not say which: too old'),
    );
  });
  test('all rejected: all are dead letters, whatever the option says', async () => {
    const message = 'the target rejected all 3 records of the request: too old';
    expect(await outcome(3n)).toEqual(letters(message));
    expect(await outcome(3n, { partial_success: 'accept' })).toEqual(letters(message));
  });
  test('the only one rejected', async () => {
    expect(await outcome(1n, {}, 1)).toMatchObject({
      refused: [{ index: 0, retry: false, message: 'the target rejected the record: too old' }],
    });
  });
  test('some rejected, accepted on purpose: counted and said once', async () => {
    const answer = partial(protocol, 2n, 'too old');
    const { verdict, said } = await answered(answer, { protocol, partial_success: 'accept' });
    expect(verdict).toEqual({
      kind: 'done',
      refused: [],
      leftOut: [
        { index: 0, reason: 'rejected_by_target' },
        { index: 1, reason: 'rejected_by_target' },
      ],
    });
    expect(said.errors).toEqual({ records_rejected: 2 });
    expect(said.records.map(({ level }) => level)).toEqual(['warn']);
  });
  test('none rejected, with a message: a warning, once a minute', async () => {
    server.play([partial(protocol, 0n, 'your format is old')]);
    const { send, said, sink } = await sinkRun(otlpSink, { protocol, endpoint: server.url });
    onTestFinished(() => sink.close?.());
    for (let i = 0; i < 3; i++) expect(await send(SPANS())).toEqual({ kind: 'done', refused: [] });
    expect(said.records).toEqual([
      {
        level: 'warn',
        details: { signal: 'traces', warning: 'your format is old' },
        message: 'the target took a request and has something to say',
      },
    ]);
    expect(said.errors).toEqual({});
  });
});

describe('answers that are packed', () => {
  const packed = (body: Uint8Array, coding = 'gzip') => ({
    headers: { ...PROTOBUF, 'content-encoding': coding },
    body,
  });

  test('a partial success and a refusal are read', async () => {
    const some = gzipSync(responseBytes('traces', { rejected: 2n, message: 'two are bad' }, 'protobuf'));
    expect((await answered({ status: 200, ...packed(some) })).verdict).toMatchObject({
      refused: [0, 1, 2].map((index) => ({ index, retry: false, code: 'records_rejected' })),
    });
    const refusal = gzipSync(statusBytes({ code: 3, message: 'no such field' }, 'protobuf'));
    expect((await answered({ status: 400, ...packed(refusal) })).verdict).toMatchObject({
      kind: 'refused',
      message: 'status 400: no such field',
    });
  });
  test('in a way that nobody knows: a success is one, with a warning that says so', async () => {
    const unknown = packed(Buffer.from([0x1f, 0x9d]), 'compress');
    const { verdict, said } = await answered({ status: 200, ...unknown });
    expect(verdict).toEqual({ kind: 'done', refused: [] });
    const why = 'a body that cannot be read (content-encoding "compress")';
    const warning = `it answers 200 with what is no OTLP response: ${why}`;
    expect(said.records).toMatchObject([{ level: 'warn', details: { warning } }]);
    expect((await answered({ status: 503, ...unknown })).verdict).toMatchObject({ message: `status 503: ${why}` });
  });
  test('a web page is one', async () => {
    const page = { headers: { 'content-encoding': 'gzip' }, body: gzipSync('<html>Hello') };
    expect((await answered({ status: 400, ...page })).verdict).toMatchObject({ kind: 'pause', code: 'not_otlp' });
  });
});

test('a success that cannot be read is one, with a warning', async () => {
  const { verdict, said } = await answered({ status: 200, headers: PROTOBUF, body: 'OK' });
  expect(verdict).toEqual({ kind: 'done', refused: [] });
  expect(said.records).toMatchObject([
    { level: 'warn', details: { warning: 'it answers 200 with what is no OTLP response: OK' } },
  ]);
});
