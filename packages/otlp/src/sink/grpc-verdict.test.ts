import { responseBytes } from '@tailrace/telemetry';
import { sinkRun } from '@tailrace/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
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
