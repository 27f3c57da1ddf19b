import { type Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest, type Agent as TlsAgent } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { httpProxy } from './http-proxy.ts';
import { type ScriptedServer, scriptedServer } from './scripted-server.ts';
import { authProxy, tlsProxy } from './security-proxy.ts';

let target: ScriptedServer;
beforeAll(async () => {
  target = await scriptedServer((request) => ({
    status: 200,
    headers: { 'x-behind': 'yes' },
    body: `${request.path} ${request.text}`,
  }));
});
afterAll(() => target.stop());

interface Answer {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

type Asking = RequestOptions & { ca?: string; cert?: string; key?: string; send?: string; agent?: Agent | TlsAgent };

function ask(url: string, { send, ...options }: Asking = {}): Promise<Answer> {
  const open = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = open(url, options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
    });
    request.on('error', reject).end(send);
  });
}

async function stopped<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  onTestFinished(() => server.stop());
  return server;
}

describe('the TLS proxy', () => {
  test('serves clients that trust its authority, and hands both sides on', async () => {
    const proxy = await stopped(tlsProxy({ target: target.url }));
    const answer = await ask(`${proxy.url}/a?b`, { method: 'POST', send: 'body', ca: proxy.ca });
    expect(answer).toMatchObject({ status: 200, body: '/a?b body', headers: { 'x-behind': 'yes' } });
    await expect(ask(proxy.url)).rejects.toThrow(/unable to verify|self-signed|local issuer/);
    expect(proxy.counts).toEqual({ passed: 1, refused: 0 });
  });

  test('asks for a client certificate of its own authority', async () => {
    const proxy = await stopped(tlsProxy({ target: target.url, clientCertificate: true }));
    const as = ({ certificate: cert, key }: { certificate: string; key: string }) =>
      ask(proxy.url, { ca: proxy.ca, cert, key });
    expect(await as(proxy.client)).toMatchObject({ status: 200 });
    await expect(as(proxy.stranger)).rejects.toThrow();
    await expect(ask(proxy.url, { ca: proxy.ca })).rejects.toThrow();
    expect(proxy.counts.passed).toBe(1);
  });

  test('can carry the wrong name or be out of date', async () => {
    const misnamed = await stopped(tlsProxy({ target: target.url, hosts: ['search.example.com'] }));
    await expect(ask(misnamed.url, { ca: misnamed.ca })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    const expired = await stopped(tlsProxy({ target: target.url, expired: true }));
    await expect(ask(expired.url, { ca: expired.ca })).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  });
});

describe('the auth proxy', () => {
  test('lets its users and API keys in and refuses the rest as Elasticsearch does', async () => {
    const users = [{ username: 'elastic', password: 'sörgfältig:1' }];
    const proxy = await stopped(authProxy({ target: target.url, users, apiKeys: [{ id: 'i', key: 'k' }] }));
    const as = (authorization: string) => ask(proxy.url, { headers: { authorization } });
    const base64 = (plain: string) => Buffer.from(plain).toString('base64');
    expect((await as(`Basic ${base64('elastic:sörgfältig:1')}`)).status).toBe(200);
    expect((await as(`ApiKey ${base64('i:k')}`)).status).toBe(200);
    const wrong = await as(`ApiKey ${base64('i:x')}`);
    expect(wrong.status).toBe(401);
    expect(JSON.parse(wrong.body)).toMatchObject({
      status: 401,
      error: { type: 'security_exception', reason: expect.stringContaining('unable') },
    });
    const none = await ask(proxy.url);
    expect(none.headers['www-authenticate']).toContain('ApiKey');
    expect(none.body).toContain('missing authentication credentials');
    expect(proxy.counts).toEqual({ passed: 2, refused: 2 });
  });

  test('shows a target that is down as 502', async () => {
    const gone = await scriptedServer([]);
    await gone.stop();
    const proxy = await stopped(authProxy({ target: gone.url }));
    expect(await ask(proxy.url)).toMatchObject({ status: 502, body: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('the forward proxy', () => {
  const through = (proxy: string, path: string, headers: Record<string, string> = {}) => {
    const { hostname: host, port } = new URL(proxy);
    return ask(proxy, { host, port, path, headers });
  };

  test('passes requests in absolute form on', async () => {
    const proxy = await stopped(httpProxy({ routes: { 'search.example.com:80': new URL(target.url).host } }));
    expect(await through(proxy.url, `${target.url}/x?y`)).toMatchObject({ status: 200, body: '/x?y ' });
    expect(await through(proxy.url, 'http://search.example.com/z')).toMatchObject({ status: 200, body: '/z ' });
    expect(proxy.requests).toEqual([`GET ${target.url}/x?y`, 'GET http://search.example.com/z']);
  });

  test('opens tunnels through which TLS goes untouched', async () => {
    const secure = await stopped(tlsProxy({ target: target.url, hosts: ['search.example.com'] }));
    const proxy = await stopped(httpProxy({ routes: { 'search.example.com:443': new URL(secure.url).host } }));
    const answer = await new Promise<string>((resolve, reject) => {
      const opening = httpRequest(proxy.url, { method: 'CONNECT', path: 'search.example.com:443' });
      opening.on('error', reject).on('connect', (_, socket) => {
        const channel = tlsConnect({ socket, servername: 'search.example.com', ca: secure.ca }, () => {
          channel.write('GET /deep HTTP/1.1\r\nhost: search.example.com\r\nconnection: close\r\n\r\n');
        });
        text(channel).then(resolve, reject);
      });
      opening.end();
    });
    expect(answer).toContain('/deep ');
    expect(proxy.requests).toEqual(['CONNECT search.example.com:443']);
  });

  test('asks for its user in both forms, and says when nobody is at the other end', async () => {
    const proxy = await stopped(httpProxy({ user: { username: 'u', password: 'p' } }));
    const credentials = { 'proxy-authorization': `Basic ${Buffer.from('u:p').toString('base64')}` };
    expect((await through(proxy.url, `${target.url}/`)).status).toBe(407);
    expect((await through(proxy.url, `${target.url}/`, credentials)).status).toBe(200);
    const tunnelStatus = (headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const opening = httpRequest(proxy.url, { method: 'CONNECT', path: '127.0.0.1:1', headers });
        opening.on('connect', (response, socket) => resolve(socket.destroy() && response.statusCode));
        opening.on('error', reject).end();
      });
    expect(await tunnelStatus({})).toBe(407);
    expect(await tunnelStatus(credentials)).toBe(502);
  });
});
