import { ByteWriter, ConfigError, path } from '@tailrace/core';
import { batchOf, batchOfTexts, sinkRun } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elasticsearch } from './elasticsearch.ts';

const MAY = { '@timestamp': '2024-05-31T23:59:59.5Z' };
const JUNE = { '@timestamp': '2024-06-01T00:00:00Z' };

/** The bulk body of the given events, line by line. */
async function linesOf(options: object, ...args: Parameters<typeof batchOf>): Promise<string[]> {
  const { encode } = await sinkRun(elasticsearch, { template: { enabled: false }, ...options });
  const text = Buffer.from(encode(batchOf(...args)).bytes).toString();
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

async function indicesOf(options: object, ...args: Parameters<typeof batchOf>): Promise<string[]> {
  const lines = await linesOf(options, ...args);
  return lines.filter((_, i) => i % 2 === 0).map((line) => JSON.parse(line).create._index);
}

async function refusalOf(options: object): Promise<string> {
  const error: unknown = await sinkRun(elasticsearch, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError but ${String(error)}`);
  return `${error.at.join('.')}: ${error.message}`;
}

test('by default events go to logstash-YYYY.MM.DD with ids of their positions', async () => {
  expect(await linesOf({}, [MAY, { ...JUNE, log: 'ä' }])).toEqual([
    '{"create":{"_index":"logstash-2024.05.31","_id":"streamstreamstre-000000000000"}}',
    '{"@timestamp":"2024-05-31T23:59:59.5Z"}',
    '{"create":{"_index":"logstash-2024.06.01","_id":"streamstreamstre-000000000064"}}',
    '{"@timestamp":"2024-06-01T00:00:00Z","log":"ä"}',
  ]);
});

test('an event without a time goes to the index of the time its stream was first seen', async () => {
  const firstSeen = Date.parse('2023-02-03T00:00:00Z') / 1000;
  expect(await indicesOf({}, [{ log: 'x' }], { firstSeen })).toEqual(['logstash-2023.02.03']);
});

test('prefix, separator, hours and weeks', async () => {
  const format = { prefix: 'mirrord', separator: '_', date: 'YYYY.MM.DD.HH' };
  expect(await indicesOf({ logstash_format: format }, [MAY])).toEqual(['mirrord_2024.05.31.23']);
  expect(await indicesOf({ logstash_format: { date: 'GGGG.WW' } }, [MAY])).toEqual(['logstash-2024.22']);
});

test('a data stream has one name', async () => {
  expect(await indicesOf({ data_stream: 'logs-a-b' }, [MAY, JUNE])).toEqual(['logs-a-b', 'logs-a-b']);
  expect(await indicesOf({ data_stream: { dataset: 'mirrord' } }, [MAY])).toEqual(['logs-mirrord-default']);
});

test('`id: none` leaves ids to the server, `op_type: index` replaces', async () => {
  expect((await linesOf({ id: 'none', index: 'x' }, [{}]))[0]).toBe('{"create":{"_index":"x"}}');
  expect((await linesOf({ op_type: 'index', index: 'x' }, [{}]))[0]).toMatch('{"index":{"_index":"x","_id":');
});

test('an index name is made of fields and dates', async () => {
  const index = 'logs-{{ kubernetes.namespace_name }}-{{YYYY.MM}}';
  const inNamespace = (namespace_name: unknown) => ({ ...MAY, kubernetes: { namespace_name } });
  const names = ['Prod', 'a b/c,d"e\\f', 7, true, 12345678901234567890n.toString(), 'ä', '\u0001:#'].map(inNamespace);
  expect(await indicesOf({ index }, names)).toEqual([
    'logs-prod-2024.05',
    'logs-a_b_c_d_e_f-2024.05',
    'logs-7-2024.05',
    'logs-true-2024.05',
    'logs-12345678901234567890-2024.05',
    'logs-ä-2024.05',
    'logs-___-2024.05',
  ]);
  const lacking = [null, {}, [], ''].map(inNamespace);
  expect(await indicesOf({ index, index_fallback: 'None' }, [{ ...MAY }, ...lacking])).toEqual(
    Array(5).fill('logs-none-2024.05'),
  );
});

test('a name that begins badly or is too long is mended', async () => {
  const options = { index: '{{ app }}{{ more }}', index_fallback: '-' };
  const long = 'ä'.repeat(200);
  const names = await indicesOf(options, [
    { app: '_x', more: 'y' },
    { app: '.', more: '.' },
    { app: long, more: 'x' },
  ]);
  expect(names).toEqual(['x_xy', 'x..', 'ä'.repeat(127)]);
});

test('edits made before the sink are in the body and in the index name', async () => {
  const { encode } = await sinkRun(elasticsearch, { index: 'a-{{ app }}' });
  const batch = batchOf([{ app: 'old' }]);
  batch.table(path('app'));
  batch.set(0, path('app'), 'new');
  expect(Buffer.from(encode(batch).bytes).toString()).toBe(
    '{"create":{"_index":"a-new","_id":"streamstreamstre-000000000000"}}\n{"app":"new"}\n',
  );
});

test('every name made of any values is legal', async () => {
  const { encode } = await sinkRun(elasticsearch, { index: '{{ a }}{{ b }}', template: { enabled: false } });
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('.', '..', '-', '+', '_', '\ud800'),
  );
  fc.assert(
    fc.property(value, value, (a, b) => {
      const text = Buffer.from(encode(batchOf([{ a, b }])).bytes).toString();
      const name = JSON.parse(text.slice(0, text.indexOf('\n'))).create._index as string;
      expect(name).not.toMatch(/[\\/*?"<>| ,#:]|^[-_+]|^\.{1,2}$|^$/);
      expect(name).toBe(name.toLowerCase());
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    }),
    { numRuns: 200 },
  );
});

test('bodies end at the limits and go on where they ended', async () => {
  const { sink } = await sinkRun(elasticsearch, { max_bytes: 1000, max_events: 4, index: 'x-{{ n }}' });
  const batch = batchOf(Array.from({ length: 10 }, (_, n) => ({ n, text: 'y'.repeat(n * 30) })));
  const bodies: string[] = [];
  for (let at = 0; at < batch.length; ) {
    const writer = new ByteWriter(sink.limits.bytes, sink.limits.events);
    const half = Math.min(batch.length, at + 1);
    sink.encode(batch, at, half, writer);
    at = sink.encode(batch, half, batch.length, writer);
    expect(writer.marks[writer.entries - 1]).toBe(writer.used);
    expect(writer.used).toBeLessThanOrEqual(1000);
    bodies.push(Buffer.from(writer.bytes.subarray(0, writer.used)).toString());
  }
  const events = bodies
    .join('')
    .split('\n')
    .filter((_, i) => i % 2 === 1);
  expect(bodies[0]!.split('\n').length).toBe(2 * 4 + 1);
  expect(events).toEqual(Array.from({ length: 10 }, (_, i) => batch.text(i)));
});

test('events keep their bytes', async () => {
  const text = '{"a":12345678901234567890,"b":1.10}';
  const { encode } = await sinkRun(elasticsearch, {});
  expect(Buffer.from(encode(batchOfTexts([text])).bytes).toString()).toContain(`\n${text}\n`);
});

test.each<[object, string]>([
  [{ index: 'a', data_stream: 'b' }, 'index: cannot stand beside `data_stream`: both say which index is written to'],
  [{ index: 'Logs' }, 'index: "Logs" cannot stand in an index name: write it in lower case'],
  [{ index: 'a b' }, 'index: "a b" cannot stand in an index name: it holds " "'],
  [{ index: '_a' }, 'index: an index name cannot begin with "_", as "_a" does'],
  [{ index: 'a-{{ b' }, 'index: "a-{{ b" cannot stand in an index name: it holds " "'],
  [{ index: 'a-{{b' }, 'index: "a-{{b" holds a brace that belongs to no {{ … }}'],
  [{ index: 'a-{{ %Y.%m }}' }, 'index: {{ %Y.%m }} is no date: write it with YYYY, MM, DD, HH, or GGGG and WW'],
  [
    { index: 'a-{{ a..b }}' },
    'index: {{ a..b }} is neither a date such as YYYY.MM.DD nor a field: field path "a..b", column 3: expected a key (quote one that holds . " [ ] or white space)',
  ],
  [{ index: 'a'.repeat(256) }, 'index: is longer than 255 bytes'],
  [
    { index: '{{ app }}' },
    'index: must begin with fixed text, or its template would be for every index: add some, or set `template.enabled: false`',
  ],
  [
    { logstash_format: { date: '%Y.%m.%d' } },
    'logstash_format.date: must be made of YYYY, MM, DD, HH, GGGG and WW, such as YYYY.MM.DD, is "%Y.%m.%d"',
  ],
  [
    { logstash_format: { prefix: 'A' } },
    'logstash_format.prefix: "A-" cannot stand in an index name: write it in lower case',
  ],
  [{ data_stream: 'x', op_type: 'index' }, 'op_type: must be `create` for a data stream, which takes nothing else'],
])('refused: %#', async (options, message) => {
  expect(await refusalOf(options)).toBe(message);
});
