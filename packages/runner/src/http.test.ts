import { once } from 'node:events';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startProcess } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress, type StatusServer, serveStatus } from './http.ts';
import type { Metrics } from './metrics.ts';
import { type Readiness, readiness, STARTING } from './readiness.ts';
import { quiet, testFolder } from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const open: StatusServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serve(address: string, ready: Readiness = readiness(quiet)): Promise<StatusServer> {
  const metrics: Metrics = {
    text: async () => ({ text: await Promise.resolve('x 1\n'), contentType: 'text/plain' }),
    close() {},
  };
  const server = await serveStatus(address, metrics, ready);
  open.push(server);
  return server;
}

async function ask(where: string | { socketPath: string; path: string }, method = 'GET') {
  const asked =
    typeof where === 'string' ? request(where, { method, agent: false }) : request({ ...where, method, agent: false });
  asked.end();
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

describe('an address', () => {
  it('is host:port or unix:PATH', () => {
    expect(parseAddress('127.0.0.1:9598')).toEqual({ host: '127.0.0.1', port: 9598 });
    expect(parseAddress('[::1]:0')).toEqual({ host: '::1', port: 0 });
    expect(parseAddress('localhost:65535')).toEqual({ host: 'localhost', port: 65_535 });
    expect(parseAddress('unix:/run/x.sock')).toEqual({ path: '/run/x.sock' });
    for (const bad of [
      '',
      ':1',
      'a',
      'a:',
      'a:65536',
      'a:-1',
      '::1:80',
      '[]:1',
      '[::1]',
      'unix:',
      'a:1:2',
      'http://a:1',
    ])
      expect([bad, parseAddress(bad)]).toEqual([bad, undefined]);
  });
});

describe('the endpoint', () => {
  it('answers health, readiness with its reasons, and metrics', async () => {
    const ready = readiness(quiet);
    const { address } = await serve('127.0.0.1:0', ready);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await ask(`${address}/healthz`)).toMatchObject({ status: 200, body: 'ok\n' });
    expect(await ask(`${address}/readyz`)).toMatchObject({ status: 200, body: 'ready\n' });
    ready.set('in', STARTING, 'is starting');
    ready.set('es', 'index logs-1', 'forbidden:\n 403');
    expect(await ask(`${address}/readyz?verbose`)).toMatchObject({
      status: 503,
      body: 'in: start: is starting\nes: index logs-1: forbidden: 403\n',
    });
    expect(await ask(`${address}/healthz`)).toMatchObject({ status: 200 });
    ready.set('in', STARTING, null);
    ready.set('es', 'index logs-1', null);
    expect(await ask(`${address}/readyz`)).toMatchObject({ status: 200 });
    expect(await ask(`${address}/metrics`)).toMatchObject({ status: 200, body: 'x 1\n' });
    expect(await ask(`${address}/`)).toMatchObject({ status: 404 });
    expect(await ask(`${address}/metrics`, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('answers HEAD without a body, but with its length', async () => {
    const { address } = await serve('127.0.0.1:0');
    const answer = await ask(`${address}/metrics`, 'HEAD');
    expect(answer).toMatchObject({ status: 200, body: '', headers: { 'content-length': '4' } });
  });

  it('listens on IPv6, with an address that can be typed', async () => {
    const { address } = await serve('[::1]:0');
    expect(address).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await ask(`${address}/healthz`)).toMatchObject({ status: 200 });
  });

  it('says that its port is taken', async () => {
    const { address } = await serve('127.0.0.1:0');
    const taken = address.slice('http://'.length);
    await expect(serve(taken)).rejects.toThrow(
      `metrics.address ${taken} is in use: stop what listens there, or set another address`,
    );
    await expect(serve('nonsense')).rejects.toThrow('metrics.address: must be host:port or unix:PATH, is "nonsense"');
    await expect(serve('192.0.2.1:80')).rejects.toThrow('metrics.address 192.0.2.1:80 cannot be listened on:');
  });
});

describe('a unix socket', () => {
  it('is served, and gone afterwards', async () => {
    const path = join(folder.path, 'status.sock');
    const server = await serve(`unix:${path}`);
    expect(server.address).toBe(`unix:${path}`);
    expect(await ask({ socketPath: path, path: '/healthz' })).toMatchObject({ status: 200 });
    await open.pop()!.close();
    await expect(lstat(path)).rejects.toThrow('ENOENT');
  });

  it('that a killed process left is replaced; a living one is not', async () => {
    const path = join(folder.path, 'status.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('listens'))`;
    const child = await startProcess({ command: [process.execPath, '-e', script] });
    await child.line('listens');
    await expect(serve(`unix:${path}`)).rejects.toThrow(`metrics.address unix:${path} is in use`);
    await child.kill();
    expect((await lstat(path)).isSocket()).toBe(true);
    await serve(`unix:${path}`);
    expect(await ask({ socketPath: path, path: '/healthz' })).toMatchObject({ status: 200 });
    await child.dispose();
  });

  it('never takes the place of a file or a folder', async () => {
    const path = join(folder.path, 'notes.txt');
    await writeFile(path, 'precious');
    const message = (at: string) =>
      `metrics.address unix:${at}: there is a file that is no socket; choose another path`;
    await expect(serve(`unix:${path}`)).rejects.toThrow(message(path));
    expect(await readFile(path, 'utf8')).toBe('precious');
    const sub = join(folder.path, 'sub');
    await mkdir(sub);
    await expect(serve(`unix:${sub}`)).rejects.toThrow(message(sub));
  });

  it('stays when the port of somebody else is asked for', async () => {
    const path = join(folder.path, 'other.sock');
    const other = createServer().listen(path);
    await once(other, 'listening');
    await expect(serve(`unix:${path}`)).rejects.toThrow('is in use');
    expect((await lstat(path)).isSocket()).toBe(true);
    other.close();
  });
});
