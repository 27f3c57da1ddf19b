import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  batchOf,
  type DatadogIntake,
  datadogIntake,
  httpProxy,
  listenOnLoopback,
  scriptedServer,
  sinkRun,
  startProcess,
  tlsProxy,
} from '@tailrace/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { datadogLogs } from './datadog-logs.ts';

const DONE = { kind: 'done', refused: [] };
const ONE = () => batchOf([{ '@timestamp': new Date().toISOString(), message: 'a' }]);
let intake: DatadogIntake;

beforeAll(async () => {
  intake = await datadogIntake();
});
afterAll(() => intake.stop());

async function sink(options: object, folder?: string) {
  const run = await sinkRun(datadogLogs, { api_key: 'key', url: intake.url, ...options }, folder);
  onTestFinished(() => run.sink.close?.());
  return run;
}

/** Calls it at the end of the test. */
function later<T extends { stop(): Promise<void> }>(server: T): T {
  onTestFinished(() => server.stop());
  return server;
}

test('connections are used again, and one that was closed meanwhile is replaced', async () => {
  const sockets = new Set<unknown>();
  const server = createHttpServer((request, response) => {
    sockets.add(request.socket);
    request.resume().on('end', () => response.writeHead(202).end('{}'));
  });
  const { port, stop } = await listenOnLoopback(server);
  later({ stop });
  const { send } = await sink({ url: `http://127.0.0.1:${port}` });
  expect([await send(ONE()), await send(ONE())]).toEqual([DONE, DONE]);
  expect(sockets.size).toBe(1);
  for (const socket of sockets) (socket as { destroy(): void }).destroy();
  expect(await send(ONE())).toEqual(DONE);
});

test('answers that are packed are read, and one that cannot be costs no events', async () => {
  const server = later(await scriptedServer([{ status: 202 }]));
  const { send } = await sink({ url: server.url });
  const answered = (status: number, body: object, coding = 'gzip') => {
    server.play([{ status, headers: { 'content-encoding': coding }, body: gzipSync(JSON.stringify(body)) }]);
    return send(ONE());
  };
  const refusal = { errors: [{ status: '400', title: 'Bad Request', detail: 'bad event' }] };
  const refused = { kind: 'refused', code: 'request_refused', message: 'Bad Request: bad event' };
  expect(await answered(400, refusal)).toEqual(refused);
  expect(await answered(200, {})).toEqual(DONE);
  const unreadable = 'a body that cannot be read (content-encoding "compress")';
  for (const status of [200, 400]) {
    const stranger = { kind: 'retry', code: 'not_datadog', message: `status ${status}: ${unreadable}` };
    expect(await answered(status, refusal, 'compress')).toEqual(stranger);
  }
  expect(await answered(202, {}, 'compress')).toEqual(DONE);
  expect(server.requests[0]!.headers['accept-encoding']).toBe('identity');
});

test('an answer that comes before the whole request was read counts', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    });
  });
  const { port, stop } = await listenOnLoopback(server);
  later({ stop });
  const { send } = await sink({ url: `http://127.0.0.1:${port}`, compression: 'none' });
  const events = Array.from({ length: 4 }, () => ({
    '@timestamp': new Date().toISOString(),
    message: 'x'.repeat(900_000),
  }));
  expect(await send(batchOf(events))).toMatchObject({ kind: 'split', code: 'request_too_large' });
});

test('a server that never answers is left when the time is over', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined));
  const { port, stop } = await listenOnLoopback(server);
  later({ stop });
  const { send } = await sink({ url: `http://127.0.0.1:${port}` });
  expect(await send(ONE(), { signal: AbortSignal.timeout(100) })).toMatchObject({
    kind: 'retry',
    code: 'server_timeout',
  });
  expect(await send(ONE(), { signal: AbortSignal.abort() })).toMatchObject({ kind: 'retry', code: 'server_timeout' });
});

test('what is no HTTP, and a broken connection, are said', async () => {
  const server = createServer((socket) => socket.end('SSH-2.0-x\r\n'));
  const { port, stop } = await listenOnLoopback(server);
  later({ stop });
  const url = `http://127.0.0.1:${port}`;
  expect(await (await sink({ url })).send(ONE())).toMatchObject({ kind: 'retry', code: 'server_unreachable' });
  expect(await (await sink({ url: 'http://127.0.0.1:1' })).send(ONE())).toMatchObject({
    kind: 'retry',
    code: 'server_unreachable',
    message: expect.stringContaining('ECONNREFUSED') as string,
  });
});

test('an answer that does not end is left', async () => {
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => response.writeHead(500).end('x'.repeat(3_000_000)));
  });
  const { port, stop } = await listenOnLoopback(server);
  later({ stop });
  const { send } = await sink({ url: `http://127.0.0.1:${port}` });
  expect(await send(ONE())).toMatchObject({ kind: 'retry', code: 'server_error' });
});

test('the authority of the certificate has to be known, and the name to fit', async () => {
  const proxy = later(await tlsProxy({ target: intake.url }));
  const { folder, dispose } = await startProcess({ command: ['true'] });
  onTestFinished(() => dispose());
  await writeFile(`${folder}/ca.pem`, proxy.ca);
  const url = proxy.url;
  expect(await (await sink({ url })).send(ONE())).toMatchObject({ kind: 'retry', code: 'tls_failed' });
  expect(await (await sink({ url, tls: { ca: 'ca.pem' } }, folder)).send(ONE())).toEqual(DONE);
  expect(await (await sink({ url, tls: { verify: false } })).send(ONE())).toEqual(DONE);
  const named = { ca: 'ca.pem', server_name: 'other.example.com' };
  expect(await (await sink({ url, tls: named }, folder)).send(ONE())).toMatchObject({ code: 'tls_failed' });
  await expect(sink({ url, tls: { ca: 'none.pem' } }, folder)).rejects.toThrow('cannot read none.pem');
});

test('a relay that wants a client certificate gets it', async () => {
  const relay = later(await tlsProxy({ target: intake.url, clientCertificate: true }));
  const { folder, dispose } = await startProcess({ command: ['true'] });
  onTestFinished(() => dispose());
  const files = { 'ca.pem': relay.ca, 'client.pem': relay.client.certificate, 'client.key': relay.client.key };
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  const tls = { ca: 'ca.pem', certificate: 'client.pem', key: 'client.key' };
  expect(await (await sink({ url: relay.url, tls }, folder)).send(ONE())).toEqual(DONE);
  const without = await sink({ url: relay.url, tls: { ca: 'ca.pem' } }, folder);
  expect(await without.send(ONE())).toMatchObject({ kind: 'retry', code: 'tls_failed' });
});

test('a proxy opens the way, with a user where it wants one', async () => {
  const proxy = later(await httpProxy({ user: { username: 'u', password: 'p' } }));
  const { host } = new URL(proxy.url);
  expect(await (await sink({ proxy: `http://u:p@${host}` })).send(ONE())).toEqual(DONE);
  expect(proxy.requests).toEqual([`CONNECT ${new URL(intake.url).host}`]);
  expect(await (await sink({ proxy: proxy.url })).send(ONE())).toMatchObject({
    kind: 'retry',
    code: 'server_unreachable',
    message: `proxy ${host}: status 407`,
  });
});

test('a proxy opens the way to a server with TLS, whose name is checked', async () => {
  const tls = later(await tlsProxy({ target: intake.url, hosts: ['intake.example.com'] }));
  const proxy = later(await httpProxy({ routes: { 'intake.example.com:443': new URL(tls.url).host } }));
  const { folder, dispose } = await startProcess({ command: ['true'] });
  onTestFinished(() => dispose());
  await writeFile(`${folder}/ca.pem`, tls.ca);
  const options = { proxy: proxy.url, tls: { ca: 'ca.pem' } };
  expect(await (await sink({ ...options, url: 'https://intake.example.com' }, folder)).send(ONE())).toEqual(DONE);
  const other = { ...options, url: `https://${new URL(tls.url).host}` };
  expect(await (await sink(other, folder)).send(ONE())).toMatchObject({ kind: 'retry', code: 'tls_failed' });
});

test('a connection that does not open in time is given up', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined));
  const { port, stop } = await listenOnLoopback(silent);
  later({ stop });
  const run = await sink({ url: `https://127.0.0.1:${port}`, tls: { verify: false }, connect_timeout: '100ms' });
  expect(await run.send(ONE())).toEqual({
    kind: 'retry',
    code: 'server_unreachable',
    message: 'no connection within connect_timeout',
  });
});

test.each([
  ['headers_timeout', '', 'no answer began within headers_timeout'],
  [
    'body_timeout',
    'HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n\r\n{',
    'the answer stopped in the middle for body_timeout',
  ],
])('an answer that does not come within %s is given up', async (option, said, message) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(said));
  });
  const { port, stop } = await listenOnLoopback(server);
  later({ stop });
  const run = await sink({ url: `http://127.0.0.1:${port}`, [option]: '100ms' });
  expect(await run.send(ONE())).toEqual({ kind: 'retry', code: 'server_timeout', message });
});
