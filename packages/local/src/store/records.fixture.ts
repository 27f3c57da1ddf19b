import { cutRequest, type Entry, requestFromJson } from '@tailrace/telemetry';
import fc from 'fast-check';
import type { Arrivals } from '../record-format.ts';
import type { JsonObject, RecordSignal } from './otlp-records.ts';
import type { PlacedRows } from './placed-rows.ts';

const text = fc.oneof(
  fc.string({ maxLength: 12, unit: 'grapheme' }),
  fc.constantFrom('', 'a"\\\n\u0000\u007f', '\u2028é😀', "'; DROP TABLE metrics; --", 'NaN', '{"a":1}', 'k'),
);
const double = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 5, 1e21, 5e-324, 1.7976931348623157e308),
  fc.constantFrom('NaN', 'Infinity', '-Infinity'),
);
/** As JSON gives a double back: NaN and infinities are texts. */
const told = double.map((value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value));
const uint64 = fc
  .oneof(fc.constantFrom(0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 99n))
  .map(String);
const int64 = fc
  .oneof(fc.constantFrom(0n, -1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-99n, 99n))
  .map(String);
const nanos = fc.oneof(fc.constantFrom('1704067200123456789', '1704067200123456000', '1000'), uint64);
const uint32 = fc.nat(0xffff_ffff);
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'));
const some = <T>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(members, { requiredKeys: [] });

const { anyValue } = fc.letrec<{ anyValue: JsonObject; keyValues: JsonObject[] }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ stringValue: text }),
    fc.constant({}),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64 }),
    fc.record({ doubleValue: told }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')) }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('anyValue'), { maxLength: 3 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: tie('keyValues') }) }),
  ) as fc.Arbitrary<JsonObject>,
  keyValues: fc.array(fc.record({ key: text, value: tie('anyValue') }), { maxLength: 3 }),
}));
const attributes = fc.array(
  fc.record({ key: fc.oneof(text, fc.constantFrom('job', 'instance', 'service.name')), value: anyValue }),
  { maxLength: 4 },
);
const owner = some({ attributes, droppedAttributesCount: uint32 });

const exemplar = some({
  filteredAttributes: attributes,
  timeUnixNano: nanos,
  spanId: hex(8),
  traceId: hex(16),
  asDouble: told,
});
const common = {
  ...{ attributes, startTimeUnixNano: nanos, timeUnixNano: nanos, flags: fc.nat(1) },
  exemplars: fc.array(exemplar, { maxLength: 2 }),
};
const extremes = { count: uint64, sum: told, min: told, max: told };
const numberPoint = fc.oneof(
  some({ ...common, asDouble: told }),
  some({ ...common, asInt: int64 }),
) as fc.Arbitrary<JsonObject>;
const histogramPoint = fc.oneof(
  // As it should be, and as it should not.
  fc.array(fc.tuple(told, uint64), { maxLength: 4 }).chain((pairs) =>
    some({
      ...{ ...common, ...extremes, explicitBounds: fc.constant(pairs.map(([bound]) => bound)) },
      bucketCounts: fc.constant([...pairs.map(([, count]) => count), '3']),
    }),
  ),
  some({ ...common, ...extremes, explicitBounds: fc.array(told), bucketCounts: fc.array(uint64) }),
) as fc.Arbitrary<JsonObject>;
const buckets = some({ offset: fc.integer({ min: -20, max: 20 }), bucketCounts: fc.array(uint64, { maxLength: 4 }) });
const exponentialPoint = some({
  ...{ ...common, ...extremes, scale: fc.integer({ min: -10, max: 20 }), zeroCount: uint64, zeroThreshold: told },
  ...{ positive: buckets, negative: buckets },
}) as fc.Arbitrary<JsonObject>;
const { exemplars: _, ...plainCommon } = common;
const summaryPoint = some({
  ...{ ...plainCommon, count: uint64, sum: told },
  quantileValues: fc.array(some({ quantile: told, value: told }), { maxLength: 3 }),
}) as fc.Arbitrary<JsonObject>;

const aggregationTemporality = fc.nat(2);
const points = (point: fc.Arbitrary<JsonObject>) => fc.array(point, { minLength: 1, maxLength: 3 });
const dataOf = fc.oneof(
  fc.record({ gauge: fc.record({ dataPoints: points(numberPoint) }) }),
  fc.record({
    sum: fc.record({ dataPoints: points(numberPoint), aggregationTemporality, isMonotonic: fc.boolean() }),
  }),
  fc.record({ histogram: fc.record({ dataPoints: points(histogramPoint), aggregationTemporality }) }),
  fc.record({ exponentialHistogram: fc.record({ dataPoints: points(exponentialPoint), aggregationTemporality }) }),
  fc.record({ summary: fc.record({ dataPoints: points(summaryPoint) }) }),
) as fc.Arbitrary<JsonObject>;
const metric = fc
  .tuple(fc.record({ name: text, description: text, unit: text, metadata: attributes }), dataOf)
  .map(([head, data]): JsonObject => ({ ...head, ...data }));
const scope = some({ name: text, version: text, attributes });

const span = some({
  ...{ traceId: hex(16), spanId: hex(8), parentSpanId: hex(8), traceState: text, flags: uint32, name: text },
  ...{ kind: fc.nat(6), startTimeUnixNano: nanos, endTimeUnixNano: nanos, attributes },
  events: fc.array(some({ timeUnixNano: nanos, name: text, attributes }), { maxLength: 2 }),
  links: fc.array(some({ traceId: hex(16), spanId: hex(8), attributes }), { maxLength: 2 }),
  ...{ status: some({ message: text, code: fc.nat(3) }), droppedLinksCount: uint32 },
}) as fc.Arbitrary<JsonObject>;

/** Any metric request of one metric in OTLP/JSON, at least one point in it. */
export const anyMetricRequest: fc.Arbitrary<JsonObject> = fc
  .record({ resource: owner, schemaUrl: text, scope, metric })
  .map(({ resource, schemaUrl, scope: within, metric: one }) => ({
    resourceMetrics: [
      { resource, schemaUrl, scopeMetrics: [{ scope: within, schemaUrl: 'of the scope', metrics: [one] }] },
    ],
  })) as fc.Arbitrary<JsonObject>;

/** Any trace request of one scope in OTLP/JSON. */
export const anyTraceRequest: fc.Arbitrary<JsonObject> = fc
  .record({ resource: owner, scope, spans: fc.array(span, { minLength: 1, maxLength: 3 }) })
  .map(({ resource, scope: within, spans }) => ({
    resourceSpans: [{ resource, scopeSpans: [{ scope: within, spans }] }],
  })) as fc.Arbitrary<JsonObject>;

/** The records of a request in OTLP/JSON, as the sink gets them. */
export function entriesOf(signal: RecordSignal, request: JsonObject): Entry[] {
  const body = requestFromJson(signal, new TextEncoder().encode(exactJson(request)));
  const { length, text: bytes, start, end, envelope, envelopes } = cutRequest(signal, body);
  return Array.from({ length }, (_, i) => ({
    envelope: envelopes[envelope[i]!]!,
    record: bytes.subarray(start[i], end[i]),
  }));
}

/** JSON.stringify writes -0 as 0. */
function exactJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (Object.is(item, -0) ? '-0.0' : item));
}

/** Records as a body brings them: one after the other of one stream, all of one time. */
export function arrivalsOf(signal: RecordSignal, entries: readonly Entry[], micros: number): Arrivals {
  const stream = { id: 'a', source: 'in', label: 'in', firstSeen: 0, replayBelow: 0 };
  return {
    ...{ signal, length: entries.length, flags: new Uint8Array(entries.length) },
    positions: entries.map((_, i) => ({ stream, offset: i, end: i + 1, sub: 0 })),
    micros: new Float64Array(entries.length).fill(micros),
    payloads: entries.map(({ envelope, record }) => {
      const length = new Uint8Array(Uint32Array.of(envelope.length).buffer);
      return new Uint8Array(Buffer.concat([length, envelope, record]));
    }),
  };
}

/** All of them, of the stream of number 7. */
export function placedOf({ length, positions, micros, payloads }: Arrivals): PlacedRows {
  const stream = positions.map(() => 7);
  const [offset, end, sub] = (['offset', 'end', 'sub'] as const).map((name) => positions.map((one) => one[name]));
  return { length, stream, offset: offset!, end: end!, sub: sub!, micros: [...micros], payloads, received: 5 };
}
