import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type TestApi, testApi } from './api.fixture.ts';
import { SECURITY_HEADERS } from './reply.ts';
import { sessionStart, WINDOW } from './session.fixture.ts';

const STATUS = '/api/v1/status';
const JSON_POST = { method: 'POST', headers: { 'content-type': 'application/json' } };

describe('who may ask', () => {
  let api: TestApi;
  let port: string;
  beforeAll(async () => {
    api = await testApi({ allowedHosts: ['logs.example.com'] });
    port = new URL(api.url).port;
  });
  afterAll(() => api.close());

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:80', 'logs.example.com', 'logs.example.com:443'])(
    'answers under the name %s',
    async (host) => {
      expect((await ask(`${api.url}${STATUS}`, { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:9600',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'localhost.',
  ])('refuses the name %s, which can have been pointed here', async (host) => {
    const { status, text } = await ask(`${api.url}${STATUS}`, { headers: { host } });
    expect([status, JSON.parse(text).error.code]).toEqual([421, 'foreign_host']);
    expect(text).toContain('allowed_hosts');
    expect((await ask(`${api.url}/`, { headers: { host } })).status).toBe(421);
  });

  it.each(['', 'a b', 'user@localhost', 'localhost:99999999', 'localhost/x'])('refuses the host %j', async (host) => {
    expect((await ask(`${api.url}${STATUS}`, { headers: ['host', host] })).status).toBeGreaterThanOrEqual(400);
  });

  it('refuses two hosts', async () => {
    const headers = ['host', 'localhost', 'host', 'evil.example'];
    expect((await ask(`${api.url}${STATUS}`, { headers })).status).toBe(400);
  });

  it.each(['https://evil.example', 'null', 'http://localhost:1', 'http://127.0.0.1.evil.example'])(
    'refuses the origin %s',
    async (origin) => {
      const { status, text } = await ask(`${api.url}${STATUS}`, { headers: { origin } });
      expect([status, JSON.parse(text).error.code]).toEqual([403, 'foreign_origin']);
      const statement = JSON.stringify({ sql: 'SELECT 1' });
      const headers = { ...JSON_POST.headers, origin };
      expect((await ask(`${api.url}/api/v1/query`, { ...JSON_POST, headers }, statement)).status).toBe(403);
    },
  );

  it('takes its own origin', async () => {
    const headers = { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
    expect((await ask(`${api.url}${STATUS}`, { headers })).status).toBe(200);
  });

  it('lets a link of another site lead to the page, and to nothing else', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await ask(`${api.url}/`, { headers: link })).status).toBe(200);
    expect((await ask(`${api.url}${STATUS}`, { headers: link })).status).toBe(403);
    expect((await ask(`${api.url}/`, { headers: { ...link, 'sec-fetch-dest': 'iframe' } })).status).toBe(403);
    const script = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' };
    expect((await ask(`${api.url}/page.js`, { headers: script })).status).toBe(403);
    expect((await ask(`${api.url}${STATUS}`, { headers: { 'sec-fetch-site': 'same-site' } })).status).toBe(403);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', undefined])(
    'refuses a body of the type %s, which forms of other sites can send',
    async (type) => {
      const headers = type === undefined ? {} : { 'content-type': type };
      const { status } = await ask(`${api.url}/api/v1/query`, { method: 'POST', headers }, '{"sql":"SELECT 1"}');
      expect(status).toBe(415);
    },
  );
});

describe('what is answered', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi();
    await api.add([sessionStart(1, '"><script>alert(1)</script>', 1)]);
  });
  afterAll(() => api.close());

  it('has the headers that keep browsers strict, whatever it is', async () => {
    const answers = await Promise.all([
      ask(`${api.url}/`),
      ask(`${api.url}/page.js`),
      ask(`${api.url}${STATUS}`),
      ask(`${api.url}/nothing`),
      ask(`${api.url}${STATUS}`, { method: 'DELETE' }),
      ask(`${api.url}${STATUS}`, { method: 'OPTIONS' }),
      ask(`${api.url}${STATUS}`, { headers: { host: 'evil.example' } }),
      ask(`${api.url}/?token=x`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 405, 204, 421, 303]);
    for (const { headers } of answers) {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(headers[name]).toBe(value);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('lets the page run its own files and nothing else', () => {
    expect(SECURITY_HEADERS['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
  });

  it('keeps fields with HTML text: JSON that no browser takes for a page', async () => {
    const { headers, text } = await ask(`${api.url}/api/v1/events?${WINDOW}&columns=fields.client_user`);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(JSON.parse(text).events[0].cells).toEqual(['"><script>alert(1)</script>']);
  });

  it.each([
    '/../../../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd',
    '/page.js/../../package.json',
    '/./page.js',
    '/api/v1/../../etc/passwd',
    '/api/v1/dashboards/..%2f..%2f..%2fetc%2fpasswd',
    '/api/v1/dashboards/%00',
    '/api/v1/dashboards/%ff',
    '/api/v1/dashboards/',
    '/store.duckdb',
    '/page.js%00.html',
    '/\\..\\..\\windows',
  ])('finds nothing at %s', async (path) => {
    const { status, text } = await raw(api.url, path);
    expect(status).toBe(404);
    expect(JSON.parse(text).error.code).toBe('not_found');
  });

  it('refuses a request for another server', async () => {
    expect((await raw(api.url, 'http://evil.example/')).status).toBe(400);
  });

  it('names the methods that can be used', async () => {
    const wrong = await ask(`${api.url}${STATUS}`, { method: 'PUT' });
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const query = await ask(`${api.url}/api/v1/query`);
    expect([query.status, query.headers.allow]).toEqual([405, 'POST, OPTIONS']);
    const page = await ask(`${api.url}/`, { method: 'POST' });
    expect([page.status, page.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const head = await ask(`${api.url}${STATUS}`, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(10);
  });

  it.each([
    ['/api/v1/events', 'from is missing'],
    ['/api/v1/events?from=x&to=1', 'from must be a whole number'],
    ['/api/v1/events?from=1&to=2&from=3', 'from is given twice'],
    ['/api/v1/events?from=1&to=2&limit=501', 'limit must be at most 500'],
    ['/api/v1/events?from=2&to=2', 'must be before'],
    ['/api/v1/events?from=1&to=2&sort=up', 'there is no parameter \\"sort\\"'],
    ['/api/v1/events?from=1&to=2&where=[{"field":"a"}]', 'where.0 must be'],
    ['/api/v1/events?from=1&to=2&where=[{"field":"a","is":{"b":1}}]', 'where.0.is must be'],
    ['/api/v1/events?from=1&to=2&where=[', 'where is no JSON'],
    ['/api/v1/events?from=1&to=2&where={}', 'where must be a list'],
    ['/api/v1/events?from=1&to=2&columns=a..b', 'field path'],
    ['/api/v1/events?from=1&to=2&columns=[1]', 'columns.0 must be'],
    ['/api/v1/events?from=1&to=2&columns=[', 'columns is no JSON'],
    ['/api/v1/events?from=1&to=2&before=x', 'before'],
    ['/api/v1/events/x', 'key must be'],
    [`/api/v1/dashboards/mirrord-usage/panels/sessions?${WINDOW}&var.nobody=1`, 'var.nobody'],
    [`/api/v1/dashboards/mirrord-usage/panels/sessions?${WINDOW}&step=0`, 'step must be at least 1'],
    [`/api/v1/dashboards/mirrord-usage/panels/sessions-over-time?from=0&to=9999999999999&step=1`, 'steps'],
  ])('says what is wrong with %s', async (path, said) => {
    const { status, text } = await ask(api.url + path.replaceAll('"', '%22').replaceAll('[', '%5B'));
    expect(status).toBe(400);
    expect(text).toContain(said);
  });

  it('says of a failure inside that it is one, and nothing of the inside', async () => {
    const broken = await testApi({}, (store) => ({
      fields: store.fields,
      revision: store.revision,
      onChange: store.onChange,
      counts: store.counts,
      read: () => Promise.reject(new Error('IO Error: /var/lib/secret/store.duckdb at line 1')),
    }));
    const { status, text } = await ask(`${broken.url}/api/v1/events?from=1&to=2`);
    expect(status).toBe(500);
    expect(JSON.parse(text)).toEqual({
      error: { code: 'failed', message: 'this failed inside; the log of tailrace says why' },
    });
    expect(broken.said.join()).toContain('/var/lib/secret/store.duckdb at line 1');
    await broken.close();
  });
});

/** A path as it is written. */
function raw(url: string, path: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asking = rawRequest({ hostname, port, path, agent: false, headers: { host: 'localhost' } }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.on('error', reject);
    asking.end();
  });
}
