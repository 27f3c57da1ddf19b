import type { Verdict } from '@tailrace/core';
import {
  batchOf,
  bulkAnswer,
  elasticsearchScript,
  type ScriptedAnswer,
  scriptedServer,
  sinkRun,
} from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { elasticsearch } from './elasticsearch.ts';

type BulkItems = Parameters<typeof bulkAnswer>[1];
const THREE = () => batchOf([{ n: 0 }, { n: 1 }, { n: 2 }]);

/** A sink that talks to a server with the given answer to `_bulk`. */
async function against(answer: ScriptedAnswer | BulkItems, options: object = {}) {
  const server = await scriptedServer(
    elasticsearchScript((request) => (typeof answer === 'object' ? answer : bulkAnswer(request, answer))),
  );
  onTestFinished(() => server.stop());
  const run = await sinkRun(elasticsearch, { nodes: [server.url], index: 'logs-{{ n }}', ...options });
  onTestFinished(() => run.sink.close?.());
  return { ...run, server };
}

async function verdictOf(answer: ScriptedAnswer | BulkItems): Promise<Verdict> {
  const { send } = await against(answer);
  return send(THREE());
}

const failing = (status: number, type = 'some_exception', reason = 'a reason') => ({ status, error: { type, reason } });
const second = (item: ReturnType<typeof failing>) => (index: number) => (index === 1 ? item : 201);

test('all stored', async () => {
  expect(await verdictOf(() => 201)).toEqual({ kind: 'done', refused: [] });
});

test.each([
  [400, false, 'document_refused', undefined],
  [413, false, 'document_refused', undefined],
  [422, false, 'document_refused', undefined],
  [401, true, 'unauthorized', 'logs-1'],
  [403, true, 'forbidden', 'logs-1'],
  [404, true, 'index_missing', 'logs-1'],
  [429, true, 'server_busy', undefined],
  [500, true, 'server_error', undefined],
  [503, true, 'server_error', undefined],
])('an entry with %i: retry %s, %s', async (status, retry, code, subject) => {
  const refusal = { index: 1, retry, code, message: 'some_exception: a reason', ...(subject && { subject }) };
  expect(await verdictOf(second(failing(status)))).toEqual({ kind: 'done', refused: [refusal], duplicates: 0 });
});

test('an index that is blocked is named: its server is not busy', async () => {
  const refusal = {
    index: 1,
    retry: true,
    code: 'index_blocked',
    message: 'cluster_block_exception: a reason',
    subject: 'logs-1',
  };
  const verdict = await verdictOf(second(failing(429, 'cluster_block_exception')));
  expect(verdict).toEqual({ kind: 'done', refused: [refusal], duplicates: 0 });
});

test('the cause below an error is told too', async () => {
  const error = { type: 'outer', reason: 'it failed', caused_by: { type: 'inner', reason: 'x is no number' } };
  const verdict = await verdictOf(second({ status: 400, error }));
  expect(verdict).toMatchObject({ refused: [{ message: 'outer: it failed (inner: x is no number)' }] });
});

test('a 409 is expected for an entry that was sent before', async () => {
  const { send, said } = await against(() => 409);
  expect(await send(THREE(), { tried: true })).toEqual({ kind: 'done', refused: [], duplicates: 3 });
  expect(said.errors).toEqual({});
});

test('a 409 is expected below what an earlier process may have sent, any other is a conflict', async () => {
  const { send, said } = await against(() => 409);
  const batch = batchOf([{ n: 0 }, { n: 1 }, { n: 2 }], { replayBelow: 101 });
  expect(await send(batch)).toEqual({ kind: 'done', refused: [], duplicates: 2 });
  expect(said.errors).toEqual({ id_conflict: 1 });
  const { send: again, said: told } = await against(() => 409);
  const atTheBorder = batchOf([{ n: 0 }, { n: 1 }, { n: 2 }], { replayBelow: 100 });
  expect(await again(atTheBorder)).toMatchObject({ duplicates: 1 });
  await again(atTheBorder);
  expect(told.errors).toEqual({ id_conflict: 4 });
  expect(told.records.filter(({ level }) => level === 'warn')).toEqual([
    {
      level: 'warn',
      details: { conflicts: 2, id: 'streamstreamstre-000000000064', input: 'test' },
      message:
        'documents that were never sent from here are in the index already: do two nodes share NODE_NAME and data_dir, or do events come to this sink by two ways?',
    },
  ]);
});

const JSON_ERROR = { error: { type: 'some_exception', reason: 'a reason' }, status: 0 };
const MESSAGE = 'some_exception: a reason';

test.each<[number, Verdict]>([
  [400, { kind: 'refused', code: 'request_refused', message: MESSAGE }],
  [401, { kind: 'pause', code: 'unauthorized', message: MESSAGE }],
  [403, { kind: 'pause', code: 'forbidden', message: MESSAGE }],
  [408, { kind: 'retry', code: 'server_timeout', message: MESSAGE }],
  [413, { kind: 'split', code: 'request_too_large', message: MESSAGE }],
  [422, { kind: 'refused', code: 'request_refused', message: MESSAGE }],
  [429, { kind: 'retry', code: 'server_busy', message: MESSAGE }],
  [500, { kind: 'retry', code: 'server_error', message: MESSAGE }],
  [502, { kind: 'retry', code: 'server_error', message: MESSAGE }],
  [503, { kind: 'retry', code: 'server_error', message: MESSAGE }],
  [504, { kind: 'retry', code: 'server_error', message: MESSAGE }],
])('a request with %i', async (status, verdict) => {
  expect(await verdictOf({ status, body: JSON_ERROR })).toEqual(verdict);
});

test('Retry-After in seconds and as a date', async () => {
  const busy = (value: string) => verdictOf({ status: 429, headers: { 'retry-after': value }, body: JSON_ERROR });
  expect(await busy('7')).toMatchObject({ kind: 'retry', afterMs: 7000 });
  const verdict = await busy(new Date(Date.now() + 60_000).toUTCString());
  expect(verdict).toHaveProperty('afterMs');
  const { afterMs } = verdict as { afterMs: number };
  expect(afterMs).toBeGreaterThan(50_000);
  expect(afterMs).toBeLessThanOrEqual(60_000);
  expect(await busy('soon')).not.toHaveProperty('afterMs');
});

test('Retry-After in the older forms of dates, and by the clock of a server that is wrong', async () => {
  const busy = async (value: string, date: string) => {
    const verdict = await verdictOf({ status: 503, headers: { 'retry-after': value, date }, body: JSON_ERROR });
    return 'afterMs' in verdict ? verdict.afterMs : undefined;
  };
  const now = 'Sun, 06 Nov 1994 08:49:37 GMT';
  expect(await busy('Sun, 06 Nov 1994 08:49:40 GMT', now)).toBe(3000);
  expect(await busy('Sunday, 06-Nov-94 08:49:41 GMT', now)).toBe(4000);
  expect(await busy('Sun Nov  6 08:49:42 1994', now)).toBe(5000);
  expect(await busy('Sun, 06 Nov 1994 08:49:00 GMT', now)).toBe(0);
  for (const nonsense of ['-1', '1.5', 'Soon', '']) expect(await busy(nonsense, now)).toBeUndefined();
});

const HTML = '<html>\n<h1>Welcome to nginx</h1>';

test.each([
  [200, 'not_elasticsearch', `status 200 with what is no bulk answer: <html> <h1>Welcome to nginx</h1>`],
  [302, 'not_elasticsearch', `status 302 with what is no bulk answer: <html> <h1>Welcome to nginx</h1>`],
  [400, 'not_elasticsearch', `status 400 with what is no bulk answer: <html> <h1>Welcome to nginx</h1>`],
  [404, 'not_elasticsearch', `status 404 with what is no bulk answer: <html> <h1>Welcome to nginx</h1>`],
  [502, 'server_error', 'status 502: <html> <h1>Welcome to nginx</h1>'],
])('a page of a proxy with %i costs nothing', async (status, code, message) => {
  expect(await verdictOf({ status, body: HTML })).toEqual({ kind: 'retry', code, message });
});

test.each([
  ['{"errors":true', 'status 200 with what is no bulk answer: {"errors":true'],
  ['{"took":1}', 'status 200 with what is no bulk answer: {"took":1}'],
  ['{"errors":true,"items":[{"create":{}}]}', 'status 200 with what is no bulk answer'],
  ['', 'status 200 with what is no bulk answer: an empty body'],
])('an answer %j is no answer', async (body, message) => {
  const verdict = await verdictOf({ status: 200, headers: { 'content-type': 'application/json' }, body });
  expect(verdict).toMatchObject({
    kind: 'retry',
    code: 'not_elasticsearch',
    message: expect.stringContaining(message),
  });
});

test('an answer that speaks of fewer entries settles nothing', async () => {
  const body = { errors: true, items: [{ create: failing(400) }] };
  const message = 'the answer speaks of 1 of 3 entries';
  expect(await verdictOf({ status: 200, body })).toEqual({ kind: 'retry', code: 'server_error', message });
});

test.each<[ScriptedAnswer]>([
  [{ kind: 'reset' }],
  [{ kind: 'close' }],
  [{ kind: 'half', status: 200, body: { errors: false, items: [] } }],
])('a connection that breaks (%j)', async (answer) => {
  expect(await verdictOf(answer)).toMatchObject({ kind: 'retry', code: 'server_unreachable' });
});

test('a server that never answers: the signal ends the request', async () => {
  const { send } = await against({ kind: 'hang' });
  const verdict = await send(THREE(), { signal: AbortSignal.timeout(100) });
  expect(verdict).toEqual({ kind: 'retry', code: 'server_timeout', message: 'no answer in time' });
});

test('the client itself tries nothing again', async () => {
  const { send, server } = await against({ status: 503, body: JSON_ERROR }, { template: { enabled: false } });
  await send(THREE());
  expect(server.requests.length).toBe(1);
});
