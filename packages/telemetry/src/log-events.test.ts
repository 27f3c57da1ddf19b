import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutRequest, logEvents, OtlpError } from './index.ts';
import { logEventsTwin } from './log-events.twin.ts';
import { encodeWith, oracleRequest } from './oracle.fixture.ts';
import { anyRequest } from './samples.fixture.ts';

const NOW = { seconds: 1_704_067_200, nanos: 5 };
const textsOf = (body: Uint8Array): string[] => {
  const { text, start, end, length } = logEvents(body, NOW);
  return Array.from({ length }, (_, i) => new TextDecoder().decode(text.subarray(start[i], end[i])));
};
const request = (...logRecords: object[]) =>
  encodeWith(oracleRequest('logs'), { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
const field = (number: number, ...content: number[]) => [(number << 3) | 2, content.length, ...content];
/** A request of one record, given as bytes. */
const raw = (...record: number[]) => Uint8Array.from(field(1, ...field(2, ...field(2, ...record))));

test('events are what the oracle says', () => {
  fc.assert(
    fc.property(anyRequest('logs'), (object) => {
      const body = encodeWith(oracleRequest('logs'), object);
      const events = textsOf(body);
      expect(events).toEqual(logEventsTwin(body, 1_704_067_200_000_000_005n));
      for (const event of events) JSON.parse(event);
      const { seconds, nanos } = cutRequest('logs', body);
      const made = logEvents(body, NOW);
      const expected = Array.from(seconds, (s, i) => (s || nanos[i] ? [s, nanos[i]] : [NOW.seconds, NOW.nanos]));
      expect(Array.from(made.seconds, (s, i) => [s, made.nanos[i]])).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('bytes that are changed or cut short are refused, or give JSON', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.option(fc.nat(), { freq: 3 }) });
  fc.assert(
    fc.property(anyRequest('logs'), fc.array(change, { minLength: 1, maxLength: 3 }), (object, changes) => {
      let body = encodeWith(oracleRequest('logs'), object);
      for (const { at, byte, cut } of changes) {
        if (body.length === 0) continue;
        body[at % body.length] = byte;
        if (cut !== null) body = body.subarray(0, cut % (body.length + 1));
      }
      survives(body);
    }),
    { numRuns: 200 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), survives), { numRuns: 200 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (record) => survives(raw(...record))),
    { numRuns: 200 },
  );
});

function survives(body: Uint8Array): void {
  try {
    for (const event of textsOf(body)) JSON.parse(event);
  } catch (error) {
    expect(error).toBeInstanceOf(OtlpError);
  }
}

test('a record with all of its members', () => {
  const attributes = [
    { key: 'http.status', value: { intValue: '9007199254740993' } },
    { key: 'ratio', value: { doubleValue: 5 } },
    { key: 'none' },
  ];
  const body = encodeWith(oracleRequest('logs'), {
    resourceLogs: [
      {
        resource: {
          attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }],
          droppedAttributesCount: 1,
        },
        schemaUrl: 'r',
        scopeLogs: [
          {
            scope: {
              name: 'lib',
              version: '1',
              attributes: [{ key: 'a', value: { boolValue: true } }],
              droppedAttributesCount: 2,
            },
            schemaUrl: 's',
            logRecords: [
              {
                timeUnixNano: '1704067200123456789',
                observedTimeUnixNano: '1704067201000000000',
                severityNumber: 9,
                severityText: 'INFO',
                body: { kvlistValue: { values: [{ key: 'text', value: { stringValue: 'two\nlines' } }] } },
                attributes,
                droppedAttributesCount: 3,
                traceId: Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex'),
                spanId: Buffer.from('a1a2a3a4a5a6a7a8', 'hex'),
                flags: 1,
                eventName: 'paid',
              },
            ],
          },
        ],
      },
    ],
  });
  expect(textsOf(body)).toMatchInlineSnapshot(`
    [
      "{"@timestamp":"2024-01-01T00:00:00.123456789Z","observed_timestamp":"2024-01-01T00:00:01.000000000Z","severity_number":9,"severity_text":"INFO","body":{"text":"two\\nlines"},"attributes":{"http.status":9007199254740993,"ratio":5.0,"none":null},"dropped_attributes_count":3,"trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"a1a2a3a4a5a6a7a8","flags":1,"event_name":"paid","resource":{"attributes":{"service.name":"checkout"},"dropped_attributes_count":1,"schema_url":"r"},"scope":{"name":"lib","version":"1","attributes":{"a":true},"dropped_attributes_count":2,"schema_url":"s"}}",
    ]
  `);
});

describe('values', () => {
  const bodyOf = (value: object) => /"body":(.*)\}$/.exec(textsOf(request({ body: value }))[0]!)?.[1];
  const kv = (...pairs: [string, object][]) => ({
    kvlistValue: { values: pairs.map(([key, value]) => ({ key, value })) },
  });
  test.each([
    ['an integer of 64 bits', { intValue: '-9223372036854775808' }, '-9223372036854775808'],
    ['an integer', { intValue: '-1' }, '-1'],
    ['a double that is whole', { doubleValue: 5 }, '5.0'],
    ['a large double', { doubleValue: 1e300 }, '1e+300'],
    ['minus zero', { doubleValue: -0 }, '-0.0'],
    ['no number', { doubleValue: Number.NaN }, '{"$double":"NaN"}'],
    ['infinity', { doubleValue: -Infinity }, '{"$double":"-Infinity"}'],
    ['bytes', { bytesValue: Uint8Array.of(255, 0) }, '{"$bytes":"/wA="}'],
    ['nothing', {}, 'null'],
    ['an empty array', { arrayValue: {} }, '[]'],
    ['an empty map', { kvlistValue: {} }, '{}'],
    ['a map that looks like bytes', kv(['$bytes', { stringValue: 'x' }]), '{"$$bytes":"x"}'],
    ['a map that looks escaped', kv(['$$double', {}]), '{"$$$double":null}'],
    ['a map with one more member', kv(['$bytes', {}], ['b', {}]), '{"$bytes":null,"b":null}'],
    ['a key twice', kv(['a', { intValue: 1 }], ['b', { intValue: 2 }], ['a', { intValue: 3 }]), '{"b":2,"a":3}'],
    ['a key twice, reserved', kv(['$bytes', { intValue: 1 }], ['$bytes', { intValue: 3 }]), '{"$$bytes":3}'],
  ])('%s', (_, value, text) => {
    expect(bodyOf(value)).toBe(text);
  });

  test('an attribute has no reserved names', () => {
    const attributes = [{ key: '$double', value: { stringValue: 'NaN' } }];
    expect(textsOf(request({ attributes }))[0]).toContain('"attributes":{"$double":"NaN"}');
  });

  test('a hundred keys that are equal are one', () => {
    const attributes = Array.from({ length: 300 }, (_, i) => ({ key: `k${i % 100}`, value: { intValue: i } }));
    const event = JSON.parse(textsOf(request({ attributes }))[0]!) as { attributes: Record<string, number> };
    expect(Object.keys(event.attributes)).toHaveLength(100);
    expect(event.attributes['k7']).toBe(207);
  });
});

test('fields that come twice are read as protobuf reads them', () => {
  const [a, b] = [field(1, 0x61), field(1, 0x62)];
  const member = (...value: number[]) => field(6, ...field(1, 0x6b), ...value);
  // A value twice: the later of two kinds, or the text of the later one.
  expect(textsOf(raw(...member(...field(2, ...a), ...field(2, ...b))))[0]).toContain('"attributes":{"k":"b"}');
  expect(textsOf(raw(...field(5, ...a, 0x18, 7)))[0]).toContain('"body":7');
  // Two bodies that are arrays are one array.
  const array = (...value: number[]) => field(5, ...field(5, ...field(1, ...value)));
  expect(textsOf(raw(...array(...a), ...array(...b)))[0]).toContain('"body":["a","b"]');
  // Two resources are one.
  const attribute = (key: number) => field(1, ...field(1, ...field(1, key)));
  const body = Uint8Array.from(field(1, ...attribute(0x78), ...attribute(0x79), ...field(2, ...field(2))));
  expect(textsOf(body)[0]).toContain('"resource":{"attributes":{"x":null,"y":null}}');
});

test('a time of their own: when it happened, not when it was observed or read', () => {
  const body = request({ timeUnixNano: '1', observedTimeUnixNano: '2' }, { observedTimeUnixNano: '2' }, {});
  const { ownTime, nanos } = logEvents(body, NOW);
  expect([...ownTime]).toEqual([1, 0, 0]);
  expect([...nanos]).toEqual([1, 2, 5]);
});

test('deep values are refused before the stack ends', () => {
  let value: number[] = [];
  for (let k = 0; k < 200; k++)
    value = [k % 2 ? 0x2a : 0x0a, (value.length & 0x7f) | 0x80, value.length >> 7, ...value];
  const long = (number: number, content: number[]) => [
    (number << 3) | 2,
    (content.length & 0x7f) | 0x80,
    content.length >> 7,
    ...content,
  ];
  const body = Uint8Array.from(long(1, long(2, long(2, long(5, value)))));
  expect(() => logEvents(body, NOW)).toThrow(/more than 100 messages/);
});

test('a large resource that each event would repeat is refused, not repeated', () => {
  const body = encodeWith(oracleRequest('logs'), {
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'k', value: { stringValue: 'x'.repeat(100_000) } }] },
        scopeLogs: [{ logRecords: Array.from({ length: 50 }, () => ({})) }],
      },
    ],
  });
  expect(() => logEvents(body, NOW, 1_000_000)).toThrow(/would have more than 1000000 bytes/);
  expect(logEvents(body, NOW).length).toBe(50);
});

test('what cutRequest takes, logEvents takes, and what it refuses, is refused', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  const takes = (read: () => unknown) => {
    try {
      read();
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(anyRequest('logs'), change, (object, { at, byte }) => {
      const body = encodeWith(oracleRequest('logs'), object);
      if (body.length > 0) body[at % body.length] = byte;
      expect(takes(() => logEvents(body, NOW))).toBe(takes(() => cutRequest('logs', body)));
    }),
    { numRuns: 200 },
  );
});
