import { fieldsFrom } from '@tailrace/core';
import {
  batchOf,
  bulkAnswer,
  elasticsearchScript,
  type RecordedRequest,
  type Script,
  scriptedServer,
  sinkRun,
} from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { elasticsearch } from './elasticsearch.ts';
import { elasticsearchTemplate } from './template.ts';

const FIELDS = fieldsFrom({
  'fields.port': { type: 'long' },
  'fields.client_id': { type: 'keyword', ignore_above: 64 },
  'fields.level': { type: 'keyword' },
  fields: { type: 'object' },
  at: { type: 'date_nanos' },
  labels: { type: 'flattened' },
  'app."a.b/c"': { type: 'ip' },
});

test('the template of declared fields', () => {
  const template = elasticsearchTemplate(FIELDS, {
    ignoreAbove: 2048,
    flattened: ['rest'],
    settings: { 'index.codec': 'x' },
  });
  expect(template).toMatchObject({ index_patterns: ['logstash-*'], priority: 200, version: 1 });
  expect(template).not.toHaveProperty('data_stream');
  expect(template.template.settings).toEqual({ 'index.codec': 'x' });
  expect(template.template.mappings).toEqual({
    date_detection: false,
    dynamic_templates: [
      { text: { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: 2048 } } },
      { integers: { match_mapping_type: 'long', mapping: { type: 'double' } } },
      { fractions: { match_mapping_type: 'double', mapping: { type: 'double' } } },
    ],
    properties: {
      '@timestamp': { type: 'date' },
      rest: { type: 'flattened', ignore_above: 2048 },
      fields: {
        type: 'object',
        properties: {
          port: { type: 'long' },
          client_id: { type: 'keyword', ignore_above: 64 },
          level: { type: 'keyword', ignore_above: 2048 },
        },
      },
      at: { type: 'date_nanos' },
      labels: { type: 'flattened', ignore_above: 2048 },
      app: { properties: { a: { properties: { 'b/c': { type: 'ip' } } } } },
    },
  });
});

test('on OpenSearch what is flattened is flat_object, without an option, which it would refuse; all else is the same', () => {
  const options = { flattened: ['rest'], product: 'opensearch' } as const;
  const { template, _meta } = elasticsearchTemplate(FIELDS, options);
  const same = elasticsearchTemplate(FIELDS, { flattened: ['rest'] });
  const text = (value: unknown) => JSON.stringify(value);
  expect(text(template)).toBe(
    text(same.template).replaceAll('{"type":"flattened","ignore_above":1024}', '{"type":"flat_object"}'),
  );
  expect(template.mappings['properties']).toMatchObject({
    rest: { type: 'flat_object' },
    labels: { type: 'flat_object' },
  });
  expect(_meta.hash).not.toBe(same._meta.hash);
});

test('the hash changes with what the template says, and with nothing else', () => {
  const hash = (...args: Parameters<typeof elasticsearchTemplate>) => elasticsearchTemplate(...args)._meta.hash;
  expect(hash(FIELDS)).toBe(hash(FIELDS, { version: 7 }));
  expect(hash(FIELDS)).not.toBe(hash(FIELDS, { priority: 201 }));
  expect(hash(FIELDS)).not.toBe(hash(fieldsFrom({ 'fields.port': { type: 'double' } })));
});

test('many declared fields raise the limit of fields, unless the settings say otherwise', () => {
  const many = fieldsFrom(Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`f${i}`, { type: 'long' }])));
  const limit = 'index.mapping.total_fields.limit';
  expect(elasticsearchTemplate(many).template.settings).toEqual({ [limit]: 1401 });
  expect(elasticsearchTemplate(many, { settings: { [limit]: 5000 } }).template.settings).toEqual({ [limit]: 5000 });
});

const ONE = () => batchOf([{ a: 1 }]);
const calls = (requests: readonly RecordedRequest[]) =>
  requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);

async function against(script: Script, options: object = {}) {
  const server = await scriptedServer(script);
  onTestFinished(() => server.stop());
  const open = async (more: object = {}) => {
    const run = await sinkRun(elasticsearch, { nodes: [server.url], ...options, ...more });
    onTestFinished(() => run.sink.close?.());
    return run;
  };
  return { server, open };
}

const PATH = '/_index_template/tailrace-logstash';
const GET = `GET ${PATH}`;
const PUT = `PUT ${PATH}`;
const BULK = 'POST /_bulk';
const ROOT = 'GET /';

test('it is put before the first event, once, and not again by the next process', async () => {
  const { server, open } = await against(elasticsearchScript((request) => bulkAnswer(request)));
  const first = await open();
  await first.send(ONE());
  await first.send(ONE());
  const { probe, send } = await open();
  await probe();
  await send(ONE());
  expect(calls(server.requests)).toEqual([ROOT, GET, PUT, BULK, BULK, ROOT, GET, BULK]);
  expect(server.requests[2]!.headers['content-type']).toBe('application/json');
});

test('it is made for the server that answers, whether a probe or the first event comes first', async () => {
  const script: Script = (request) => {
    if (request.path === '/')
      return { status: 200, body: { version: { distribution: 'opensearch', number: '2.19.6' } } };
    if (request.path.startsWith('/_bulk')) return bulkAnswer(request);
    return { status: request.method === 'GET' ? 404 : 200, body: '{}' };
  };
  const { server, open } = await against(script);
  await (await open()).probe();
  await (await open()).send(ONE());
  expect(calls(server.requests)).toEqual([ROOT, GET, PUT, ROOT, GET, PUT, BULK]);
  const puts = server.requests.filter(({ method }) => method === 'PUT').map(({ text }) => JSON.parse(text));
  for (const { template } of puts) expect(template.mappings.properties._overflow).toEqual({ type: 'flat_object' });
});

test('requests at once put it once', async () => {
  const { server, open } = await against(elasticsearchScript((request) => bulkAnswer(request)));
  const { send, probe } = await open();
  await Promise.all([probe(), send(ONE()), send(ONE())]);
  expect(calls(server.requests).filter((call) => call === PUT).length).toBe(1);
});

test('one that is older or differs is replaced, a newer or a foreign one stays and that is said', async () => {
  const { server, open } = await against(elasticsearchScript((request) => bulkAnswer(request)));
  const run = async (template: object) => {
    const before = server.requests.length;
    const { probe, said } = await open({ template });
    await probe();
    const warnings = said.records.filter(({ level }) => level === 'warn').map(({ message }) => message);
    return { calls: calls(server.requests.slice(before + 1)), warnings };
  };
  expect(await run({ version: 2 })).toEqual({ calls: [GET, PUT], warnings: [] });
  expect(await run({ version: 2 })).toEqual({ calls: [GET], warnings: [] });
  expect(await run({ version: 3 })).toEqual({ calls: [GET, PUT], warnings: [] });
  expect(await run({ version: 3, priority: 300 })).toEqual({ calls: [GET, PUT], warnings: [] });
  const newer =
    'index template tailrace-logstash has version 3, newer than 1 here, and stays as it is: raise template.version, or set template.overwrite';
  expect(await run({ version: 1 })).toEqual({ calls: [GET], warnings: [newer] });
  expect(await run({ version: 1, overwrite: true })).toEqual({ calls: [GET, PUT], warnings: [] });
  await fetch(server.url + PATH, { method: 'PUT', body: '{"version":0}' });
  const foreign =
    'index template tailrace-logstash was not made by tailrace and stays as it is: give template.name another name, or set template.overwrite';
  const { calls: seen, warnings } = await run({ version: 1 });
  expect([seen.slice(-1), warnings]).toEqual([[GET], [foreign]]);
});

test('no event is sent before the template is there', async () => {
  const error = { error: { type: 'security_exception', reason: 'may not' }, status: 403 };
  const { server, open } = await against([{ status: 503, body: 'busy' }]);
  const { send, probe } = await open();
  expect(await send(ONE())).toEqual({
    kind: 'retry',
    code: 'template_failed',
    message: 'cannot ask for the version before index template tailrace-logstash: status 503: busy',
  });
  // A proxy that lets only some paths through.
  server.play([
    { status: 404, body: 'no' },
    { status: 404, body: '{}' },
    { status: 403, body: error },
  ]);
  const message = 'cannot put index template tailrace-logstash: security_exception: may not';
  expect(await send(ONE())).toEqual({ kind: 'pause', code: 'template_failed', message });
  server.play([
    { status: 404, body: 'no' },
    { status: 503, body: 'busy' },
  ]);
  expect(await send(ONE())).toEqual({
    kind: 'retry',
    code: 'template_failed',
    message: 'cannot read index template tailrace-logstash: status 503: busy',
  });
  server.play(elasticsearchScript((request) => bulkAnswer(request)));
  expect(await send(ONE())).toMatchObject({ kind: 'done' });
  await probe();
});

test.each<[object, string, string, boolean]>([
  [{}, 'tailrace-logstash', 'logstash-*', false],
  [{ index: 'logs-{{ a }}-{{ YYYY }}' }, 'tailrace-logs', 'logs-*-*', false],
  [{ index: 'logs-{{ a }}{{ YYYY }}-x' }, 'tailrace-logs-x', 'logs-*-x', false],
  [{ index: 'audit' }, 'tailrace-audit', 'audit', false],
  [{ data_stream: 'logs-a-b' }, 'tailrace-logs-a-b', 'logs-a-b', true],
  [{ template: { name: 'mine' } }, 'mine', 'logstash-*', false],
])('name and pattern: %#', async (options, name, pattern, dataStream) => {
  const { server, open } = await against(
    elasticsearchScript((request) => bulkAnswer(request)),
    options,
  );
  await (await open()).send(ONE());
  const put = server.requests[2]!;
  const body = JSON.parse(put.text);
  expect(put.path).toBe(`/_index_template/${name}`);
  expect(body.index_patterns).toEqual([pattern]);
  expect('data_stream' in body).toBe(dataStream);
});

test('a field file with mistakes is refused', async () => {
  const folder = new URL('.', import.meta.url).pathname;
  await expect(sinkRun(elasticsearch, { template: { fields: 'template.ts' } }, folder)).rejects.toMatchObject({
    at: ['template', 'fields'],
  });
  await expect(sinkRun(elasticsearch, { template: { fields: 'no-such.yaml' } }, folder)).rejects.toMatchObject({
    at: ['template', 'fields'],
    message: expect.stringMatching(/^cannot read no-such.yaml: ENOENT/),
  });
});
