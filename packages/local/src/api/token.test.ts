import { Secret } from '@tailrace/core';
import { certificateAuthority } from '@tailrace/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, type TestApi, testApi } from './api.fixture.ts';
import { countGuesses } from './guesses.ts';

const STATUS = '/api/v1/status';
const TOKEN = 'a-token-of-some-length';
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('a page with a token', () => {
  const open: TestApi[] = [];
  const withToken = async (more: object = {}): Promise<TestApi> => {
    const api = await testApi({ token: new Secret(TOKEN), ...more });
    open.push(api);
    return api;
  };
  afterEach(async () => {
    for (const api of open.splice(0)) await api.close();
  });

  it('answers those who bring it, and tells others what to do', async () => {
    const { url } = await withToken();
    expect((await ask(`${url}${STATUS}`, bearer(TOKEN))).status).toBe(200);
    for (const path of [STATUS, '/', '/page.js', '/api/v1/openapi.json', '/nothing']) {
      const { status, text, headers } = await ask(url + path);
      expect([status, JSON.parse(text).error.code]).toEqual([401, 'token_missing']);
      expect(text).toContain('Authorization: Bearer');
      expect(headers['www-authenticate']).toBe('Bearer');
    }
  });

  it.each([`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase(), 'x'])('refuses %s with a sentence', async (wrong) => {
    const { url } = await withToken();
    const started = performance.now();
    const { status, text } = await ask(`${url}${STATUS}`, bearer(wrong));
    expect([status, JSON.parse(text).error.code]).toEqual([401, 'token_wrong']);
    expect(text).not.toContain(TOKEN);
    // Timers may be a little early.
    expect(performance.now() - started).toBeGreaterThan(250);
    expect((await ask(`${url}/?token=${encodeURIComponent(wrong)}`)).status).toBe(401);
    const cookie = `tailrace_${new URL(url).port}=${TOKEN}`;
    expect((await ask(`${url}${STATUS}`, { headers: { cookie } })).status).toBe(401);
  });

  it('takes the token out of the address and leaves a cookie that does not hold it', async () => {
    const { url } = await withToken();
    const entered = await ask(`${url}/?token=${TOKEN}`);
    expect([entered.status, entered.headers.location, entered.text]).toEqual([303, '/', '']);
    const [set = ''] = entered.headers['set-cookie'] ?? [];
    expect(set).toMatch(/^tailrace_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(set).not.toContain(TOKEN);
    const cookie = set.split(';')[0] ?? '';
    for (const path of ['/', STATUS]) {
      expect((await ask(url + path, { headers: { cookie: `other=1; ${cookie}` } })).status).toBe(200);
    }
  });

  it('goes on from a link of another site, whose redirect would lose the cookie', async () => {
    const { url } = await withToken();
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    const entered = await ask(`${url}/?token=${TOKEN}`, { headers: link });
    expect(entered.status).toBe(200);
    expect(entered.headers['set-cookie']).toHaveLength(1);
    expect(entered.text).toContain('<meta http-equiv="refresh" content="0;url=/">');
    expect(entered.text).not.toContain(TOKEN);
  });

  it('tells a person in front of a browser in words', async () => {
    const { url } = await withToken();
    const { status, text, headers } = await ask(`${url}/`, { headers: { 'sec-fetch-dest': 'document' } });
    expect([status, headers['content-type']]).toEqual([401, 'text/html; charset=utf-8']);
    expect(text).toContain('this needs a token');
  });

  it('lets nobody try tokens one after another, not even with the right one in the end', async () => {
    const { url } = await withToken();
    const wrong = await Promise.all(Array.from({ length: 10 }, (_, n) => ask(`${url}${STATUS}`, bearer(`guess-${n}`))));
    expect(new Set(wrong.map(({ status }) => status))).toEqual(new Set([401]));
    const { status, headers } = await ask(`${url}${STATUS}`, bearer(TOKEN));
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    // Those who bring nothing guess nothing, and are told so.
    expect((await ask(`${url}${STATUS}`)).status).toBe(401);
  });

  it('needs none at the socket of the store', async () => {
    const { socketPath } = await withToken();
    expect((await ask(`http://x${STATUS}`, { socketPath })).status).toBe(200);
  });

  it('serves HTTPS with a certificate, and marks its cookie', async () => {
    const authority = certificateAuthority();
    const { certificate, key } = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] });
    const { url } = await withToken({ tls: { certificate, key } });
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const { get } = await import('node:https');
    const [set] = await new Promise<string[]>((resolve, reject) => {
      get(`${url}/?token=${TOKEN}`, { ca: authority.certificate, agent: false }, (response) => {
        response.resume();
        resolve(response.headers['set-cookie'] ?? []);
      }).on('error', reject);
    });
    expect(set).toMatch(/; Secure$/);
    await expect(ask(url.replace('https:', 'http:'))).rejects.toThrow();
  });
});

describe('wrong tokens', () => {
  it('are counted by address, of IPv6 by network, and forgotten after a minute', () => {
    let now = 0;
    const guesses = countGuesses(() => now);
    const guess = (times: number, address: string) => {
      for (let time = 0; time < times; time++) guesses.wrong(address);
    };
    guess(9, '192.0.2.1');
    expect(guesses.wait('192.0.2.1')).toBe(0);
    guess(1, '192.0.2.1');
    expect([guesses.wait('192.0.2.1'), guesses.wait('192.0.2.2')]).toEqual([60, 0]);
    guess(10, '2001:db8:0:1:aaaa::1');
    expect([guesses.wait('2001:db8:0:1::2'), guesses.wait('2001:db8:0:2::2')]).toEqual([60, 0]);
    guess(10, '::1');
    expect(guesses.wait('::1')).toBe(60);
    now = 59_000;
    expect(guesses.wait('192.0.2.1')).toBe(1);
    now = 60_000;
    expect(guesses.wait('192.0.2.1')).toBe(0);
    guess(1, '192.0.2.1');
    expect(guesses.wait('192.0.2.1')).toBe(0);
  });

  it('of more addresses than are remembered push out the oldest', () => {
    const guesses = countGuesses(() => 0);
    for (let time = 0; time < 10; time++) guesses.wrong('192.0.2.1');
    for (let n = 0; n < 10_000; n++) guesses.wrong(`10.0.${n >> 8}.${n & 255}`);
    expect(guesses.wait('192.0.2.1')).toBe(0);
  });
});
