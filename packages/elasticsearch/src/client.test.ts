import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { ConfigError, ProbeError, type Verdict } from '@tailrace/core';
import {
  authProxy,
  batchOf,
  bulkAnswer,
  elasticsearchScript,
  httpProxy,
  listenOnLoopback,
  type RecordedRequest,
  scriptedServer,
  sinkRun,
  startProcess,
  tlsProxy,
} from '@tailrace/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { elasticsearch } from './elasticsearch.ts';

const DONE = { kind: 'done', refused: [] };
const ONE = () => batchOf([{ '@timestamp': '2024-05-31T00:00:00Z' }]);
let server: Awaited<ReturnType<typeof scriptedServer>>;

beforeAll(async () => {
  server = await scriptedServer(elasticsearchScript((request) => bulkAnswer(request)));
});
afterAll(() => server.stop());

/** A sink without a template, closed at the end of the test. */
async function sink(options: object, folder?: string) {
  const run = await sinkRun(elasticsearch, { template: { enabled: false }, ...options }, folder);
  onTestFinished(() => run.sink.close?.());
  return run;
}

/** What the server got of one bulk request. */
async function sent(options: object): Promise<RecordedRequest> {
  const before = server.requests.length;
  const { send } = await sink({ nodes: [server.url], ...options });
  expect(await send(ONE())).toEqual(DONE);
  return server.requests[before]!;
}

async function temporary(files: Record<string, string>): Promise<string> {
  const { folder, dispose } = await startProcess({ command: ['true'] });
  onTestFinished(() => dispose());
  for (const [name, text] of Object.entries(files)) await writeFile(`${folder}/${name}`, text);
  return folder;
}

test('plain headers, a short answer, the body as it was encoded', async () => {
  const { method, path, headers, text } = await sent({});
  expect(`${method} ${path}`).toBe('POST /_bulk?filter_path=errors,items.*.status,items.*.error');
  expect(headers).toMatchObject({ accept: 'application/json', 'content-type': 'application/x-ndjson' });
  expect(headers['user-agent']).toBe('tailrace');
  expect(headers['accept-encoding']).toBe('identity');
  expect(headers).not.toHaveProperty('content-encoding');
  expect(text).toMatch(/^\{"create":\{"_index":"logstash-2024.05.31".*\}\}\n\{.*\}\n$/);
});

test('headers and an ingest pipeline', async () => {
  const own = { 'X-Tenant': 'a', Authorization: 'Custom b', 'Accept-Encoding': 'gzip' };
  const { path, headers } = await sent({ headers: own, pipeline: 'p 1' });
  expect(path).toBe('/_bulk?filter_path=errors,items.*.status,items.*.error&pipeline=p%201');
  expect(headers).toMatchObject({ 'x-tenant': 'a', authorization: 'Custom b', 'accept-encoding': 'gzip' });
});

test('answers that are packed all the same are read, and one that cannot be says so', async () => {
  const packed = async (coding: string, pack: (body: Buffer) => Uint8Array) => {
    const script = elasticsearchScript((request) => {
      const answer = bulkAnswer(request) as { status: number; headers: Record<string, string>; body: string };
      const body = pack(Buffer.from(answer.body));
      return { status: 200, headers: { ...answer.headers, 'content-encoding': coding }, body };
    });
    const other = await scriptedServer(script);
    onTestFinished(() => other.stop());
    return await (await sink({ nodes: [other.url] })).send(ONE());
  };
  expect(await packed('gzip', gzipSync)).toEqual(DONE);
  expect(await packed('deflate', deflateSync)).toEqual(DONE);
  expect(await packed('UTF-8', (body) => body)).toEqual(DONE);
  expect(await packed('br', brotliCompressSync)).toEqual({
    kind: 'retry',
    code: 'not_elasticsearch',
    message: 'status 200 with what is no bulk answer: a body that cannot be read (content-encoding "br")',
  });
  const spoilt = { kind: 'retry', code: 'server_unreachable' };
  const why = 'its answer cannot be unpacked: ';
  expect(await packed('gzip', (body) => body)).toEqual({ ...spoilt, message: `${why}incorrect header check` });
  const cut = (body: Buffer) => gzipSync(body).subarray(0, -1);
  expect(await packed('gzip', cut)).toEqual({ ...spoilt, message: `${why}unexpected end of file` });
});

test('gzip levels make bodies smaller', async () => {
  const plain = await sent({ gzip: 'off' });
  const fast = await sent({ gzip: 1 });
  const small = await sent({ gzip: 9 });
  expect([fast, small].map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'gzip']);
  expect([fast.text, small.text]).toEqual([plain.text, plain.text]);
  expect(small.body.length).toBeLessThanOrEqual(fast.body.length);
});

test('a path in the URL of a node stays', async () => {
  const { path } = await sent({ nodes: [`${server.url}/behind/a/path/`] }).catch(() => server.requests.at(-1)!);
  expect(path).toMatch(/^\/behind\/a\/path\/_bulk\?/);
});

test('several nodes take turns, a dead one does not stop the others', async () => {
  const other = await scriptedServer(elasticsearchScript((request) => bulkAnswer(request)));
  onTestFinished(() => other.stop());
  const before = server.requests.length;
  const { send, probe } = await sink({ nodes: [server.url, other.url, 'http://127.0.0.1:1'] });
  const verdicts: Verdict[] = [];
  for (let i = 0; i < 12; i++) verdicts.push(await send(ONE()));
  expect(verdicts.filter(({ kind }) => kind === 'done').length).toBeGreaterThanOrEqual(7);
  expect(other.requests.length).toBeGreaterThanOrEqual(3);
  expect(server.requests.length - before).toBeGreaterThanOrEqual(3);
  await probe();
});

test('basic authentication and API keys in both forms', async () => {
  const apiKey = { id: 'id', key: 'key' };
  const users = [{ username: 'me', password: 'p:ä' }];
  const guarded = await authProxy({ target: server.url, users, apiKeys: [apiKey] });
  onTestFinished(() => guarded.stop());
  for (const auth of [
    { username: 'me', password: 'p:ä' },
    { api_key: 'id:key' },
    { api_key: `${Buffer.from('id:key').toString('base64')}\n` },
  ]) {
    const { send, probe } = await sink({ nodes: [guarded.url], auth });
    await probe();
    expect(await send(ONE())).toEqual(DONE);
  }
  const wrong = await sink({ nodes: [guarded.url], auth: { username: 'me', password: 'wrong' } });
  expect(await wrong.send(ONE())).toMatchObject({ kind: 'pause', code: 'unauthorized' });
  await expect(wrong.probe()).rejects.toMatchObject({
    code: 'unauthorized',
    message: `${guarded.url} refuses the credentials (401): security_exception: unable to authenticate for REST request [/]`,
  });
});

test('TLS: the authority, a name, a client certificate, no check', async () => {
  const proxy = await tlsProxy({ target: server.url, clientCertificate: true, hosts: ['search.example.com'] });
  onTestFinished(() => proxy.stop());
  const folder = await temporary({
    'ca.pem': proxy.ca,
    'client.pem': proxy.client.certificate,
    'client.key': proxy.client.key,
  });
  const nodes = [proxy.url];
  const client = { certificate: 'client.pem', key: 'client.key' };
  const good = await sink({ nodes, tls: { ...client, ca: 'ca.pem', server_name: 'search.example.com' } }, folder);
  await good.probe();
  expect(await good.send(ONE())).toEqual(DONE);
  const unchecked = await sink({ nodes, tls: { ...client, verify: false } }, folder);
  expect(await unchecked.send(ONE())).toEqual(DONE);
  const probed = async (tls: object) => {
    const { probe, send } = await sink({ nodes, tls }, folder);
    const verdict = await send(ONE());
    const error: unknown = await probe().catch((thrown: unknown) => thrown);
    if (!(error instanceof ProbeError)) throw new Error(`no ProbeError but ${String(error)}`);
    expect(verdict).toMatchObject({ kind: 'retry', code: error.code });
    return `${error.code}: ${error.message}`;
  };
  const start = `tls_failed: cannot connect to ${proxy.url}: `;
  expect(await probed({ ...client, server_name: 'search.example.com' })).toContain(
    `${start}its certificate is signed by an authority that is not trusted: set tls.ca (`,
  );
  expect(await probed({ ...client, ca: 'ca.pem' })).toContain(
    `${start}its certificate is for another name: correct the URL or set tls.server_name (`,
  );
  expect(await probed({ ca: 'ca.pem', server_name: 'search.example.com' })).toContain(
    'it closed the connection; where it wants a client certificate, set tls.certificate and tls.key (other side closed)',
  );
});

test('an expired certificate, and a server that speaks no TLS', async () => {
  const proxy = await tlsProxy({ target: server.url, expired: true });
  onTestFinished(() => proxy.stop());
  const folder = await temporary({ 'ca.pem': proxy.ca });
  const expired = await sink({ nodes: [proxy.url], tls: { ca: 'ca.pem' } }, folder);
  await expect(expired.probe()).rejects.toMatchObject({
    code: 'tls_failed',
    message: expect.stringContaining('its certificate has expired'),
  });
  const plain = createServer();
  const { port, stop } = await listenOnLoopback(plain);
  onTestFinished(stop);
  await expect((await sink({ nodes: [`https://127.0.0.1:${port}`] })).probe()).rejects.toMatchObject({
    code: 'tls_failed',
    message: expect.stringContaining('it does not speak TLS: write http://'),
  });
});

test('a proxy, with and without credentials', async () => {
  const proxy = await httpProxy({ user: { username: 'u', password: 'p' } });
  onTestFinished(() => proxy.stop());
  const { probe, send } = await sink({ nodes: [server.url], proxy: proxy.url.replace('//', '//u:p@') });
  await probe();
  expect(await send(ONE())).toEqual(DONE);
  expect(proxy.requests.length).toBeGreaterThan(0);
  const stranger = await sink({ nodes: [server.url], proxy: proxy.url });
  const message = `proxy ${new URL(proxy.url).host}: status 407`;
  expect(await stranger.send(ONE())).toEqual({ kind: 'retry', code: 'server_unreachable', message });
  await expect(stranger.probe()).rejects.toMatchObject({
    code: 'unauthorized',
    message: `cannot connect to ${server.url}: the proxy refuses the credentials in \`proxy\` (${message})`,
  });
  const nowhere = await sink({ nodes: [server.url], proxy: 'http://127.0.0.1:1' });
  await expect(nowhere.probe()).rejects.toMatchObject({
    code: 'server_unreachable',
    message: `cannot connect to ${server.url}: the proxy does not open a way to it (proxy 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1)`,
  });
});

test('an answer that comes before the body was read is heard, through a proxy too', async () => {
  const early = createTcpServer((socket) => {
    socket.on('error', () => undefined); // the client goes in the middle of its body
    socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
  });
  const { port, stop } = await listenOnLoopback(early);
  const proxy = await httpProxy();
  onTestFinished(() => Promise.all([stop(), proxy.stop()]).then(() => undefined));
  const large = batchOf([{ text: 'x'.repeat(4_000_000) }]);
  for (const way of [{}, { proxy: proxy.url }]) {
    const { send } = await sink({ nodes: [`http://127.0.0.1:${port}`], ...way });
    expect(await send(large)).toMatchObject({ kind: 'split', code: 'request_too_large' });
  }
});

test('a node with an IPv6 address is reached through a proxy', async () => {
  const proxy = await httpProxy({ routes: { '[2001:db8::1]:9200': new URL(server.url).host } });
  onTestFinished(() => proxy.stop());
  const { probe, send } = await sink({ nodes: ['http://[2001:db8::1]:9200'], proxy: proxy.url });
  await probe();
  expect(await send(ONE())).toEqual(DONE);
  expect(proxy.requests[0]).toBe('CONNECT [2001:db8::1]:9200');
});

test('a Cloud ID names the node, reached through a proxy', async () => {
  const tls = await tlsProxy({ target: server.url, hosts: ['abc.search.example.com'] });
  onTestFinished(() => tls.stop());
  const proxy = await httpProxy({ routes: { 'abc.search.example.com:9243': new URL(tls.url).host } });
  onTestFinished(() => proxy.stop());
  const folder = await temporary({ 'ca.pem': tls.ca });
  const encoded = Buffer.from('search.example.com:9243$abc$kibana').toString('base64');
  const options = { cloud_id: `deployment:${encoded}`, proxy: proxy.url, tls: { ca: 'ca.pem' } };
  const { probe, send } = await sink(options, folder);
  await probe();
  expect(await send(ONE())).toEqual(DONE);
  expect(proxy.requests[0]).toBe('CONNECT abc.search.example.com:9243');
});

test('a probe of nothing, of a stranger and of an old version', async () => {
  const probed = async (nodes: string[]) => {
    const error: unknown = await (await sink({ nodes })).probe().catch((thrown: unknown) => thrown);
    return error as ProbeError;
  };
  expect(await probed(['http://127.0.0.1:1'])).toMatchObject({
    name: 'ProbeError',
    code: 'server_unreachable',
    message: 'cannot connect to http://127.0.0.1:1: nothing listens there (connect ECONNREFUSED 127.0.0.1:1)',
  });
  expect(await probed(['http://no-such-host.invalid'])).toMatchObject({
    code: 'server_unreachable',
    message: expect.stringContaining('no such host name'),
  });
  const stranger = await scriptedServer([{ status: 200, body: '<html>Hello</html>' }]);
  onTestFinished(() => stranger.stop());
  expect(await probed([stranger.url])).toMatchObject({
    code: 'not_elasticsearch',
    message: `${stranger.url} is no Elasticsearch or OpenSearch: GET / answers 200, <html>Hello</html>`,
  });
  stranger.play([{ status: 200, body: { version: { number: '7.10.2' }, tagline: 'You Know, for Search' } }]);
  expect(await probed([stranger.url])).toMatchObject({
    code: 'not_elasticsearch',
    message: `${stranger.url} is Elasticsearch 7.10.2; 7.17 or later is needed`,
  });
  stranger.play([{ status: 503, body: 'starting' }]);
  expect(await probed([stranger.url])).toMatchObject({
    name: 'Error',
    message: `${stranger.url} answers 503: starting`,
  });
  stranger.play([{ status: 403, body: { error: { type: 'security_exception', reason: 'no' }, status: 403 } }]);
  expect(await probed([stranger.url])).toBeUndefined();
});

test.each<[object, string, string]>([
  [
    { nodes: ['localhost:9200'] },
    'nodes.0',
    'must be a URL such as https://search.example.com:9200, is "localhost:9200"',
  ],
  [{ nodes: ['http://a:b@c'] }, 'nodes.0', 'must not hold a user or password: put them under `auth`'],
  [{ nodes: ['http://a/?b'] }, 'nodes.0', 'must end with its path, without ? and #'],
  [{ nodes: ['http://a'], cloud_id: 'x:y' }, 'cloud_id', 'cannot stand beside `nodes`: both say where the cluster is'],
  [{ cloud_id: 'x:y' }, 'cloud_id', 'must be the Cloud ID as the deployment’s page shows it, name:base64 text'],
  [{ proxy: 'proxy:3128' }, 'proxy', 'must be a URL such as http://proxy.example.com:3128'],
  [{ headers: { A: 'b\n' } }, 'headers.A', 'holds characters that an HTTP header cannot have, such as a line break'],
  [{ headers: { 'Content-Type': 'b' } }, 'headers.Content-Type', 'cannot be set: it says how requests are sent'],
  [{ headers: { Authorization: 'b' }, auth: { api_key: 'a' } }, 'headers.Authorization', 'cannot stand beside `auth`'],
  [
    { auth: { api_key: 'a\nb' } },
    'auth.api_key',
    'holds characters that an HTTP header cannot have, such as a line break',
  ],
  [{ auth: { username: 'a' } }, 'auth.password', 'is missing beside `username`'],
  [{ auth: { password: 'a' } }, 'auth.username', 'is missing beside `password`'],
  [{ auth: { api_key: 'a', username: 'b' } }, 'auth.api_key', 'cannot stand beside `username` and `password`'],
  [
    { nodes: ['http://a:9200'], tls: { verify: false } },
    'tls',
    'has no effect, for http://a:9200 is reached without TLS: write https://',
  ],
  [{ tls: { certificate: '/dev/null' } }, 'tls.certificate', '/dev/null holds no PEM'],
  [
    { tls: { ca: '/no/such/file' } },
    'tls.ca',
    "cannot read /no/such/file: ENOENT: no such file or directory, open '/no/such/file'",
  ],
])('refused: %#', async (options, at, message) => {
  const error: unknown = await sinkRun(elasticsearch, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).at.join('.')).toBe(at);
  expect((error as ConfigError).message).toBe(message);
});
