import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutRequest,
  type Entry,
  joinPlaced,
  joinRequest,
  logEvents,
  OtlpError,
  type OtlpSignal,
  unpackEnvelope,
} from './index.ts';
import { encodeWith, oracleRequest, oracleType } from './oracle.fixture.ts';
import { entriesOf, recordsOf } from './records.fixture.ts';
import { anyRequest } from './samples.fixture.ts';

const SIGNALS: readonly OtlpSignal[] = ['logs', 'metrics', 'traces'];

const bytesOf = (signal: OtlpSignal, request: object) => encodeWith(oracleRequest(signal), request);
/** A field with a length, as bytes. */
const field = (number: number, content: Uint8Array) => Uint8Array.of((number << 3) | 2, content.length, ...content);
const ascii = (text: string) => new TextEncoder().encode(text);
/** A field that no version of OTLP has. */
const UNKNOWN = Uint8Array.of(0xf8, 0x3f, 0x2a);
const log = (record: Uint8Array) => field(1, field(2, field(2, record)));

/** Entries in one piece of bytes, and where they stand. */
function placed(entries: readonly Entry[]): [Uint8Array, Uint32Array] {
  let at = 0;
  const places = entries.flatMap(({ envelope, record }) => {
    const start = at + 4;
    at = start + envelope.length + record.length;
    return [start, start + envelope.length, at];
  });
  const pieces = entries.flatMap(({ envelope, record }) => [new Uint8Array(4), envelope, record]);
  return [Buffer.concat(pieces), Uint32Array.from(places)];
}

describe.each(SIGNALS)('%s', (signal) => {
  test('a request that is cut and joined says the same', () => {
    fc.assert(
      fc.property(anyRequest(signal), (request) => {
        const body = bytesOf(signal, request);
        const cut = cutRequest(signal, body);
        const entries = entriesOf(cut);
        const joined = joinRequest(signal, entries);
        expect(recordsOf(signal, joined)).toEqual(recordsOf(signal, body));
        expect(joinPlaced(signal, ...placed(entries))).toEqual(joined);
        expect(new Set(cut.envelopes.map(String)).size).toBe(cut.envelopes.length);
        const size = entries.reduce((sum, entry) => sum + 4 + entry.envelope.length + entry.record.length, 0);
        expect(joined.length).toBeLessThanOrEqual(size);
      }),
      { numRuns: 100 },
    );
  });

  test('bytes that are changed or cut short are refused, or read as something that joins again', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.option(fc.nat(), { freq: 3 }) });
    fc.assert(
      fc.property(anyRequest(signal), fc.array(change, { minLength: 1, maxLength: 4 }), (request, changes) => {
        const body = bytesOf(signal, request);
        let changed = body;
        for (const { at, byte, cut } of changes) {
          if (changed.length === 0) continue;
          changed[at % changed.length] = byte;
          if (cut !== null) changed = changed.subarray(0, cut % (changed.length + 1));
        }
        survives(signal, changed);
      }),
      { numRuns: 200 },
    );
  });

  test('any bytes are refused, or read as something that joins again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => survives(signal, body)),
      { numRuns: 200 },
    );
  });

  test('an empty request has no records', () => {
    expect(cutRequest(signal, new Uint8Array()).length).toBe(0);
    expect(joinRequest(signal, [])).toEqual(new Uint8Array());
  });
});

function survives(signal: OtlpSignal, body: Uint8Array): void {
  let entries: ReturnType<typeof entriesOf>;
  try {
    entries = entriesOf(cutRequest(signal, body));
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpError);
    expect((error as OtlpError).offset).toBeLessThanOrEqual(body.length);
    return;
  }
  const joined = joinRequest(signal, entries);
  const again = entriesOf(cutRequest(signal, joined));
  const texts = (list: typeof entries) => list.map(({ envelope, record }) => `${envelope}|${record}`).sort();
  expect(texts(again)).toEqual(texts(entries));
}

test('records keep their bytes, unknown fields included, and so does all above them', () => {
  const record = Uint8Array.of(...field(5, ascii('name')), ...UNKNOWN);
  const scope = Uint8Array.of(...UNKNOWN, ...field(2, record), ...field(3, ascii('s')));
  const resource = Uint8Array.of(...field(3, ascii('r')), ...field(2, scope), ...UNKNOWN);
  const cut = cutRequest('traces', Uint8Array.of(...field(1, resource), ...UNKNOWN));
  expect(entriesOf(cut).map((entry) => entry.record)).toEqual([record]);
  expect(unpackEnvelope(cut.envelopes[0]!)).toEqual({
    resource: Uint8Array.of(...field(3, ascii('r')), ...UNKNOWN),
    scope: Uint8Array.of(...UNKNOWN, ...field(3, ascii('s'))),
  });
  const joined = Uint8Array.of(
    ...field(3, ascii('r')),
    ...UNKNOWN,
    ...field(2, Uint8Array.of(...UNKNOWN, ...field(3, ascii('s')), ...field(2, record))),
  );
  expect(joinRequest('traces', entriesOf(cut))).toEqual(field(1, joined));
});

test('records of equal resources and scopes stand together, wherever they came from', () => {
  const one = (name: string, body: string) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: name } }] },
    scopeLogs: [{ scope: { name: 's' }, logRecords: [{ body: { stringValue: body } }] }],
  });
  const bodies = [one('a', '1'), one('b', '2'), one('a', '3')];
  const cut = cutRequest('logs', bytesOf('logs', { resourceLogs: bodies }));
  expect([...cut.envelope]).toEqual([0, 1, 0]);
  const joined = joinRequest('logs', entriesOf(cut));
  const expected = [one('a', '1'), one('b', '2')];
  expected[0]!.scopeLogs[0]!.logRecords.push({ body: { stringValue: '3' } });
  expect(joined).toEqual(bytesOf('logs', { resourceLogs: expected }));
});

test('the times of records', () => {
  const times = (signal: OtlpSignal, request: object) => {
    const { seconds, nanos } = cutRequest(signal, bytesOf(signal, request));
    return Array.from(seconds, (s, i) => [s, nanos[i]]);
  };
  const logRecords = [
    { timeUnixNano: '1704067200123456789', observedTimeUnixNano: '1' },
    { observedTimeUnixNano: '18446744073709551615' },
    {},
  ];
  expect(times('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] })).toEqual([
    [1704067200, 123456789],
    [18446744073, 709551615],
    [0, 0],
  ]);
  const spans = [{ startTimeUnixNano: '1000000001', endTimeUnixNano: '3000000000' }];
  expect(times('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] })).toEqual([[1, 1]]);
  const metrics = [{ summary: { dataPoints: [{ startTimeUnixNano: '7', timeUnixNano: '2999999999' }] } }];
  expect(times('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })).toEqual([[2, 999999999]]);
});

test('of several kinds of data in a metric the last one stands, and data of one kind are merged', () => {
  const type = oracleType('metrics.v1.Metric');
  const data = (kind: string, flags: number[]) =>
    encodeWith(type, { [kind]: { dataPoints: flags.map((value) => ({ flags: value })) } });
  const metric = Uint8Array.of(...data('gauge', [1]), ...data('sum', [2]), ...data('sum', [3]));
  const body = field(1, field(2, field(2, metric)));
  const cut = cutRequest('metrics', body);
  expect(cut.length).toBe(2);
  expect(unpackEnvelope(cut.envelopes[0]!).metric?.kind).toBe('sum');
  expect(recordsOf('metrics', joinRequest('metrics', entriesOf(cut)))).toEqual(recordsOf('metrics', body));
});

describe('what is refused, and where', () => {
  const nested = (levels: number) => {
    let value = new Uint8Array();
    for (let k = 0; k < levels; k++) {
      const length = [(value.length & 0x7f) | 0x80, (value.length >> 7) | 0];
      value = Uint8Array.of(k % 2 === 0 ? 0x0a : 0x2a, ...length, ...value);
    }
    return value;
  };
  const long = (number: number, content: Uint8Array) =>
    Uint8Array.of((number << 3) | 2, (content.length & 0x7f) | 0x80, content.length >> 7, ...content);
  test.each([
    [
      'a length beyond the end',
      Uint8Array.of(0x0a, 5, 1),
      /length of 5 bytes reaches beyond its message \(at byte 1\)/,
    ],
    [
      'text that is not UTF-8',
      log(field(3, Uint8Array.of(0x61, 0xff))),
      /logs\.LogRecord\.severityText is not UTF-8 \(at byte 9\)/,
    ],
    ['a surrogate', log(field(3, Uint8Array.of(0xed, 0xa0, 0x80))), /not UTF-8/],
    ['a wrong wire type', log(Uint8Array.of(0x08, 1)), /timeUnixNano has wire type 0 instead of 1/],
    ['a field 0', Uint8Array.of(0), /number 0/],
    [
      'an end of a group that did not begin',
      Uint8Array.of(0x0c),
      /wire type 4 does not begin a value|wire type 4 instead of 2/,
    ],
    ['a group without end', Uint8Array.of(0x9b, 0x3f, 0x08, 1), /end within a number/],
    ['a number of more than 64 bits', Uint8Array.of(0xf8, 0x3f, ...Array(9).fill(0xff), 2), /more than 64 bits/],
    ['values within one another', long(1, long(2, long(2, long(5, nested(100))))), /more than 100 messages/],
    ['groups within one another', new Uint8Array(1000).fill(0x13), /more than 100 messages|wire type 3 instead of 2/],
    [
      'groups of unknown fields within one another',
      Uint8Array.from({ length: 1000 }, (_, i) => (i % 2 ? 0x3f : 0x9b)),
      /more than 100 messages/,
    ],
  ])('%s', (_, body, message) => {
    expect(() => cutRequest('logs', body)).toThrow(OtlpError);
    expect(() => cutRequest('logs', body)).toThrow(message);
  });

  test('but values that nest less deep are taken', () => {
    expect(cutRequest('logs', long(1, long(2, long(2, long(5, nested(96)))))).length).toBe(1);
  });

  test('an envelope that is none', () => {
    expect(() => unpackEnvelope(new Uint8Array(3))).toThrow(OtlpError);
    expect(() => unpackEnvelope(new Uint8Array(13))).toThrow(/contradicts/);
    const logEnvelope = cutRequest('logs', log(new Uint8Array())).envelopes[0]!;
    expect(() => joinRequest('metrics', [{ envelope: logEnvelope, record: new Uint8Array() }])).toThrow(OtlpError);
  });

  test('more than a million records: what is kept for each is many times the two bytes that one can have', () => {
    const records = new Uint8Array(2_000_002).fill(0);
    for (let i = 0; i < records.length; i += 2) records[i] = 0x12;
    const varint = (n: number) => [(n & 0x7f) | 0x80, ((n >> 7) & 0x7f) | 0x80, ((n >> 14) & 0x7f) | 0x80, n >> 21];
    const scope = [0x12, ...varint(records.length)];
    const head = [0x0a, ...varint(records.length + scope.length), ...scope];
    const body = new Uint8Array(head.length + records.length);
    body.set(head);
    body.set(records, head.length);
    expect(() => cutRequest('logs', body)).toThrow(/more than 1000000 records/);
    expect(() => logEvents(body, { seconds: 0, nanos: 0 })).toThrow(/more than 1000000 records/);
  });
});
