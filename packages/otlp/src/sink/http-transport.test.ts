import { createServer as createTcpServer } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { cutRequest, requestToJson } from '@tailrace/telemetry';
import { batchOf, httpProxy, listenOnLoopback, type RecordedRequest, scriptedServer, sinkRun } from '@tailrace/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { otlpSink } from './otlp-sink.ts';
import { gaugeOf, recordBatchOf, spansOf } from './receiver.fixture.ts';

const DONE = { kind: 'done', refused: [] };
const SPANS = spansOf({ count: 3 });
const BATCH = () => recordBatchOf('traces', SPANS);
let server: Awaited<ReturnType<typeof scriptedServer>>;

beforeAll(async () => {
  server = await scriptedServer([{ status: 200 }]);
});
afterAll(() => server.stop());

async function sink(options: object, folder?: string) {
  const run = await sinkRun(otlpSink, options, folder);
  onTestFinished(() => run.sink.close?.());
  return run;
}

/** What the server got of one request. */
async function sent(options: object): Promise<RecordedRequest> {
  const before = server.requests.length;
  const { send } = await sink({ endpoint: server.url, ...options });
  expect(await send(BATCH())).toEqual(DONE);
  return server.requests[before]!;
}

test('protobuf, packed with gzip unless told otherwise', async () => {
  const { method, path, headers, body } = await sent({});
  expect(`${method} ${path}`).toBe('POST /v1/traces');
  expect(headers).toMatchObject({
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
    'user-agent': 'tailrace',
  });
  expect(cutRequest('traces', gunzipSync(body)).length).toBe(3);
});

test('each signal goes to its path, logs as the mapping says', async () => {
  const before = server.requests.length;
  const { send } = await sink({ endpoint: server.url });
  const events = [{ message: 'hello', level: 'WARN', user: 'me' }, { message: 'again' }];
  expect(await send(batchOf(events))).toEqual(DONE);
  expect(await send(recordBatchOf('metrics', gaugeOf('up')))).toEqual(DONE);
  const [logs, metrics] = server.requests.slice(before);
  expect([logs!.path, metrics!.path]).toEqual(['/v1/logs', '/v1/metrics']);
  expect(cutRequest('logs', gunzipSync(logs!.body)).length).toBe(2);
  expect(logs!.text).toContain('hello');
  expect(cutRequest('metrics', gunzipSync(metrics!.body)).length).toBe(1);
});

test('zstd and no packing', async () => {
  const zstd = await sent({ compression: 'zstd' });
  expect(zstd.headers['content-encoding']).toBe('zstd');
  const none = await sent({ compression: 'none' });
  expect(none.headers).not.toHaveProperty('content-encoding');
  expect(zstdDecompressSync(zstd.body)).toEqual(none.body);
});

test('JSON, which holds the same', async () => {
  const { headers, body, text } = await sent({ protocol: 'http/json' });
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-encoding': 'gzip' });
  expect(Buffer.from(requestToJson('traces', SPANS)).toString()).toBe(text);
  expect(JSON.parse(text)).toMatchObject({
    resourceSpans: [{ scopeSpans: [{ scope: { name: 'tracer' }, spans: [{ name: 'get 0' }, {}, {}] }] }],
  });
  expect(gunzipSync(body).length).toBe(text.length);
});

test('what a request holds as JSON, for tests of pipelines', async () => {
  const { sink: made, encode } = await sink({ endpoint: server.url });
  const shown = made.bodyText!(encode(batchOf([{ message: 'hello' }])));
  expect(JSON.parse(shown)).toMatchObject({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
  });
});

test('paths: after that of the endpoint, or those given for single signals', async () => {
  expect((await sent({ endpoint: `${server.url}/otlp/` })).path).toBe('/otlp/v1/traces');
  const endpoints = { traces: `${server.url}/spans?to=me` };
  expect((await sent({ endpoint: 'http://127.0.0.1:1', endpoints })).path).toBe('/spans?to=me');
});

test('headers, tokens and users', async () => {
  expect((await sent({ headers: { 'Api-Key': 'a' } })).headers).toMatchObject({ 'api-key': 'a' });
  expect((await sent({ auth: { bearer: 'token\n' } })).headers).toMatchObject({ authorization: 'Bearer token' });
  const { headers } = await sent({ auth: { username: 'me', password: 'p:ä' } });
  expect(headers).toMatchObject({ authorization: `Basic ${Buffer.from('me:p:ä').toString('base64')}` });
});

test('connections are kept', async () => {
  const { send } = await sink({ endpoint: server.url });
  const before = server.connections();
  for (let i = 0; i < 3; i++) expect(await send(BATCH())).toEqual(DONE);
  expect(server.connections() - before).toBe(1);
});

test('an answer that comes before the body was read is heard', async () => {
  const early = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
  });
  const { port, stop } = await listenOnLoopback(early);
  onTestFinished(stop);
  const { send } = await sink({ endpoint: `http://127.0.0.1:${port}`, compression: 'none' });
  for (let i = 0; i < 5; i++) {
    const verdict = await send(recordBatchOf('traces', spansOf({ size: 3_500_000 })));
    expect(verdict).toMatchObject({ kind: 'split', code: 'request_too_large' });
  }
});

test('an answer that breaks off: its status counts when it refuses, not when it accepts', async () => {
  server.play([{ kind: 'half', status: 413, body: 'too large for me' }]);
  onTestFinished(() => server.play([{ status: 200 }]));
  const { send } = await sink({ endpoint: server.url });
  expect(await send(BATCH())).toMatchObject({ kind: 'split', message: 'status 413: too larg' });
  server.play([{ kind: 'half', status: 200, body: 'a long response' }]);
  expect(await send(BATCH())).toMatchObject({ kind: 'retry', code: 'server_unreachable' });
  server.play([{ kind: 'reset' }]);
  expect(await send(BATCH())).toMatchObject({ kind: 'retry', code: 'server_unreachable' });
});

test('time limits are those of the options', async () => {
  server.play([{ kind: 'hang' }]);
  onTestFinished(() => server.play([{ status: 200 }]));
  const slow = await sink({ endpoint: server.url, headers_timeout: '100ms' });
  expect(await slow.send(BATCH())).toEqual({
    kind: 'retry',
    code: 'server_timeout',
    message: 'no answer began within headers_timeout',
  });
  const late = await (await sink({ endpoint: server.url })).send(BATCH(), { signal: AbortSignal.timeout(100) });
  expect(late).toEqual({ kind: 'retry', code: 'server_timeout', message: 'no answer in time' });
});

test('a proxy', async () => {
  const proxy = await httpProxy({ user: { username: 'u', password: 'p' } });
  onTestFinished(() => proxy.stop());
  const { send, probe } = await sink({ endpoint: server.url, proxy: proxy.url.replace('//', '//u:p@') });
  await probe();
  expect(await send(BATCH())).toEqual(DONE);
  expect(proxy.requests[0]).toBe(`CONNECT ${new URL(server.url).host}`);
  const stranger = await sink({ endpoint: server.url, proxy: proxy.url });
  await expect(stranger.probe()).rejects.toMatchObject({
    code: 'unauthorized',
    message: expect.stringContaining('the proxy refuses the credentials in `proxy`'),
  });
});
