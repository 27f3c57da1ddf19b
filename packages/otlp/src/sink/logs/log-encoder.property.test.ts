import { logEvents, requestFromJson, requestToJson } from '@tailrace/telemetry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOf, plainBatch, READ, requestOf } from './log-encoder.fixture.ts';

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('"\\\n\u0000', '😀'),
);
const int64 = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n),
);
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom<number | string>(0, -0, 5, 'NaN', 'Infinity', '-Infinity', 5e-324, 1.7976931348623157e308, 1e21, 0.1),
);
type Value = Record<string, unknown>;
const { value, members } = fc.letrec<{ value: Value; members: { key: string; value: Value }[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ stringValue: text }),
    fc.constant({}),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64.map(String) }),
    fc.record({ doubleValue: double }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')) }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 4 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: tie('members') }) }),
  ),
  members: fc.uniqueArray(
    fc.record({
      key: fc.oneof(text, fc.constantFrom('$double', '$bytes', '$$double', 'message', 'level')),
      value: tie('value'),
    }),
    { maxLength: 4, selector: ({ key }) => key },
  ),
}));
const some = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] });
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'));
const full = fc.string({ minLength: 1, maxLength: 8 });
const count = fc.integer({ min: 1, max: 0xffff_ffff });
const time = fc.bigInt(1n, 2n ** 64n - 1n).map(String);
const record = fc
  .tuple(
    fc.oneof(
      fc.record({ timeUnixNano: time }),
      fc.record({ observedTimeUnixNano: time }),
      fc.record({ timeUnixNano: time, observedTimeUnixNano: time }),
    ),
    some({
      severityNumber: fc.integer({ min: 1, max: 24 }),
      severityText: full,
      body: value,
      droppedAttributesCount: count,
    }),
    some({
      flags: count,
      traceId: hex(16),
      spanId: hex(8),
      eventName: full,
      attributes: members.filter(({ length }) => length > 0),
    }),
  )
  .map((parts): Value => Object.assign({}, ...parts));
const origin = { attributes: members.filter(({ length }) => length > 0), droppedAttributesCount: count };
const resourceLogs = fc
  .tuple(
    some({ resource: fc.record(origin), schemaUrl: full }),
    some({ scope: fc.record({ ...origin, name: full, version: full }), schemaUrl: full }),
    fc.array(record, { minLength: 1, maxLength: 4 }),
  )
  .map(([resource, scope, logRecords]): Value & { scopeLogs: object[] } => ({
    ...resource,
    scopeLogs: [{ ...scope, logRecords }],
  }));

test('what came as OTLP goes out as it was', () => {
  // Equal resources would be joined.
  const unequal = fc.uniqueArray(resourceLogs, {
    minLength: 1,
    maxLength: 3,
    selector: ({ scopeLogs: _records, ...own }) => JSON.stringify(own),
  });
  const property = fc.property(unequal, (resources) => {
    const request = requestFromJson('logs', Buffer.from(JSON.stringify({ resourceLogs: resources })));
    const joined = requestOf(batchOf(logEvents(request, READ)), {});
    const read = (bytes: Uint8Array) => JSON.parse(Buffer.from(requestToJson('logs', bytes)).toString()) as object;
    expect(read(joined)).toEqual(read(request));
    expect(joined.length).toBe(request.length);
  });
  fc.assert(property, { numRuns: 150 });
});

test('a record without any time has been observed when it was read', () => {
  const request = requestFromJson(
    'logs',
    Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}'),
  );
  const json = Buffer.from(requestToJson('logs', requestOf(batchOf(logEvents(request, READ)), {}))).toString();
  expect(JSON.parse(json)).toMatchObject({
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ observedTimeUnixNano: '1800000000000000005', body: { stringValue: 'a' } }] }] },
    ],
  });
});

test('what is deeper than decoders of protobuf go is the text of its JSON', () => {
  const nest = (open: string, close: string, depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"b":', '}]'],
  ] as const) {
    for (const depth of [10, 19, 20, 25, 30, 31, 32, 33, 46, 47, 48, 49, 400]) {
      const request = requestOf(plainBatch([{ deep: JSON.parse(nest(open, close, depth)) as unknown }]), {});
      const { text, start, end } = logEvents(request, READ);
      const { attributes } = JSON.parse(Buffer.from(text.subarray(start[0], end[0])).toString()) as {
        attributes: { deep: unknown };
      };
      const whole = JSON.stringify(attributes.deep).replaceAll('\\"', '"').replaceAll('"[', '[').replaceAll(']"', ']');
      expect(whole.replaceAll('"{', '{').replaceAll('}"', '}')).toBe(nest(open, close, depth));
    }
  }
});
