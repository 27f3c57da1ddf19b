import fc from 'fast-check';
import type { OtlpSignal } from './types.ts';

/** Objects in the form of protobufjs: 64-bit integers as decimal text, bytes as Uint8Array. */
type Message = Record<string, unknown>;

const uint32 = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffff_ffff }));
const uint64 = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 64n - 1n),
);
const int64 = fc.oneof(
  fc.constantFrom(0n, -1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
);
const fixed64Text = uint64.map(String);
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', 'a"\\\n\u0000\u007f', '\u2028é😀'),
);
const double = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 5, Number.NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308, 1e21),
);
const bytes = fc.uint8Array({ maxLength: 9 });
const traceId = fc.oneof(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constant(new Uint8Array()));
const spanId = fc.oneof(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.constant(new Uint8Array()));
const time = fc.oneof(fc.constantFrom('0', '1704067200123456789', '999999999', '1000000000'), fixed64Text);

const { anyValue } = fc.letrec<{ anyValue: Message; keyValues: Message[] }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ stringValue: text }),
    fc.constant({}),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64.map(String) }),
    fc.record({ doubleValue: double }),
    fc.record({ bytesValue: bytes }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('anyValue'), { maxLength: 4 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: tie('keyValues') }) }),
  ),
  keyValues: fc.array(
    fc.record({ key: fc.oneof(text, fc.constantFrom('$double', '$bytes', '$$double', 'k')), value: tie('anyValue') }),
    {
      maxLength: 4,
    },
  ),
}));
const attributes = fc.array(fc.record({ key: text, value: anyValue }, { requiredKeys: ['key'] }), { maxLength: 5 });

const some = (model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Message> =>
  fc.record(model, { requiredKeys: [] });
const many = (item: fc.Arbitrary<Message>, maxLength = 3) => fc.array(item, { maxLength });

const resource = some({
  attributes,
  droppedAttributesCount: uint32,
  entityRefs: many(
    some({
      schemaUrl: text,
      type: text,
      idKeys: fc.array(text, { maxLength: 2 }),
      descriptionKeys: fc.array(text, { maxLength: 2 }),
    }),
    1,
  ),
});
const scope = some({ name: text, version: text, attributes, droppedAttributesCount: uint32 });

const logRecord = some({
  timeUnixNano: time,
  observedTimeUnixNano: time,
  severityNumber: fc.nat(24),
  severityText: text,
  body: anyValue,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId,
  spanId,
  eventName: text,
});

const span = some({
  ...{ traceId, spanId, parentSpanId: spanId, traceState: text, flags: uint32, name: text, kind: fc.nat(5) },
  ...{ startTimeUnixNano: time, endTimeUnixNano: time, attributes, droppedAttributesCount: uint32 },
  events: many(some({ timeUnixNano: time, name: text, attributes, droppedAttributesCount: uint32 })),
  droppedEventsCount: uint32,
  links: many(some({ traceId, spanId, traceState: text, attributes, droppedAttributesCount: uint32, flags: uint32 })),
  droppedLinksCount: uint32,
  status: some({ message: text, code: fc.nat(2) }),
});

const numberValue = fc.oneof(fc.constant({}), fc.record({ asDouble: double }), fc.record({ asInt: int64.map(String) }));
const exemplar = fc
  .tuple(numberValue, some({ filteredAttributes: attributes, timeUnixNano: time, spanId, traceId }))
  .map(([value, rest]) => ({ ...value, ...rest }));
const counts = fc.array(fixed64Text, { maxLength: 5 });
const common = { attributes, startTimeUnixNano: time, timeUnixNano: time, flags: fc.nat(1) };
const extremes = { sum: double, min: double, max: double };
const numberPoint = fc
  .tuple(numberValue, some({ ...common, exemplars: many(exemplar) }))
  .map(([value, rest]) => ({ ...value, ...rest }));
const histogramPoint = some({
  ...{ ...common, ...extremes, count: fixed64Text, bucketCounts: counts },
  ...{ explicitBounds: fc.array(double, { maxLength: 4 }), exemplars: many(exemplar) },
});
const sint32 = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer());
const buckets = some({ offset: sint32, bucketCounts: counts });
const exponentialPoint = some({
  ...{ ...common, ...extremes, count: fixed64Text, scale: sint32, zeroCount: fixed64Text, zeroThreshold: double },
  ...{ positive: buckets, negative: buckets, exemplars: many(exemplar) },
});
const summaryPoint = some({
  ...{ ...common, count: fixed64Text, sum: double },
  quantileValues: many(some({ quantile: double, value: double })),
});

const aggregationTemporality = fc.nat(2);
const dataOf = fc.oneof(
  fc.record({ gauge: some({ dataPoints: many(numberPoint) }) }),
  fc.record({ sum: some({ dataPoints: many(numberPoint), aggregationTemporality, isMonotonic: fc.boolean() }) }),
  fc.record({ histogram: some({ dataPoints: many(histogramPoint), aggregationTemporality }) }),
  fc.record({ exponentialHistogram: some({ dataPoints: many(exponentialPoint), aggregationTemporality }) }),
  fc.record({ summary: some({ dataPoints: many(summaryPoint) }) }),
);
const metric = fc
  .tuple(some({ name: text, description: text, unit: text, metadata: attributes }), dataOf)
  .map(([head, data]) => ({ ...head, ...data }));

const requests = {
  logs: some({
    resourceLogs: many(
      some({
        resource,
        schemaUrl: text,
        scopeLogs: many(some({ scope, schemaUrl: text, logRecords: many(logRecord, 4) })),
      }),
    ),
  }),
  metrics: some({
    resourceMetrics: many(
      some({ resource, schemaUrl: text, scopeMetrics: many(some({ scope, schemaUrl: text, metrics: many(metric) })) }),
    ),
  }),
  traces: some({
    resourceSpans: many(
      some({ resource, schemaUrl: text, scopeSpans: many(some({ scope, schemaUrl: text, spans: many(span, 4) })) }),
    ),
  }),
} as const satisfies Record<OtlpSignal, fc.Arbitrary<Message>>;

/** Any request of a signal, as an object in the form of protobufjs. */
export function anyRequest(signal: OtlpSignal): fc.Arbitrary<Message> {
  return requests[signal];
}
