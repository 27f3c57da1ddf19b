import { fileURLToPath } from 'node:url';
import { elasticsearch, elasticsearchTemplate } from '@tailrace/elasticsearch';
import { batchOf, type ElasticsearchClient, sinkRun } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { elasticsearchOrSkip, indexPrefix, startElasticsearch, testedFlavor } from '../support/elasticsearch.ts';

const access = await elasticsearchOrSkip();
const prefix = indexPrefix('sink');
const mirrord = fileURLToPath(new URL('../../pipelines/mirrord/fields.yaml', import.meta.url));
const flavor = testedFlavor();
const product = flavor === 'os2' ? 'opensearch' : 'elasticsearch';
const flattened = flavor === 'os2' ? 'flat_object' : 'flattened';
const TIME = '2024-05-31T23:59:59.123456789Z';

interface Hits {
  hits: { total: { value: number }; hits: { _id: string; _index: string; _source: unknown }[] };
}

describe.skipIf(access.skipped)(`the elasticsearch sink against ${flavor}`, () => {
  let node: ElasticsearchClient;
  beforeAll(async () => {
    node = await access.shared();
  });
  afterAll(async () => {
    await node.request('DELETE', `_index_template/tailrace-${prefix}*`);
  });

  async function sink(options: object) {
    const run = await sinkRun(elasticsearch, { nodes: [node.url], template: { enabled: false }, ...options });
    onTestFinished(() => run.sink.close?.());
    return run;
  }
  async function stored(index: string) {
    await node.json('POST', `${index}/_refresh`);
    const { hits } = await node.json<Hits>('GET', `${index}/_search?sort=_doc&size=100`);
    return hits.hits;
  }

  test.each(['off', 1, 9])('events arrive with their ids and bytes, gzip %s', async (gzip) => {
    const logstash = `${prefix}gzip${gzip}`;
    const { probe, send } = await sink({ logstash_format: { prefix: logstash }, gzip });
    await probe();
    const events = [
      { '@timestamp': TIME, log: 'ä "x"\n' },
      { '@timestamp': TIME, n: 1 },
    ];
    expect(await send(batchOf(events))).toEqual({ kind: 'done', refused: [] });
    expect(await stored(`${logstash}-2024.05.31`)).toMatchObject([
      { _id: 'streamstreamstre-000000000000', _source: events[0] },
      { _id: 'streamstreamstre-000000000064', _source: events[1] },
    ]);
  });

  test('what is sent again is stored once, and only the unexpected repeat is a conflict', async () => {
    const { send, said } = await sink({ index: `${prefix}twice` });
    const events = [{ a: 1 }, { a: 2 }, { a: 3 }];
    expect(await send(batchOf(events))).toEqual({ kind: 'done', refused: [] });
    expect(await send(batchOf(events), { tried: true })).toEqual({ kind: 'done', refused: [], duplicates: 3 });
    expect(await send(batchOf(events, { replayBelow: 201 }))).toEqual({ kind: 'done', refused: [], duplicates: 3 });
    expect(said.errors).toEqual({});
    expect(await send(batchOf(events, { replayBelow: 200 }))).toEqual({ kind: 'done', refused: [], duplicates: 2 });
    expect(said.errors).toEqual({ id_conflict: 1 });
    expect((await stored(`${prefix}twice`)).length).toBe(3);
  });

  test('a document of a wrong type is refused with the reason, its neighbours are in the index', async () => {
    const index = `${prefix}typed`;
    await node.json('PUT', index, { mappings: { properties: { n: { type: 'long' } } } });
    const { send } = await sink({ index });
    const verdict = await send(batchOf([{ n: 1 }, { n: 'not a number' }, { n: 3 }]));
    expect(verdict).toMatchObject({
      kind: 'done',
      refused: [
        { index: 1, retry: false, code: 'document_refused', message: expect.stringContaining("'not a number'") },
      ],
    });
    expect((await stored(index)).map(({ _source }) => _source)).toEqual([{ n: 1 }, { n: 3 }]);
  });

  test('an index that may not be written to is named, the other one takes its events', async () => {
    const index = `${prefix}blocked`;
    await node.json('PUT', index, { settings: { 'index.blocks.write': true } });
    const { send } = await sink({ index: `${prefix}{{ to }}` });
    const batch = () => batchOf([{ to: 'open' }, { to: 'blocked' }, { to: 'open' }]);
    expect(await send(batch())).toMatchObject({
      kind: 'done',
      refused: [
        { index: 1, retry: true, code: 'forbidden', subject: index, message: expect.stringContaining('index write') },
      ],
    });
    expect((await stored(`${prefix}open`)).length).toBe(2);
    await node.json('PUT', `${index}/_settings`, { 'index.blocks.write': false });
    expect(await send(batch(), { tried: true })).toEqual({ kind: 'done', refused: [], duplicates: 2 });
    expect((await stored(index)).length).toBe(1);
  });

  test('a full disk keeps events coming again', async () => {
    const index = `${prefix}full`;
    await node.json('PUT', index, { settings: { 'index.blocks.read_only_allow_delete': true } });
    const { send } = await sink({ index });
    expect(await send(batchOf([{ a: 1 }]))).toMatchObject({
      refused: [{ retry: true, code: 'index_blocked', subject: index }],
    });
  });

  test('`op_type: index` replaces, `id: none` stores again', async () => {
    const index = `${prefix}replaced`;
    const { send } = await sink({ index, op_type: 'index' });
    await send(batchOf([{ a: 1 }]));
    expect(await send(batchOf([{ a: 2 }]))).toEqual({ kind: 'done', refused: [] });
    expect((await stored(index)).map(({ _source }) => _source)).toEqual([{ a: 2 }]);
    const free = await sink({ index, id: 'none' });
    await free.send(batchOf([{ a: 2 }]));
    expect((await stored(index)).length).toBe(2);
  });

  test('every name that field values make is taken', async () => {
    const { send } = await sink({ index: `${prefix}{{ app }}{{ YYYY }}` });
    const apps = [
      'A/b\\c*?"<>|,#:d',
      ' ',
      '..',
      '\u0000\u001f',
      'ß',
      'İ',
      '\ud800',
      '💧',
      'x'.repeat(300),
      '{{ x }}',
      '-',
    ];
    expect(await send(batchOf(apps.map((app) => ({ app }))))).toEqual({ kind: 'done', refused: [] });
  });

  test('a template is accepted, wins, and gives the declared types', async () => {
    const logstash = `${prefix}mirrord`;
    const options = { logstash_format: { prefix: logstash }, template: { fields: mirrord } };
    const { probe, send, said } = await sink(options);
    await probe();
    const event = {
      '@timestamp': TIME,
      fields: { message: 'Session End', session_duration: 1.5, port: 80 },
      kubernetes: { labels: { app: 'x', 'app.kubernetes.io/name': 'y' } },
      extra: 'keyword',
      looks_like: '2024-01-01',
      // OpenSearch refuses a document with such a leaf: flat_object has no ignore_above.
      _overflow: { 'a.b': 'z'.repeat(flavor === 'os2' ? 32_000 : 40_000), a: 1 },
    };
    expect(await send(batchOf([event]))).toEqual({ kind: 'done', refused: [] });
    const index = `${logstash}-2024.05.31`;
    const answer = await node.json<Record<string, { mappings: { properties: Record<string, unknown> } }>>(
      'GET',
      `${index}/_mapping`,
    );
    const { properties } = answer[index]!.mappings;
    expect(properties).toMatchObject({
      '@timestamp': { type: 'date' },
      extra: { type: 'keyword', ignore_above: 1024 },
      looks_like: { type: 'keyword' },
      _overflow: { type: flattened },
      fields: {
        properties: { session_duration: { type: 'double' }, port: { type: 'long' }, message: { type: 'keyword' } },
      },
      kubernetes: { properties: { labels: { type: flattened }, pod_ip: { type: 'ip' } } },
      log: { type: 'text' },
    });
    const again = await sink({ ...options, template: { ...options.template, version: 1 } });
    await again.probe();
    const puts = (run: typeof again) =>
      run.said.records.filter(({ message }) => message === 'index template put').length;
    expect([puts({ said } as typeof again), puts(again)]).toEqual([1, 0]);
    const newer = await sink({ ...options, template: { ...options.template, version: 2 } });
    await newer.probe();
    expect(puts(newer)).toBe(1);
  });

  test.runIf(flavor === 'os2')(
    'a long text in what is flattened is refused with its reason; flat_object has no limit',
    async () => {
      const { probe, send } = await sink({ index: `${prefix}long`, template: { name: `tailrace-${prefix}long` } });
      await probe();
      const verdict = await send(batchOf([{ _overflow: { a: 'z'.repeat(40_000) } }, { _overflow: { a: 'z' } }]));
      expect(verdict).toMatchObject({
        refused: [{ index: 0, retry: false, code: 'document_refused', message: expect.stringContaining('32766') }],
      });
      expect((await stored(`${prefix}long`)).length).toBe(1);
    },
  );

  test('an undeclared number may be whole here and broken there, in requests at once', async () => {
    const logstash = `${prefix}numbers`;
    const { probe, send } = await sink({ logstash_format: { prefix: logstash }, template: {}, id: 'none' });
    await probe();
    const numbers = Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 1 : 1.5));
    const verdicts = await Promise.all(numbers.map((n) => send(batchOf([{ '@timestamp': TIME, attributes: { n } }]))));
    expect(verdicts).toEqual(numbers.map(() => ({ kind: 'done', refused: [] })));
    await node.json('POST', `${logstash}-*/_refresh`);
    const found = await node.json<Hits>('GET', `${logstash}-*/_search?q=attributes.n:1.5&size=0`);
    expect(found.hits.total.value).toBe(12);
  });

  // The kit's es7 has no X-Pack, which data streams belong to there.
  test.skipIf(flavor === 'es7')('a data stream takes events, and refuses one without a time', async () => {
    const name = `logs-${prefix}stream`;
    const { send, probe } = await sink({ data_stream: name, template: { name: `tailrace-${prefix}stream` } });
    await probe();
    const verdict = await send(batchOf([{ '@timestamp': TIME, a: 1 }, { a: 2 }]));
    expect(verdict).toMatchObject({ refused: [{ index: 1, retry: false, code: 'document_refused' }] });
    const [first] = await stored(name);
    expect(first).toMatchObject({ _index: expect.stringMatching(/^\.ds-/), _source: { a: 1 } });
    const repeat = await send(batchOf([{ '@timestamp': TIME, a: 1 }]), { tried: true });
    expect(repeat).toEqual({ kind: 'done', refused: [], duplicates: 1 });
  });

  test('every type that can be declared is one that the server knows', async () => {
    const types = ['keyword', 'text', 'long', 'double', 'boolean', 'date', 'date_nanos', 'ip', 'object', 'flattened'];
    const fields = Object.fromEntries(types.map((type) => [`f.${type}`, { type }]));
    const { fieldsFrom } = await import('@tailrace/core');
    const body = elasticsearchTemplate(fieldsFrom(fields), { indexPatterns: [`${prefix}types`], product });
    await node.json('PUT', `_index_template/tailrace-${prefix}types`, body);
    const { send } = await sink({ index: `${prefix}types` });
    const f = {
      keyword: 'a',
      text: 'a',
      long: 1,
      double: 1.5,
      boolean: true,
      date: TIME,
      date_nanos: TIME,
      ip: '::1',
      object: { a: 1 },
      flattened: { a: 1 },
    };
    expect(await send(batchOf([{ f }]))).toEqual({ kind: 'done', refused: [] });
  });

  test('a missing ingest pipeline is told event by event', async () => {
    const { send } = await sink({ index: `${prefix}piped`, pipeline: 'no-such-pipeline' });
    expect(await send(batchOf([{ a: 1 }]))).toMatchObject({
      refused: [{ retry: false, code: 'document_refused', message: expect.stringContaining('no-such-pipeline') }],
    });
  });
});

describe.skipIf(access.skipped)('a node that takes little', () => {
  let node: Awaited<ReturnType<typeof startElasticsearch>>;
  beforeAll(async () => {
    node = await startElasticsearch({
      settings: {
        'action.auto_create_index': 'false',
        'http.max_content_length': '100kb',
        'indexing_pressure.memory.limit': '20kb',
      },
    });
  });
  afterAll(() => node.stop());

  async function send(options: object, events: readonly object[]) {
    const run = await sinkRun(elasticsearch, { nodes: [node.url], template: { enabled: false }, ...options });
    onTestFinished(() => run.sink.close?.());
    return run.send(batchOf(events));
  }

  test('an index that may not be created is named', async () => {
    expect(await send({ index: 'absent' }, [{ a: 1 }])).toMatchObject({
      kind: 'done',
      refused: [{ index: 0, retry: true, code: 'index_missing', subject: 'absent' }],
    });
  });

  test('a request beyond http.max_content_length is split', async () => {
    expect(await send({ index: 'absent' }, [{ a: 'x'.repeat(2_000_000) }])).toMatchObject({ kind: 'split' });
  });

  test('a request beyond the indexing pressure is sent again', async () => {
    await node.json('PUT', 'there');
    expect(await send({ index: 'there' }, [{ a: 'x'.repeat(50_000) }])).toMatchObject({
      kind: 'retry',
      code: 'server_busy',
    });
  });
});
