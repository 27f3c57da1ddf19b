import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RawRequest, requestReader } from './request-reader.ts';
import {
  bulkAnswer,
  elasticsearchScript,
  type Script,
  type ScriptedServer,
  scriptedServer,
} from './scripted-server.ts';

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  onTestFinished(() => server.stop());
  return server;
}

/** The code of the socket error behind a failed fetch. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    const { cause = error } = error as Error;
    return (cause as NodeJS.ErrnoException).code;
  }
  return 'no failure';
}

describe('the request reader', () => {
  test('finds the same requests wherever the stream is cut', () => {
    const plain = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello';
    const chunked = 'PUT /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nA\r\nlo\r\nworld!\r\n0\r\n\r\n';
    const bare = 'GET /c?d=e HTTP/1.1\r\nExpect: 100-continue\r\n\r\n';
    const stream = Buffer.from(plain + chunked + bare + plain);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const found: RawRequest[] = [];
        let continues = 0;
        const onContinue = () => {
          continues += 1;
        };
        const read = requestReader((request) => found.push(request), onContinue);
        for (const [index, edge] of edges.slice(1).entries()) read(stream.subarray(edges[index], edge));
        const texts = found.map(({ method, path, body }) => `${method} ${path} ${body}`);
        expect(texts).toEqual(['POST /a hello', 'PUT /b hello\r\nworld!', 'GET /c?d=e ', 'POST /a hello']);
        expect(found[0]?.headers).toEqual({ host: 'x', 'content-length': '5' });
        expect(continues).toBe(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the scripted server', () => {
  test('plays answers in turn, the last for ever, and records the requests', async () => {
    const server = await serve([
      { status: 429, headers: { 'retry-after': '2' }, body: { slow: 'down' } },
      { status: 200, body: 'ok' },
    ]);
    const first = await fetch(`${server.url}/_bulk?x=1`, { method: 'POST', body: 'a\n' });
    expect([first.status, first.headers.get('retry-after'), await first.json()]).toEqual([429, '2', { slow: 'down' }]);
    const packed = new Uint8Array(gzipSync('b\n'));
    const second = await fetch(server.url, { method: 'PUT', body: packed, headers: { 'content-encoding': 'gzip' } });
    expect(await second.text()).toBe('ok');
    expect(await (await fetch(server.url)).text()).toBe('ok');
    expect(await server.received(3)).toMatchObject([
      { method: 'POST', path: '/_bulk?x=1', text: 'a\n', index: 0, connection: 0 },
      { method: 'PUT', path: '/', text: 'b\n', index: 1 },
      { method: 'GET', path: '/', text: '', index: 2 },
    ]);
    expect(server.requests[1]?.body).toEqual(Buffer.from(packed));
  });

  test('decides by the request, waits, and takes a new script', async () => {
    const server = await serve((request) => ({ status: request.path === '/slow' ? 503 : 200, delayMs: 60 }));
    const start = performance.now();
    expect((await fetch(`${server.url}/slow`)).status).toBe(503);
    expect(performance.now() - start).toBeGreaterThan(50);
    server.play([{ status: 401 }]);
    expect((await fetch(server.url)).status).toBe(401);
  });

  test('keeps a connection open between answers, also after HEAD', async () => {
    const server = await serve([{ status: 200, body: 'not for HEAD' }]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (method: string) =>
      new Promise<string>((resolve, reject) => {
        const request = httpRequest(server.url, { method, agent }, (response) => text(response).then(resolve, reject));
        request.on('error', reject).end();
      });
    expect([await ask('HEAD'), await ask('GET'), await ask('GET')]).toEqual(['', 'not for HEAD', 'not for HEAD']);
    expect(server.connections()).toBe(1);
    agent.destroy();
  });

  test('breaks connections in every way', async () => {
    const server = await serve([{ kind: 'reset' }]);
    expect(await failure(fetch(server.url))).toBe('ECONNRESET');
    server.play([{ kind: 'close' }]);
    expect(await failure(fetch(server.url))).toBe('UND_ERR_SOCKET');
    server.play([{ kind: 'half', status: 200, body: 'x'.repeat(1000), bytes: 10 }]);
    const half = await fetch(server.url);
    expect(half.headers.get('content-length')).toBe('1000');
    expect(await failure(half.text())).toBe('UND_ERR_SOCKET');
    server.play([{ kind: 'hang' }]);
    await expect(fetch(server.url, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/);
    await server.stop();
    expect(await failure(fetch(server.url))).toBe('ECONNREFUSED');
  });

  test('sends of half an answer as many bytes as asked', async () => {
    const server = await serve([
      { kind: 'half', status: 200, body: 'abcdefgh', bytes: 3 },
      { kind: 'half', status: 200, body: 'abcdefgh' },
    ]);
    const readAll = () =>
      new Promise<string>((resolve, reject) => {
        let got = '';
        const request = httpRequest(server.url, (response) => {
          response.on('data', (chunk) => {
            got += chunk;
          });
          response.on('error', () => resolve(got)).on('end', () => reject(new Error('it came whole')));
        });
        request.on('error', reject).end();
      });
    expect([await readAll(), await readAll()]).toEqual(['abc', 'abcd']);
  });

  test('refuses what is no request', async () => {
    const server = await serve([{ status: 200 }]);
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nmuch\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 .*not a chunk size: much$/s);
  });

  test('lets a client that asks first send its body', async () => {
    const server = await serve([{ status: 200, body: 'done' }]);
    const status = await new Promise((resolve, reject) => {
      const headers = { expect: '100-continue', 'content-length': '2' };
      const request = httpRequest(server.url, { method: 'POST', headers }, (response) => resolve(response.statusCode));
      request.on('continue', () => request.end('hi')).on('error', reject);
      request.flushHeaders();
    });
    expect([status, server.requests[0]?.text]).toEqual([200, 'hi']);
  });

  test('shows a script that threw as status 500', async () => {
    const server = await serve(() => {
      throw new Error('my mistake');
    });
    const answer = await fetch(server.url);
    expect([answer.status, await answer.text()]).toEqual([500, 'scripted server: Error: my mistake']);
  });

  test('says how many requests came when too few did', async () => {
    const server = await serve([{ status: 200 }]);
    await fetch(server.url);
    await expect(server.received(2, 30)).rejects.toThrow('1 of 2 requests came within 30 ms');
  });
});

describe('the Elasticsearch script', () => {
  test('leaves bulks to the test and answers the rest', async () => {
    const error = { type: 'mapper_parsing_exception', reason: 'no number' };
    const server = await serve(
      elasticsearchScript((request) => bulkAnswer(request, (index) => (index === 1 ? { status: 400, error } : 201))),
    );
    const bulk = await fetch(`${server.url}/_bulk`, { method: 'POST', body: '{"index":{}}\n{}\n{"create":{}}\n{}\n' });
    expect(bulk.headers.get('x-elastic-product')).toBe('Elasticsearch');
    expect(await bulk.json()).toEqual({
      errors: true,
      items: [{ index: { status: 201 } }, { create: { status: 400, error } }],
    });
    expect(await (await fetch(server.url)).json()).toMatchObject({ tagline: 'You Know, for Search' });
    expect((await fetch(`${server.url}/_index_template/x`)).status).toBe(404);
  });
});
