import { once } from 'node:events';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { httpProxy, listenOnLoopback, scriptedServer, tlsProxy } from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, httpClient } from './client.ts';

const NO_LIMITS = { connectTimeout: 0, headersTimeout: 0, bodyTimeout: 0, maxAnswerBytes: 1 << 20 };

/** Posts a body to a URL with a client of its own. */
function poster(url: string, options: Partial<ClientOptions> = {}) {
  const client = httpClient({ tls: {}, kept: 2, ...NO_LIMITS, ...options });
  onTestFinished(() => client.close());
  return (body: Uint8Array = Buffer.from('body'), signal = AbortSignal.timeout(10_000), headers = {}) =>
    client.request({ method: 'POST', url: new URL(url), headers: { 'x-own': 'a', ...headers }, body }, signal);
}

/** A server that does with each connection what the test says. */
async function serverOf(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  const { port, stop } = await listenOnLoopback(server);
  onTestFinished(stop);
  return `http://127.0.0.1:${port}`;
}

async function scripted(...script: Parameters<typeof scriptedServer>) {
  const server = await scriptedServer(...script);
  onTestFinished(() => server.stop());
  return server;
}

test('sends a request as it is; any status is an answer; connections are kept', async () => {
  const server = await scripted([{ status: 418, body: 'short and stout', headers: { 'X-Kind': 'pot' } }]);
  const post = poster(`${server.url}/a?b`);
  for (let i = 0; i < 3; i++) {
    const answer = await post();
    expect(answer).toMatchObject({ kind: 'answer', status: 418, headers: { 'x-kind': 'pot' }, isWhole: true });
    expect(answer.kind === 'answer' && Buffer.from(answer.body).toString()).toBe('short and stout');
  }
  const [request] = server.requests;
  expect(`${request!.method} ${request!.path} ${request!.text}`).toBe('POST /a?b body');
  expect(request!.headers).toMatchObject({ 'x-own': 'a', 'content-length': '4' });
  expect(server.connections()).toBe(1);
});

test('asks for answers that are not packed, unless told otherwise', async () => {
  const server = await scripted([{ status: 200 }]);
  const post = poster(server.url);
  await post();
  await post(undefined, undefined, { 'accept-encoding': 'gzip' });
  expect(server.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'gzip']);
});

describe('answers that are packed all the same', () => {
  const TEXT = 'all is well '.repeat(50);
  const MAX = 1000;
  /** What a client makes of an answer whose body takes at most 1,000 bytes. */
  async function read(coding: string, body: Uint8Array | string, kind: 'answer' | 'half' = 'answer') {
    const server = await scripted([{ kind, status: 200, body, headers: { 'content-encoding': coding } }]);
    const answer = await poster(server.url, { maxAnswerBytes: MAX })();
    if (answer.kind === 'none') throw new Error(answer.message);
    return { text: Buffer.from(answer.body).toString(), isWhole: answer.isWhole, unreadable: answer.unreadable };
  }

  test.each([
    ['gzip', gzipSync(TEXT)],
    ['X-Gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['zstd', zstdCompressSync(TEXT)],
    ['identity', TEXT],
    ['UTF-8', TEXT],
    ['', TEXT],
  ])('%s', async (coding, body) => {
    expect(await read(coding, body)).toEqual({ text: TEXT, isWhole: true, unreadable: undefined });
  });

  test('an empty body has nothing to unpack', async () => {
    expect(await read('gzip', '')).toEqual({ text: '', isWhole: true, unreadable: undefined });
  });

  test.each([
    ['compress', 'x', 'content-encoding "compress"'],
    ['gzip, br', 'x', 'content-encoding "gzip, br"'],
    ['gzip', 'x'.repeat(100), 'content-encoding "gzip": incorrect header check'],
    ['gzip', gzipSync(TEXT).subarray(0, -1), 'content-encoding "gzip": unexpected end of file'],
  ])('%s that cannot be unpacked: no body, and why', async (coding, body, why) => {
    const unreadable = `a body that cannot be read (${why})`;
    expect(await read(coding, body)).toEqual({ text: '', isWhole: true, unreadable });
  });

  test('one that breaks off is not whole either', async () => {
    expect(await read('gzip', gzipSync(TEXT), 'half')).toMatchObject({ text: '', isWhole: false });
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('%s: what becomes too long is not held', async (coding, compress) => {
    expect(await read(coding, compress(Buffer.alloc(MAX)))).toMatchObject({ isWhole: true, unreadable: undefined });
    const unreadable = `a body that cannot be read (content-encoding "${coding}": longer than ${MAX} bytes)`;
    expect(await read(coding, compress(Buffer.alloc(MAX + 1)))).toEqual({ text: '', isWhole: false, unreadable });
  });
});

test('a kept connection that the server has just closed costs one silent attempt', async () => {
  let requests = 0;
  const url = await serverOf((socket) => {
    let isFirst = true;
    socket.on('data', () => {
      requests++;
      if (isFirst) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      else socket.resetAndDestroy();
      isFirst = false;
    });
  });
  const post = poster(url);
  for (let i = 0; i < 4; i++) expect(await post()).toMatchObject({ status: 200 });
  expect(requests).toBe(7);
});

test('an answer that comes before the body was read is heard', async () => {
  const url = await serverOf((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
  });
  const post = poster(url);
  for (let i = 0; i < 5; i++) expect(await post(Buffer.alloc(4_000_000))).toMatchObject({ status: 413 });
});

test('a connection on which the rest of a body was never read is closed', async () => {
  let closed: Promise<unknown> = Promise.resolve();
  const url = await serverOf((socket) => {
    closed = once(socket, 'close');
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n');
      // Reads on later, so that the end of the connection is seen.
      setTimeout(() => socket.resume(), 100);
    });
  });
  expect(await poster(url)(Buffer.alloc(30_000_000))).toMatchObject({ status: 413 });
  expect(await Promise.race([closed.then(() => 'closed'), sleep(5000, 'open')])).toBe('closed');
});

test('an answer that breaks off or is too long says that it is not whole; none at all says why', async () => {
  const server = await scripted([{ kind: 'half', status: 200, body: 'all is well' }]);
  const post = poster(server.url, { maxAnswerBytes: 100 });
  expect(await post()).toMatchObject({ status: 200, isWhole: false });
  server.play([{ status: 200, body: 'x'.repeat(1000) }]);
  expect(await post()).toMatchObject({ status: 200, isWhole: false });
  server.play([{ kind: 'reset' }]);
  expect(await post()).toMatchObject({ kind: 'none', cause: 'refused' });
  expect(await poster('http://127.0.0.1:1')()).toEqual({
    kind: 'none',
    cause: 'refused',
    message: 'connect ECONNREFUSED 127.0.0.1:1',
  });
  const stranger = await serverOf((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
  expect(await poster(stranger)()).toMatchObject({ kind: 'none', cause: 'refused' });
});

test('time limits: connecting, headers, silence in the answer, the whole request', async () => {
  const aborted = (message: string) => ({ kind: 'none', cause: 'aborted', message });
  const silent = await serverOf(() => undefined);
  const headers = await poster(silent, { headersTimeout: 100 })();
  expect(headers).toEqual(aborted('no answer began within headers_timeout'));
  const stopped = await serverOf((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n'));
  });
  const body = await poster(stopped, { bodyTimeout: 100 })();
  expect(body).toEqual(aborted('the answer stopped in the middle for body_timeout'));
  expect(await poster(silent)(undefined, AbortSignal.timeout(100))).toEqual(aborted('no answer in time'));
  expect(await poster(silent.replace('http:', 'https:'), { connectTimeout: 100 })()).toEqual({
    kind: 'none',
    cause: 'refused',
    message: 'no connection within connect_timeout',
  });
});

test('a proxy, with and without credentials, to servers with and without TLS', async () => {
  const server = await scripted([{ status: 200 }]);
  const secure = await tlsProxy({ target: server.url });
  const proxy = await httpProxy({ user: { username: 'u', password: 'p' } });
  onTestFinished(() => Promise.all([secure.stop(), proxy.stop()]).then(() => undefined));
  const known = new URL(proxy.url.replace('//', '//u:p@'));
  expect(await poster(server.url, { proxy: known })()).toMatchObject({ status: 200 });
  expect(await poster(secure.url, { proxy: known, tls: { ca: secure.ca } })()).toMatchObject({ status: 200 });
  expect(await poster(secure.url, { proxy: known })()).toMatchObject({ kind: 'none', cause: 'tls' });
  expect(await poster(server.url, { proxy: new URL(proxy.url) })()).toEqual({
    kind: 'none',
    cause: 'refused',
    message: `proxy ${new URL(proxy.url).host}: status 407`,
  });
});

test('a proxy to an IPv6 address is asked with brackets', async () => {
  const server = await scripted([{ status: 200 }]);
  const proxy = await httpProxy({ routes: { '[2001:db8::1]:80': new URL(server.url).host } });
  onTestFinished(() => proxy.stop());
  expect(await poster('http://[2001:db8::1]/', { proxy: new URL(proxy.url) })()).toMatchObject({ status: 200 });
  expect(proxy.requests).toEqual(['CONNECT [2001:db8::1]:80']);
});

test.each([
  ['a proxy', 'that says nothing', () => serverOf(() => undefined)],
  [
    'a server',
    'behind it that never speaks TLS',
    async () => {
      const silent = await serverOf(() => undefined);
      const proxy = await httpProxy({ routes: { 'otlp.example.com:443': new URL(silent).host } });
      onTestFinished(() => proxy.stop());
      return proxy.url;
    },
  ],
])('%s %s is given up in time', async (_, __, proxyUrl) => {
  const proxy = new URL(await proxyUrl());
  const answer = await poster('https://otlp.example.com', { proxy, connectTimeout: 100 })();
  const message = `proxy ${proxy.host}: no connection within connect_timeout`;
  expect(answer).toEqual({ kind: 'none', cause: 'refused', message });
});
