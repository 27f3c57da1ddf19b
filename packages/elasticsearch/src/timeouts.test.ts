import { createServer, type Socket } from 'node:net';
import type { Verdict } from '@tailrace/core';
import { batchOf, httpProxy, listenOnLoopback, sinkRun } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { elasticsearch } from './elasticsearch.ts';

/** The port of a server that takes connections and does with them what it is told. */
async function serverThat(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // the client goes in the middle
    onConnection(socket);
  });
  const { port, stop } = await listenOnLoopback(server);
  onTestFinished(() => stop());
  return port;
}

/** What a sink says of one request, and the milliseconds it took. */
async function timed(options: object): Promise<{ verdict: Verdict; took: number }> {
  const run = await sinkRun(elasticsearch, { template: { enabled: false }, ...options });
  onTestFinished(() => run.sink.close?.());
  const started = performance.now();
  return { verdict: await run.send(batchOf([{ n: 1 }])), took: performance.now() - started };
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"errors":';

test('connect_timeout: a port that takes the connection and never speaks TLS', async () => {
  const port = await serverThat(() => undefined);
  const { verdict, took } = await timed({ nodes: [`https://127.0.0.1:${port}`], connect_timeout: '100ms' });
  const message = 'no connection within connect_timeout';
  expect(verdict).toEqual({ kind: 'retry', code: 'server_unreachable', message });
  expect(took).toBeLessThan(3000);
});

test.each(['http', 'https'])('connect_timeout: a proxy that never opens the way, %s', async (protocol) => {
  const port = await serverThat(() => undefined);
  const proxy = `http://127.0.0.1:${port}`;
  const { verdict, took } = await timed({ nodes: [`${protocol}://example.com`], proxy, connect_timeout: '100ms' });
  const message = `proxy 127.0.0.1:${port}: no connection within connect_timeout`;
  expect(verdict).toEqual({ kind: 'retry', code: 'server_unreachable', message });
  expect(took).toBeLessThan(2000);
});

test('connect_timeout: a node behind a proxy that never speaks TLS', async () => {
  const port = await serverThat(() => undefined);
  const proxy = await httpProxy();
  onTestFinished(() => proxy.stop());
  const nodes = [`https://127.0.0.1:${port}`];
  const { verdict } = await timed({ nodes, proxy: proxy.url, connect_timeout: '100ms' });
  expect(verdict).toMatchObject({
    kind: 'retry',
    code: 'server_unreachable',
    message: expect.stringContaining('no connection within connect_timeout'),
  });
});

test('headers_timeout: a node that never begins to answer', async () => {
  const port = await serverThat((socket) => socket.resume());
  const { verdict, took } = await timed({ nodes: [`http://127.0.0.1:${port}`], headers_timeout: '100ms' });
  const message = 'no answer began within headers_timeout';
  expect(verdict).toEqual({ kind: 'retry', code: 'server_timeout', message });
  expect(took).toBeLessThan(3000);
});

test('body_timeout: an answer that stops in the middle', async () => {
  const port = await serverThat((socket) => socket.once('data', () => socket.write(HEAD)));
  const { verdict, took } = await timed({ nodes: [`http://127.0.0.1:${port}`], body_timeout: '100ms' });
  const message = 'the answer stopped in the middle for body_timeout';
  expect(verdict).toEqual({ kind: 'retry', code: 'server_timeout', message });
  expect(took).toBeLessThan(3000);
});

test('an answer that is slow but comes is waited for', async () => {
  const port = await serverThat((socket) =>
    socket.once('data', () => {
      const rest = 'false}'.padStart(90, ' ');
      socket.write(HEAD);
      for (const k of [0, 1, 2]) setTimeout(() => socket.write(rest.slice(k * 30, k * 30 + 30)), 400 * (k + 1));
    }),
  );
  const { verdict } = await timed({ nodes: [`http://127.0.0.1:${port}`], body_timeout: '2s', headers_timeout: '2s' });
  expect(verdict).toMatchObject({ kind: 'retry', code: 'not_elasticsearch' });
});
