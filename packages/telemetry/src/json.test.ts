import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutRequest,
  joinRequest,
  OtlpError,
  type OtlpSignal,
  recordToJson,
  requestFromJson,
  requestToJson,
} from './index.ts';
import { decodeWith, encodeWith, oracleRequest, oracleType } from './oracle.fixture.ts';
import { entriesOf, recordsOf } from './records.fixture.ts';
import { anyRequest } from './samples.fixture.ts';

const SIGNALS: readonly OtlpSignal[] = ['logs', 'metrics', 'traces'];
const utf8 = (text: string) => new TextEncoder().encode(text);
const print = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe.each(SIGNALS)('%s', (signal) => {
  test('JSON and protobuf say the same', () => {
    fc.assert(
      fc.property(anyRequest(signal), (request) => {
        const body = encodeWith(oracleRequest(signal), request);
        const json = requestToJson(signal, body);
        JSON.parse(print(json));
        const again = requestFromJson(signal, json);
        expect(decodeWith(oracleRequest(signal), again)).toEqual(decodeWith(oracleRequest(signal), body));
        expect(recordsOf(signal, again)).toEqual(recordsOf(signal, body));
      }),
      { numRuns: 150 },
    );
  });

  test('the JSON is what OTLP says: the mapping of protobuf, but for ids and enums', () => {
    fc.assert(
      fc.property(anyRequest(signal), (request) => {
        const body = encodeWith(oracleRequest(signal), request);
        const oracle = oracleRequest(signal).toObject(oracleRequest(signal).decode(body), {
          longs: String,
          bytes: String,
          json: true,
        });
        // JSON.stringify has no -0.
        const json = print(requestToJson(signal, body));
        const plain: unknown = JSON.parse(json, (_, value: unknown) => (value === 0 ? 0 : value));
        expect(plain).toEqual(JSON.parse(JSON.stringify(hexIds(oracle))));
      }),
      { numRuns: 60 },
    );
  });

  test('text and bytes that are changed or cut short are refused, or read as a request', () => {
    const change = fc.record({
      at: fc.nat(),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...utf8('{}[]",:\\0'))),
      cut: fc.option(fc.nat(), { freq: 4 }),
    });
    fc.assert(
      fc.property(anyRequest(signal), fc.array(change, { minLength: 1, maxLength: 3 }), (request, changes) => {
        const body = encodeWith(oracleRequest(signal), request);
        for (const original of [body, requestToJson(signal, body)]) {
          let changed = original.slice();
          for (const { at, byte, cut } of changes) {
            if (changed.length === 0) continue;
            changed[at % changed.length] = byte;
            if (cut !== null) changed = changed.subarray(0, cut % (changed.length + 1));
          }
          survives(signal, changed);
        }
      }),
      { numRuns: 150 },
    );
  });
});

function survives(signal: OtlpSignal, input: Uint8Array): void {
  try {
    cutRequest(signal, requestFromJson(signal, input));
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpError);
    expect((error as OtlpError).offset).toBeLessThanOrEqual(input.length);
  }
  try {
    JSON.parse(print(requestToJson(signal, input)));
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpError);
  }
}

/** The oracle has base64 for all bytes. */
function hexIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hexIds);
  if (typeof value !== 'object' || value === null) return value;
  const isId = (name: string) => /^(traceId|spanId|parentSpanId)$/.test(name);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isId(name) ? Buffer.from(inner as string, 'base64').toString('hex') : hexIds(inner),
    ]),
  );
}

const log = (record: string) => utf8(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`);
const recordOf = (text: string): Record<string, unknown> => {
  const [entry] = entriesOf(cutRequest('logs', requestFromJson('logs', log(text))));
  return decodeWith(oracleType('logs.v1.LogRecord'), entry!.record);
};

describe('what a sender may write', () => {
  test.each([
    ['an integer as a number', '{"body":{"intValue":-5}}', { body: { intValue: '-5' } }],
    [
      'an integer as text',
      '{"body":{"intValue":"9223372036854775807"}}',
      { body: { intValue: '9223372036854775807' } },
    ],
    [
      'a number of 64 bits that no double holds',
      '{"timeUnixNano":18446744073709551615}',
      { timeUnixNano: '18446744073709551615' },
    ],
    ['an integer with an exponent', '{"flags":1e2}', { flags: 100 }],
    ['a double as an integer', '{"body":{"doubleValue":5}}', { body: { doubleValue: 5 } }],
    ['a double as text', '{"body":{"doubleValue":"-Infinity"}}', { body: { doubleValue: -Infinity } }],
    ['ids in any case', '{"spanId":"A1a2a3a4a5a6a7A8"}', { spanId: 'oaKjpKWmp6g=' }],
    ['base64 for URLs, without padding', '{"body":{"bytesValue":"-_8"}}', { body: { bytesValue: '+/8=' } }],
    ['null for what is absent', '{"body":null,"attributes":null,"severityText":"x"}', { severityText: 'x' }],
    [
      'unknown members',
      '{"later":{"a":[1,{"b":"\\u00e9"},[],{}]},"severity_text":"snake","eventName":"e"}',
      { eventName: 'e' },
    ],
    ['half a surrogate pair', '{"severityText":"a\\ud83d"}', { severityText: 'a\ufffd' }],
    ['escapes', '{"severityText":"\\u0000\\n\\ud83d\\ude00"}', { severityText: '\0\n😀' }],
    ['an empty value', '{"body":{}}', { body: {} }],
    ['white space', ' { "flags" : 1 , "attributes" : [ ] } \n', { flags: 1 }],
  ])('%s', (_, text, expected) => {
    expect(recordOf(text)).toEqual(expected);
  });

  test('nothing at all', () => {
    expect(requestFromJson('traces', utf8(' {} '))).toEqual(new Uint8Array());
  });
});

describe('what is refused, and where', () => {
  const bad = (text: string) => () => requestFromJson('logs', log(text));
  test.each([
    ['the name of an enum', '{"severityNumber":"INFO"}', /severityNumber is a number: OTLP\/JSON has no names/],
    ['an id that is no hex', '{"traceId":"xyz"}', /traceId is not pairs of hexadecimal digits/],
    ['bytes that are no base64', '{"body":{"bytesValue":"*"}}', /bytesValue is not base64/],
    ['a fraction', '{"flags":1.5}', /flags is not an integer/],
    ['too large a number', '{"flags":4294967296}', /flags is not between 0 and 4294967295/],
    ['a negative time', '{"timeUnixNano":"-1"}', /timeUnixNano is not between/],
    ['a number of many digits', `{"timeUnixNano":${'9'.repeat(100_000)}}`, /timeUnixNano is not an integer/],
    ['a number that no double holds', '{"body":{"doubleValue":1e999}}', /not a number that a double holds/],
    ['a hexadecimal number', '{"flags":"0x10"}', /flags is not an integer/],
    ['a number that JSON has not', '{"flags":01}', /not a number as JSON has it/],
    ['two values', '{"body":{"intValue":1,"stringValue":"x"}}', /AnyValue has more than one value/],
    ['a member twice', '{"flags":1,"flags":1}', /flags is there twice/],
    ['an object for a text', '{"severityText":{}}', /severityText is text in quotes/],
    ['an object for an array', '{"attributes":{}}', /attributes is an array/],
    ['a text for an object', '{"body":"text"}', /body is an object/],
    ['null in an array', '{"attributes":[null]}', /attributes is an object/],
    ['a text that is a boolean', '{"body":{"boolValue":"true"}}', /boolValue is true or false/],
    ['a control character', '{"severityText":"\n"}', /control character/],
    ['an escape that is none', '{"severityText":"\\x"}', /escape that JSON does not know/],
    ['no comma', '{"flags":1 "body":{}}', /without a comma/],
    ['a comma too many', '{"flags":1,}', /no name in quotes/],
    ['a word that is none', '{"flags":nul}', /no value of JSON begins here/],
    [
      'deep values',
      `{"body":${'{"arrayValue":{"values":['.repeat(60)}{}${']}}'.repeat(60)}}`,
      /more than 100 messages/,
    ],
    ['deep unknown members', `{"x":${'['.repeat(100_000)}`, /more than 1000 arrays/],
  ])('%s', (_, text, message) => {
    expect(bad(text)).toThrow(OtlpError);
    expect(bad(text)).toThrow(message);
  });

  test.each([
    ['an array', '[]', /a request is a JSON object \(at byte 0\)/],
    ['something behind it', '{} {}', /something stands behind the request \(at byte 3\)/],
    ['nothing', '', /the text ends|no value/],
    ['half of it', '{"resourceLogs":[', /the text ends \(at byte 17\)/],
  ])('%s', (_, text, message) => {
    expect(() => requestFromJson('logs', utf8(text))).toThrow(message);
  });

  test('bytes that are not UTF-8', () => {
    expect(() => requestFromJson('logs', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toThrow(
      /not UTF-8 \(at byte 2\)/,
    );
    expect(() => requestFromJson('logs', Uint8Array.of(0x7b, 0x22, 0x61))).toThrow(/no end: the text ends/);
  });
});

test('fields that come twice in protobuf come once in JSON', () => {
  const record = Uint8Array.of(0x1a, 1, 0x61, 0x32, 0, 0x1a, 1, 0x62, 0x32, 0);
  const entry = { envelope: new Uint8Array(12), record };
  expect(JSON.parse(recordToJson('logs', entry.envelope, record))).toEqual({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityText: 'b', attributes: [{}, {}] }] }] }],
  });
});

test('numbers that repeat are one array, packed or not', () => {
  const counts = [0x31, 1, 0, 0, 0, 0, 0, 0, 0, 0x32, 8, 2, 0, 0, 0, 0, 0, 0, 0, 0x32, 0];
  const field = (number: number, ...content: number[]) => [(number << 3) | 2, content.length, ...content];
  const body = Uint8Array.from(field(1, ...field(2, ...field(2, ...field(9, ...field(1, ...counts))))));
  expect(print(requestToJson('metrics', body))).toContain('"dataPoints":[{"bucketCounts":["1","2"]}]');
});

test('a record for people', () => {
  const body = encodeWith(oracleRequest('traces'), {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }] },
        scopeSpans: [
          { scope: { name: 'lib' }, spans: [{ name: 'pay', kind: 2, spanId: Buffer.from('0102030405060708', 'hex') }] },
        ],
      },
    ],
  });
  const [entry] = entriesOf(cutRequest('traces', body));
  expect(recordToJson('traces', entry!.envelope, entry!.record)).toBe(
    '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"checkout"}}]},' +
      '"scopeSpans":[{"scope":{"name":"lib"},"spans":[{"spanId":"0102030405060708","name":"pay","kind":2}]}]}]}',
  );
  expect(print(requestToJson('traces', joinRequest('traces', [entry!])))).toBe(
    recordToJson('traces', entry!.envelope, entry!.record),
  );
});

test('deep values: both decoders take and refuse the same depths, and say the same', () => {
  /** A field with a length of up to 16383 bytes. */
  const field = (number: number, content: readonly number[]) =>
    content.length < 128
      ? [(number << 3) | 2, content.length, ...content]
      : [(number << 3) | 2, (content.length & 0x7f) | 0x80, content.length >> 7, ...content];
  let bytes = [0x18, 7];
  let json = '{"intValue":"7"}';
  const taken: boolean[] = [];
  for (let levels = 1; levels <= 50; levels++) {
    const isMap = levels % 2 === 1;
    bytes = isMap ? field(6, field(1, [...field(1, [0x6b]), ...field(2, bytes)])) : field(5, field(1, bytes));
    json = isMap ? `{"kvlistValue":{"values":[{"key":"k","value":${json}}]}}` : `{"arrayValue":{"values":[${json}]}}`;
    const body = Uint8Array.from(field(1, field(2, field(2, field(5, bytes)))));
    const text = log(`{"body":${json}}`);
    let fromJson: Uint8Array;
    try {
      fromJson = requestFromJson('logs', text);
    } catch (error) {
      expect(error).toBeInstanceOf(OtlpError);
      for (const read of [cutRequest, requestToJson])
        expect(() => read('logs', body)).toThrow(/more than 100 messages/);
      taken.push(false);
      continue;
    }
    expect(Buffer.from(fromJson)).toEqual(Buffer.from(body));
    expect(cutRequest('logs', body).length).toBe(1);
    expect(print(requestToJson('logs', body))).toBe(print(text));
    taken.push(true);
  }
  // 96 messages are left for the body: a map has three of them, an array two.
  expect(taken.lastIndexOf(true)).toBe(37);
  expect(taken.indexOf(false)).toBe(38);
});
