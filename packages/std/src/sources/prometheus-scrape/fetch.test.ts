import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { resolveConfig } from '@tailrace/core';
import {
  certificateAuthority,
  listenOnLoopback,
  pluginContext,
  type Script,
  type ScriptedServer,
  scriptedServer,
} from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { fetchExposition, ScrapeError } from './fetch.ts';
import { scrapeOptions } from './options.ts';
import { readTargets } from './target.ts';

const never = new AbortController().signal;

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  onTestFinished(() => server.stop());
  return server;
}

function fetchFrom(url: string, options: object = {}, { limit = 1000, stop = never, folder = '.' } = {}) {
  const config = resolveConfig(scrapeOptions, { targets: [url], timeout: '5s', ...options });
  return fetchExposition(readTargets(config, pluginContext(folder).context)[0]!, limit, stop);
}
const problemOf = async (...parameters: Parameters<typeof fetchFrom>) => {
  const error: unknown = await fetchFrom(...parameters).catch((thrown: unknown) => thrown);
  return error instanceof ScrapeError ? [error.code, error.message] : error;
};
const folder = async (files: Record<string, string>) => {
  const made = await mkdtemp(join(tmpdir(), 'fetch-'));
  onTestFinished(() => rm(made, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(made, name), content);
  return made;
};

test('asks for OpenMetrics first, and says how long it waits', async () => {
  const server = await serve([
    { status: 200, body: 'x 1\n', headers: { 'content-type': 'text/plain; version=0.0.4' } },
  ]);
  const { body, format } = await fetchFrom(`${server.url}/m?a=b`, { headers: { 'X-Tenant': 't' } });
  expect([Buffer.from(body).toString(), format]).toEqual(['x 1\n', 'text']);
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'GET', path: '/m?a=b' });
  expect(request!.headers).toMatchObject({
    'accept-encoding': 'gzip',
    'user-agent': 'tailrace',
    'x-prometheus-scrape-timeout-seconds': '5',
    'x-tenant': 't',
  });
  expect(request!.headers['accept']).toMatch(
    /^application\/openmetrics-text;version=1\.0\.0;.*text\/plain;version=0\.0\.4/,
  );
});

test.each([
  ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
  ['text/plain', 'text'],
  ['', 'text'],
])('the answer’s type %j is %s', async (type, format) => {
  const server = await serve([{ status: 200, body: 'x 1\n', headers: type === '' ? {} : { 'content-type': type } }]);
  expect(await fetchFrom(server.url)).toMatchObject({ format });
});

test('an answer of another type is no exposition', async () => {
  const server = await serve([{ status: 200, body: '{}', headers: { 'content-type': 'application/json' } }]);
  expect(await problemOf(server.url)).toEqual([
    'scrape_malformed',
    'the answer is "application/json": expected text/plain or application/openmetrics-text',
  ]);
});

test('gzip is unpacked, and counted unpacked', async () => {
  const text = 'x 1\n'.repeat(200);
  const server = await serve([
    { status: 200, body: gzipSync(text), headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' } },
  ]);
  expect((await fetchFrom(server.url, {}, { limit: 800 })).body.length).toBe(800);
  const over = ['scrape_over_limit', 'the answer is longer than 799 bytes: raise body_size_limit'];
  expect(await problemOf(server.url, {}, { limit: 799 })).toEqual(over);
});

test('a zip bomb is cut at the limit', async () => {
  const bomb = gzipSync(Buffer.alloc(200_000_000));
  const server = await serve([{ status: 200, body: bomb, headers: { 'content-encoding': 'gzip' } }]);
  const before = process.memoryUsage.rss();
  expect(await problemOf(server.url, {}, { limit: 1_000_000 })).toMatchObject(['scrape_over_limit', {}]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
});

test.each([
  ['gzip that is none', { 'content-encoding': 'gzip' }, 'incorrect header check'],
  ['an encoding that was not asked for', { 'content-encoding': 'br' }, 'content-encoding "br": expected gzip or none'],
])('%s', async (_, headers, message) => {
  const server = await serve([{ status: 200, body: 'x 1\n', headers }]);
  expect(await problemOf(server.url)).toEqual(['scrape_failed', message]);
});

test('any other status, a cut answer, a reset and nobody there are failures', async () => {
  const server = await serve([{ status: 503 }, { kind: 'half', status: 200, body: 'x 1\nx 2\n' }, { kind: 'reset' }]);
  expect(await problemOf(server.url)).toEqual(['scrape_failed', 'status 503']);
  expect(await problemOf(server.url)).toEqual(['scrape_failed', 'aborted']);
  expect(await problemOf(server.url)).toEqual(['scrape_failed', expect.stringMatching(/ECONNRESET|socket hang up/)]);
  await server.stop();
  expect(await problemOf(server.url)).toEqual(['scrape_failed', expect.stringContaining('ECONNREFUSED')]);
});

test('the timeout is for all of it', async () => {
  const server = await serve([{ kind: 'hang' }]);
  // Sends a byte now and then, for ever.
  const slow = createServer((_, response) => {
    const timer = setInterval(() => response.write('#'), 50);
    response.on('close', () => clearInterval(timer));
  });
  const { port, stop } = await listenOnLoopback(slow);
  onTestFinished(stop);
  const late = ['scrape_failed', 'no whole answer within 200 ms'];
  expect(await problemOf(server.url, { timeout: '200ms' })).toEqual(late);
  expect(await problemOf(`http://127.0.0.1:${port}`, { timeout: '200ms' })).toEqual(late);
});

test('a stop ends it at once', async () => {
  const server = await serve([{ kind: 'hang' }]);
  const stop = new AbortController();
  const ended = problemOf(server.url, {}, { stop: stop.signal });
  await server.received(1);
  stop.abort();
  expect(await ended).toMatchObject(['scrape_failed', {}]);
});

test('redirects are followed on the same host and port only', async () => {
  const elsewhere = await serve([{ status: 200, body: 'x 1\n' }]);
  const server = await serve((request) => {
    if (request.path === '/metrics') return { status: 302, headers: { location: '/real' } };
    if (request.path === '/away') return { status: 307, headers: { location: `${elsewhere.url}/x` } };
    if (request.path === '/round') return { status: 308, headers: { location: '/round' } };
    return { status: 200, body: `x{path="${request.path}"} 1\n` };
  });
  const auth = { auth: { bearer: 'secret' } };
  const { body } = await fetchFrom(server.url, auth);
  expect(Buffer.from(body).toString()).toBe('x{path="/real"} 1\n');
  expect(await problemOf(`${server.url}/away`, auth)).toEqual([
    'scrape_failed',
    `redirected to ${elsewhere.url}: other hosts and ports are not followed; write its URL as the target`,
  ]);
  expect(elsewhere.requests).toHaveLength(0);
  expect(await problemOf(`${server.url}/round`)).toEqual(['scrape_failed', 'more than 5 redirects']);
});

test('a token file is read before each scrape', async () => {
  const place = await folder({ token: 'one\n' });
  const server = await serve([{ status: 200, body: 'x 1\n' }]);
  const options = { auth: { bearer_file: 'token' } };
  await fetchFrom(server.url, options, { folder: place });
  await writeFile(join(place, 'token'), 'two');
  await fetchFrom(server.url, options, { folder: place });
  expect(server.requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer one', 'Bearer two']);
  await writeFile(join(place, 'token'), '\n');
  const [code, message] = (await problemOf(server.url, options, { folder: place })) as string[];
  expect([code, message]).toEqual(['scrape_failed', expect.stringMatching(/token holds no token$/)]);
});

test('TLS: an unknown authority is refused, a known one and a client certificate are taken', async () => {
  const authority = certificateAuthority();
  const server = authority.issue({ name: 'target', hosts: ['target.example'] });
  const client = authority.issue({ name: 'client' });
  const place = await folder({
    ...{ 'ca.pem': authority.certificate, 'client.pem': client.certificate, 'client.key': client.key },
  });
  const https = createHttpsServer(
    { cert: server.certificate, key: server.key, ca: authority.certificate, requestCert: true },
    (_, response) => response.end('x 1\n'),
  );
  const { port, stop } = await listenOnLoopback(https);
  onTestFinished(stop);
  const url = `https://127.0.0.1:${port}`;
  const tls = { ca: 'ca.pem', certificate: 'client.pem', key: 'client.key', server_name: 'target.example' };
  expect((await fetchFrom(url, { tls }, { folder: place })).format).toBe('text');
  const { server_name: _, ...nameless } = tls;
  expect(await problemOf(url, { tls: nameless }, { folder: place })).toMatchObject(['scrape_failed', {}]);
  const { ca: __, ...unknown } = tls;
  expect(await problemOf(url, { tls: unknown }, { folder: place })).toMatchObject(['scrape_failed', {}]);
  expect(
    await problemOf(url, { tls: { ca: 'ca.pem', server_name: 'target.example' } }, { folder: place }),
  ).toMatchObject(['scrape_failed', {}]);
  const careless = { certificate: 'client.pem', key: 'client.key', verify: false };
  expect((await fetchFrom(url, { tls: careless }, { folder: place })).format).toBe('text');
});
