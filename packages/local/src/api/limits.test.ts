import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type TestApi, testApi } from './api.fixture.ts';

const STATUS = '/api/v1/status';
const JSON_POST = { method: 'POST', headers: { 'content-type': 'application/json' } };

describe('limits', () => {
  let api: TestApi;
  let port: number;
  beforeAll(async () => {
    api = await testApi();
    port = Number(new URL(api.url).port);
  });
  afterAll(() => api.close());

  it('bound the address, the headers and the body', async () => {
    const long = await ask(`${api.url}/api/v1/events?from=1&to=2&text=${'x'.repeat(16 * 1024)}`);
    expect([long.status, JSON.parse(long.text).error.code]).toEqual([414, 'url_too_long']);
    const headers = await ask(`${api.url}${STATUS}`, { headers: { cookie: 'x'.repeat(40_000) } });
    expect([headers.status, JSON.parse(headers.text).error.code]).toEqual([431, 'headers_too_large']);
    const sql = JSON.stringify({ sql: `SELECT '${'x'.repeat(70_000)}'` });
    const body = await ask(`${api.url}/api/v1/query`, JSON_POST, sql);
    expect([body.status, JSON.parse(body.text).error.code]).toEqual([413, 'body_too_large']);
    const unmeasured = { ...JSON_POST, headers: { ...JSON_POST.headers, 'transfer-encoding': 'chunked' } };
    expect((await ask(`${api.url}/api/v1/query`, unmeasured, sql)).status).toBe(413);
  });

  it('end a request that does not arrive: its headers after 5 s, its body after 10 s', async () => {
    const head = await talk(port, 'GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ');
    const body = await talk(
      port,
      'POST /api/v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{',
    );
    const drip = setInterval(() => head.socket.write('a'), 200);
    const timed = async (ended: Promise<string>) => ({ text: await ended, at: performance.now() });
    const [headEnd, bodyEnd] = await Promise.all([timed(head.ended), timed(body.ended)]);
    clearInterval(drip);
    expect(bodyEnd.at - headEnd.at).toBeGreaterThan(2000);
    expect(headEnd.text).toContain('408 Request Timeout');
    expect(bodyEnd.text).toContain('408 Request Timeout');
    expect((await ask(`${api.url}${STATUS}`)).status).toBe(200);
  });

  it('answer what is no HTTP in the form of the API', async () => {
    const { ended } = await talk(port, 'hello\r\n\r\n');
    expect(await ended).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"code":"bad_request"/s);
  });

  it('bound the connections; the socket of the store has its own', async () => {
    const sockets = await Promise.all(Array.from({ length: 128 }, () => talk(port, '')));
    const further = await talk(port, 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect(await further.ended).toBe('');
    expect((await ask(`http://x${STATUS}`, { socketPath: api.socketPath })).status).toBe(200);
    for (const { socket } of sockets) socket.destroy();
    await expect
      .poll(() =>
        ask(`${api.url}${STATUS}`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it('bound what waits for clients that do not read; others go on', async () => {
    const sql = `SELECT range, '${'x'.repeat(500)}' FROM range(30000)`;
    const body = JSON.stringify({ sql, rows: 30_000 });
    const head = `POST /api/v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const deaf: Socket[] = [];
    const query = () => ask(`${api.url}/api/v1/query`, JSON_POST, body);
    // Some 15 MB each: after a few of them there is no room.
    for (let client = 0; client < 12; client++) {
      const { socket } = await talk(port, '');
      socket.pause();
      socket.write(head + body);
      deaf.push(socket);
    }
    await expect.poll(async () => (await query()).status, { timeout: 20_000 }).toBe(503);
    expect((await ask(`${api.url}${STATUS}`)).status).toBe(200);
    for (const socket of deaf) socket.destroy();
    await expect.poll(async () => (await query()).status, { timeout: 20_000 }).toBe(200);
  });

  it('of a statement are those that it says', async () => {
    const query = (body: object) => ask(`${api.url}/api/v1/query`, JSON_POST, JSON.stringify(body));
    const cut = JSON.parse((await query({ sql: 'FROM range(10)', rows: 3 })).text);
    expect([cut.rows.length, cut.truncated]).toEqual([3, true]);
    const slow = await query({ sql: 'SELECT count(*) FROM range(1000000) a, range(1000000) b', milliseconds: 100 });
    expect([slow.status, JSON.parse(slow.text).error.code]).toEqual([504, 'too_slow']);
    expect((await query({ sql: 'SELECT 1', rows: 0 })).status).toBe(400);
    expect((await query({ sql: 'SELECT 1', more: 1 })).status).toBe(400);
    expect((await query({})).text).toContain('body.sql is missing');
    expect((await ask(`${api.url}/api/v1/query`, JSON_POST, '{')).text).toContain('the body is no JSON');
  });
});

describe('bodies', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi();
  });
  afterAll(() => api.close());

  it('of some size are compressed for those who take that', async () => {
    const path = `${api.url}/api/v1/openapi.json`;
    const plain = await ask(path);
    expect(plain.headers['content-encoding']).toBeUndefined();
    for (const [accepted, encoding] of [
      ['br, gzip;q=0.5', 'gzip'],
      ['gzip;q=0', undefined],
      ['gzip;q=0.0, br', undefined],
      ['br', undefined],
    ] as const) {
      const { headers } = await ask(path, { headers: { 'accept-encoding': accepted } });
      expect([accepted, headers['content-encoding'], headers['vary']]).toEqual([accepted, encoding, 'accept-encoding']);
    }
    const bytes = await bodyOf(path);
    expect(gunzipSync(bytes).toString()).toBe(plain.text);
    const small = await ask(`${api.url}/nothing`, { headers: { 'accept-encoding': 'gzip' } });
    expect(small.headers['content-encoding']).toBeUndefined();
  });

  it('of the page are kept by their tag, answers by nobody', async () => {
    const first = await ask(`${api.url}/page.js`);
    expect(first.headers['cache-control']).toBe('no-cache');
    const again = await ask(`${api.url}/page.js`, { headers: { 'if-none-match': `"x", ${first.headers.etag}` } });
    expect([again.status, again.text, again.headers.etag]).toEqual([304, '', first.headers.etag]);
    expect((await ask(`${api.url}/page.js`, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
    expect((await ask(`${api.url}${STATUS}`)).headers['cache-control']).toBe('no-store');
  });
});

describe('the end', () => {
  it('closes all connections and leaves no socket', async () => {
    const api = await testApi();
    const idle = await talk(Number(new URL(api.url).port), '');
    await api.server.close();
    expect(await idle.ended).toBe('');
    await expect(ask(`http://x${STATUS}`, { socketPath: api.socketPath })).rejects.toThrow('ENOENT');
    await expect(ask(`${api.url}${STATUS}`)).rejects.toThrow('ECONNREFUSED');
    await api.close();
  });
});

/** A connection that has said this, and all that it hears until its end. */
async function talk(port: number, said: string): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString();
  });
  const ended = new Promise<string>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(heard));
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  if (said !== '') socket.write(said);
  return { socket, ended };
}

async function bodyOf(url: string): Promise<Buffer> {
  const { get } = await import('node:http');
  return await new Promise((resolve, reject) => {
    get(url, { agent: false, headers: { 'accept-encoding': 'gzip' } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
    }).on('error', reject);
  });
}
