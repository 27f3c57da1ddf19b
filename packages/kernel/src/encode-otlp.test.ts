import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { damaged, eventsOf, guardedKernel, objectText } from './arbitrary.ts';
import { encodeOtlpLogs } from './encode-otlp.ts';
import { type TwinTime, twinRecord } from './otlp.twin.ts';
import { compileOtlpMapping, OTLP_TYPE, type OtlpLogMapping } from './otlp-mapping.ts';

const { k, checkGuards } = guardedKernel();

const MAPPING: OtlpLogMapping = {
  body: [['body'], ['message'], ['fields', 'message'], ['log']],
  severityText: [['severity_text'], ['level'], ['fields', 'level']],
  severityNumber: [['severity_number'], ['n']],
  traceId: [['trace_id'], ['fields', 'trace_id']],
  spanId: [['span_id']],
  flags: [['flags'], ['trace_flags']],
  traceparent: [['traceparent'], ['attributes', 'traceparent']],
  eventName: [['event_name']],
  resourcePaths: [
    { key: 'k8s.pod.name', path: ['kubernetes', 'pod_name'] },
    { key: 'service.name', path: ['service'] },
  ],
  resource: [
    { key: 'service.name', value: 'set' },
    { key: 'env', value: 'prod' },
  ],
  severities: { info: 9, warn: 13, error: 17 },
  types: [
    { path: ['a'], type: OTLP_TYPE.double },
    { path: ['b'], type: OTLP_TYPE.string },
    { path: ['c'], type: OTLP_TYPE.integer },
    { path: ['x'], type: OTLP_TYPE.boolean },
    { path: ['fields', 'a'], type: OTLP_TYPE.double },
  ],
  flatten: false,
};

const NOW = 1_800_000_000_123_456_789n;

const pack = (resource: Uint8Array, scope: Uint8Array): Uint8Array =>
  Buffer.concat([new Uint8Array(Uint32Array.of(resource.length).buffer), resource, scope]);

/** Encodes events, and takes the entries apart again. */
function encoded(
  texts: readonly (string | Uint8Array)[],
  mapping: OtlpLogMapping,
  times: readonly TwinTime[],
  room = 1 << 22,
) {
  const e = eventsOf(texts);
  const columns = {
    seconds: Float64Array.from(times, ({ nanoseconds }) => Number(nanoseconds / 1_000_000_000n)),
    nanos: Uint32Array.from(times, ({ nanoseconds }) => Number(nanoseconds % 1_000_000_000n)),
    flags: Uint8Array.from(times, ({ own }) => (own ? 1 : 0)),
  };
  const out = Buffer.alloc(room);
  const marks = new Uint32Array(texts.length);
  const compiled = compileOtlpMapping(mapping);
  const { count, used } = encodeOtlpLogs(k, e, columns, compiled, pack, NOW, 0, e.length, { out, outAt: 0, marks });
  checkGuards();
  const entries = Array.from({ length: count }, (_, i) => {
    const entry = out.subarray(i === 0 ? 0 : marks[i - 1], marks[i]);
    const envelope = entry.subarray(4, 4 + entry.readUInt32LE(0));
    const resourceEnd = 4 + envelope.readUInt32LE(0);
    return {
      resource: envelope.subarray(4, resourceEnd).toString('hex'),
      scope: envelope.subarray(resourceEnd).toString('hex'),
      record: entry.subarray(4 + envelope.length).toString('hex'),
    };
  });
  expect(used).toBe(count === 0 ? 0 : marks[count - 1]);
  return entries;
}

const hex = ({ resource, scope, record }: ReturnType<typeof twinRecord>) => ({
  resource: Buffer.from(resource).toString('hex'),
  scope: Buffer.from(scope).toString('hex'),
  record: Buffer.from(record).toString('hex'),
});

const OWN: TwinTime = { nanoseconds: 1_700_000_000_000_000_001n, own: true, now: NOW };

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const CASES: readonly string[] = [
  '{}',
  '{"@timestamp":"2024-01-01T00:00:00Z","message":"hello","level":"INFO","n":3}',
  '{"fields":{"message":"Port Steal","level":"warn","port":80,"a":1},"target":"t"}',
  '{"fields":{"message":"alone"}}',
  '{"body":null}',
  '{"message":null,"log":"a\\nb\\u00e9\\ud83d\\ude00\\ud800"}',
  '{"body":{"a":{"b":[1,2.5,"x",null,true,[],{}]}}}',
  `{"trace_id":"${TRACE.toUpperCase()}","span_id":"${SPAN}","flags":1}`,
  `{"trace_id":"${'0'.repeat(32)}","span_id":"xyz"}`,
  `{"trace_id":"${'0'.repeat(32)}","span_id":"${'0'.repeat(16)}","traceparent":"00-${TRACE}-${SPAN}-01"}`,
  '{"observed_timestamp":"2554-07-21T23:34:33.709551615Z"}',
  '{"observed_timestamp":"2554-07-21T23:34:33.709551616Z"}',
  `{"traceparent":"00-${TRACE}-${SPAN}-01","tracestate":"a=b"}`,
  `{"traceparent":"00-${TRACE}-${SPAN}-01x"}`,
  `{"traceparent":"cc-${TRACE}-${SPAN}-0f-more"}`,
  `{"traceparent":"ff-${TRACE}-${SPAN}-01"}`,
  `{"attributes":{"traceparent":"00-${TRACE}-${SPAN}-01"}}`,
  '{"flags":7,"other":1}',
  '{"flags":7}',
  '{"trace_flags":7,"other":1}',
  '{"observed_timestamp":"2024-01-01T00:00:00.5Z","dropped_attributes_count":3,"event_name":"e","severity_number":-1,"severity_text":"INFO"}',
  '{"severity_number":2147483648,"n":25,"level":"WARN"}',
  '{"resource":{"attributes":{"a":1,"service.name":"own"},"dropped_attributes_count":2,"schema_url":"u"},"scope":{"name":"n","version":"v","attributes":{"x":{"y":1}},"schema_url":"s","dropped_attributes_count":4294967295}}',
  '{"resource":{"other":1},"scope":"text","service":"svc","kubernetes":{"pod_name":"p","labels":{"x":1}}}',
  '{"resource":{"attributes":{"service.name":"own"}},"service":"svc","kubernetes":{"pod_name":"p"}}',
  '{"attributes":{"a":1,"b":2,"\\u0063":3,"message":"in"},"c":"out","b":"out","message":"lifted"}',
  '{"resource":{"attributes":{"z":1}}}',
  '{"resource":{"attributes":{"z":2}}}',
  '{"scope":{"name":"z"}}',
  '{"scope":{"name":"y"}}',
  '{"service":"z"}',
  '{"service":"y"}',
  '{"resource":{},"scope":{}}',
  '{"a":5,"b":5,"c":"12","x":"true","d":{"a":"x"},"fields":{"a":"1e3"}}',
  '{"a":[1,"2",null],"b":[true,1.5],"c":5.0,"x":[true,"false","no"]}',
  '{"c":1.5}',
  '{"c":[1e3,1.0,-7.00,99999999999999999999]}',
  '{"s":{"$double":"NaN"},"t":{"$double":"-Infinity"},"u":{"$double":"Infinity"},"v":{"$double":"1"},"w":{"$bytes":"AAEC/w=="},"y":{"$bytes":"A"},"z":{"$$double":"NaN"},"q":{"$$$bytes":{"$$bytes":1}},"r":{"$bytes":"AA\\/="}}',
  '{"attributes":{"$double":"NaN"}}',
  '{"attributes":{"$$double":"NaN"}}',
  '{"k":{"$double":"NaN","x":1},"l":[{"$bytes":""}]}',
  '{"d":[0.1,-0.0,1e22,1e23,123456789012345678,0.30000000000000004,1.7976931348623157e308,5e-324,2.5e-5,1e400,-9223372036854775808,9223372036854775807,9223372036854775808,-0]}',
  '{"m":1,"m":2,"n":{"z":1,"z":{"z":2,"z":3}},"m":{"m":1}}',
  '{"fields":{"message":"gone"},"fields":{"x":1},"\\u006d":1,"m":2}',
  '{"message":"first","message":"second","attributes":[1],"attributes":{"k":1}}',
  `{"${'long'.repeat(10)}":1,"${'long'.repeat(10)}":2,"${'long'.repeat(11)}":3}`,
  '{"@timestamp":"garbage","observed_timestamp":"2024-02-30T00:00:00Z"}',
  '{"@timestamp":"2024-01-01T00:00:00.5+0000","observed_timestamp":"2024-01-02 03:04"}',
  '{"@timestamp":"2024-01-01Z","observed_timestamp":"1969"}',
];

test.each([OWN, { ...OWN, own: false }])('cases become what the twin makes of them (%o)', (time) => {
  const got = encoded(
    CASES,
    MAPPING,
    CASES.map(() => time),
  );
  for (const [i, text] of CASES.entries())
    expect({ text, ...got[i] }).toEqual({ text, ...hex(twinRecord(text, MAPPING, time)) });
});

const KEYS = [
  'message',
  'level',
  'fields',
  'body',
  'attributes',
  'resource',
  'scope',
  'flags',
  'trace_id',
  'kubernetes',
  'service',
];
const eventText = fc.oneof(
  objectText,
  fc
    .array(
      fc.tuple(fc.constantFrom(...KEYS), fc.oneof(objectText, fc.constantFrom('"x"', '1', 'null', '"INFO"', '[]'))),
      { maxLength: 6 },
    )
    .map((members) => `{${members.map(([key, value]) => `"${key}":${value}`).join(',')}}`),
);

describe.each([
  ['attributes', {}],
  ['flat attributes', { flatten: true }],
  ['a body', { body: 'event' as const }],
])('with %s', (_name, more) => {
  const mapping = { ...MAPPING, ...more };
  test('any events become what the twin makes of them', () => {
    const property = fc.property(fc.array(eventText, { minLength: 1, maxLength: 8 }), fc.boolean(), (texts, own) => {
      const time = { ...OWN, own };
      expect(
        encoded(
          texts,
          mapping,
          texts.map(() => time),
        ),
      ).toEqual(texts.map((text) => hex(twinRecord(text, mapping, time))));
    });
    fc.assert(property, { numRuns: 120 });
  });
});

test('damaged text is written or not, but nothing is touched that is not ours', () => {
  const property = fc.property(damaged(eventText), (text) => {
    encoded([text], MAPPING, [OWN]);
  });
  fc.assert(property, { numRuns: 150 });
});

test('a body of any size takes the first entries whole, and nothing behind them is touched', () => {
  const texts = Array.from(
    { length: 12 },
    (_, i) => `{"message":"${'m'.repeat(i)}","service":"s${i >> 2}","d":0.12345678901234567}`,
  );
  const e = eventsOf(texts, 3);
  const columns = { seconds: new Float64Array(12), nanos: new Uint32Array(12), flags: new Uint8Array(12) };
  const compiled = compileOtlpMapping(MAPPING);
  const encode = (room: number, count: number, from: number) => {
    const out = new Uint8Array(7 + room).fill(1);
    const marks = new Uint32Array(count);
    const written = encodeOtlpLogs(k, e, columns, compiled, pack, NOW, from, e.length, { out, outAt: 7, marks });
    expect(out.subarray(7 + written.used).every((byte) => byte === 1)).toBe(true);
    checkGuards();
    return { ...written, marks, bytes: Buffer.from(out.subarray(7, 7 + written.used)) };
  };
  const all = encode(1 << 16, 12, 0);
  expect(all.count).toBe(12);
  const ends = [...all.marks].map((mark) => mark - 7);
  for (const room of [0, 1, ends[0]! - 1, ends[0]!, ends[4]! - 1, ends[4]!, ends[4]! + 1]) {
    const part = encode(room, 12, 0);
    expect(part.count).toBe(ends.filter((end) => end <= room).length);
    expect(part.bytes.equals(all.bytes.subarray(0, part.used))).toBe(true);
  }
  expect(encode(1 << 16, 5, 0).count).toBe(5);
  expect(encode(1 << 16, 12, 5).bytes.equals(all.bytes.subarray(ends[4]))).toBe(true);
});

test('more envelopes than the table holds, each its own', () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `{"service":"s${i}","x":${i}}`);
  const entries = encoded(
    texts,
    MAPPING,
    texts.map(() => OWN),
  );
  for (const i of [0, 2047, 2048, 2049, 4999]) expect(entries[i]).toEqual(hex(twinRecord(texts[i]!, MAPPING, OWN)));
  expect(new Set(entries.map(({ resource }) => resource)).size).toBe(5000);
});

test('what cannot be written is left to the caller, and the event behind it can be', () => {
  const oversize = `{"message":"${'x'.repeat(4 << 20)}"}`;
  const tooMany = `{"a":[${'1,'.repeat(300_000)}1]}`;
  const largeResource = `{"service":"${'x'.repeat(3 << 20)}"}`;
  for (const text of [oversize, tooMany, largeResource, 'no JSON']) {
    expect(encoded([text, '{"x":1}'], MAPPING, [OWN, OWN], 1 << 23)).toEqual([]);
    expect(encoded(['{"x":1}', text], MAPPING, [OWN, OWN], 1 << 23).length).toBe(1);
  }
});

test('large events: a text of megabytes, an object with many keys, as many doubles', () => {
  const members = Array.from({ length: 50_000 }, (_, i) => `"key${i % 40_000}":${i}.123456789012345678`);
  const texts = [`{"message":"${'a\\n'.repeat(1 << 20)}"}`, `{"o":{${members.join(',')}}}`];
  const entries = encoded(texts, MAPPING, [OWN, OWN], 1 << 24);
  for (const [i, text] of texts.entries())
    expect(entries[i]!.record === hex(twinRecord(text, MAPPING, OWN)).record).toBe(true);
});
