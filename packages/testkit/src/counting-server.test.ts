import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CountingServer, countingServer } from './counting-server.ts';
import { answerBulkBody, bulkActions } from './elasticsearch-answers.ts';

describe('bulk bodies', () => {
  const documents = fc.array(fc.tuple(fc.constantFrom('create', 'index', 'update', 'delete'), fc.json()), {
    minLength: 1,
  });
  const spaces = fc.constantFrom('', ' ', '\t');

  test('give one action per item, whatever the documents hold', () => {
    fc.assert(
      fc.property(documents, spaces, (pairs, space) => {
        const lines = pairs.map(([action, json]) =>
          action === 'delete' ? `{${space}"delete":{"_id":"1"}}\n` : `{${space}"${action}"${space}:{}}\n${json}\n`,
        );
        expect(bulkActions(Buffer.from(lines.join('')))).toEqual(pairs.map(([action]) => action));
      }),
      { numRuns: 200 },
    );
  });

  test('pass over empty lines, and are refused without the last newline', () => {
    expect(bulkActions(Buffer.from('\n{"index":{}}\n{}\n\n{"delete":{}}\n'))).toEqual(['index', 'delete']);
    expect(bulkActions(Buffer.from('{"index":{}}\n{}'))).toBeUndefined();
    expect(bulkActions(Buffer.from('{"index":{}}\n'))).toBeUndefined();
  });

  test('are answered item by item', () => {
    const error = { type: 'document_parsing_exception', reason: 'failed' };
    const body = Buffer.from('{"create":{}}\n{}\n{"index":{}}\n{}\n');
    expect(answerBulkBody(body, (index) => (index === 0 ? 201 : { status: 400, error }))).toEqual({
      status: 200,
      body: `{"errors":true,"items":[{"create":{"status":201}},{"index":{"error":${JSON.stringify(error)},"status":400}}]}`,
    });
  });
});

describe('the counting server', () => {
  let server: CountingServer;
  beforeAll(async () => {
    server = await countingServer();
  });
  beforeEach(() => server.reset());
  afterAll(() => server.stop());

  const bulk = (body: string | Buffer, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/logs/_bulk?filter_path=errors`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers,
    });

  test('runs in another process', () => {
    expect(server.pid).toBeGreaterThan(0);
    expect(server.pid).not.toBe(process.pid);
  });

  test('answers a bulk like Elasticsearch and counts it', async () => {
    const body = '{"create":{}}\n{"a":"\\n"}\n{"create":{}}\n{}\n';
    const answer = await bulk(body);
    expect(answer.headers.get('x-elastic-product')).toBe('Elasticsearch');
    expect(await answer.text()).toBe('{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]}');
    const counts = { requests: 1, events: 2, wireBytes: body.length, bodyBytes: body.length, spanMs: 0 };
    expect(await server.counts()).toEqual(counts);
  });

  test('counts gzipped bytes and unpacked ones', async () => {
    const body = '{"index":{}}\n{"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}\n'.repeat(1000);
    const packed = gzipSync(body);
    expect((await bulk(packed, { 'content-encoding': 'gzip' })).status).toBe(200);
    await bulk(body);
    const counts = await server.counts();
    expect(counts).toMatchObject({ requests: 2, events: 2000, bodyBytes: 2 * body.length });
    expect(counts.wireBytes).toBe(packed.length + body.length);
    expect(counts.spanMs).toBeGreaterThan(0);
  });

  test('refuses what Elasticsearch refuses', async () => {
    const unterminated = await bulk('{"index":{}}\n{}');
    expect(unterminated.status).toBe(400);
    expect(await unterminated.text()).toContain('must be terminated by a newline');
    expect((await bulk('', {})).status).toBe(400);
    expect((await fetch(`${server.url}/nowhere`)).status).toBe(400);
  });

  test('says what it is, and keeps templates', async () => {
    const root = (await (await fetch(server.url)).json()) as { version: { number: string } };
    expect(root.version.number).toMatch(/^8\./);
    const template = `${server.url}/_index_template/logs`;
    expect((await fetch(template, { method: 'HEAD' })).status).toBe(404);
    await fetch(template, { method: 'PUT', body: '{"version":3}' });
    expect(await (await fetch(template)).json()).toEqual({
      index_templates: [{ name: 'logs', index_template: { version: 3 } }],
    });
  });

  test('counts the log records of OTLP, and answers with an empty response', async () => {
    // Two ResourceLogs: one with an empty resource and two empty records, one with a single record.
    const body = Buffer.from('0a080a00120412001200' + '0a0412021200', 'hex');
    const answer = await fetch(`${server.url}/v1/logs`, { method: 'POST', body });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-protobuf']);
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
    expect(await server.counts()).toMatchObject({ requests: 1, events: 3 });
  });

  test('counts the entries of Datadog’s logs', async () => {
    const body = '[{"message":"a"},{"message":"b"}]';
    expect((await fetch(`${server.url}/api/v2/logs`, { method: 'POST', body })).status).toBe(202);
    expect(await server.counts()).toMatchObject({ requests: 1, events: 2 });
  });

  test('ends with stop()', async () => {
    const other = await countingServer();
    await other.stop();
    await expect(fetch(other.url)).rejects.toThrow();
  });
});
