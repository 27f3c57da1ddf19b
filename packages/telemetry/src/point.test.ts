import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AnyValue,
  cutRequest,
  joinRequest,
  type MetricParts,
  OtlpError,
  type PointParts,
  readPoint,
  writeMetricEnvelope,
  writePoint,
} from './index.ts';
import { decodeWith, encodeWith, oracleRequest, oracleType } from './oracle.fixture.ts';
import { entriesOf } from './records.fixture.ts';
import { anyRequest } from './samples.fixture.ts';

const { attributes } = fc.letrec<{ anyValue: AnyValue; attributes: ReadonlyMap<string, AnyValue> }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.constant(null),
    fc.boolean(),
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.double(),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie('anyValue'), { maxLength: 3 }),
    tie('attributes'),
  ),
  attributes: fc
    .array(fc.tuple(fc.string({ maxLength: 4 }), tie('anyValue')), { maxLength: 3 })
    .map((list) => new Map(list)),
}));
const big = fc.bigInt(0n, 2n ** 64n - 1n);
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'));
const optional = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });
const value = fc.oneof(fc.double(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
const exemplar = fc
  .tuple(fc.record({ time: big, attributes }), optional({ value, traceId: hex(16), spanId: hex(8) }))
  .map(([must, may]) => ({ ...must, ...may }));
const extremes = optional({ sum: fc.double(), min: fc.double(), max: fc.double() });
const merged = <A, B>(one: fc.Arbitrary<A>, other: fc.Arbitrary<B>) =>
  fc.tuple(one, other).map(([a, b]) => ({ ...a, ...b }));
const buckets = fc.record({ offset: fc.integer(), bucketCounts: fc.array(big, { maxLength: 4 }) });

const values = {
  gauge: optional({ value }),
  sum: optional({ value }),
  histogram: fc.record({
    histogram: merged(
      extremes,
      fc.record({
        count: big,
        explicitBounds: fc.array(fc.double(), { maxLength: 4 }),
        bucketCounts: fc.array(big, { maxLength: 4 }),
      }),
    ),
  }),
  exponential_histogram: fc.record({
    exponentialHistogram: merged(
      extremes,
      fc.record({
        count: big,
        scale: fc.integer(),
        zeroCount: big,
        zeroThreshold: fc.double(),
        positive: buckets,
        negative: buckets,
      }),
    ),
  }),
  summary: fc.record({
    summary: fc.record({
      count: big,
      sum: fc.double(),
      quantiles: fc.array(fc.record({ quantile: fc.double(), value: fc.double() }), { maxLength: 3 }),
    }),
  }),
};
const KINDS = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'] as const;
const hasTemporality = { gauge: false, sum: true, histogram: true, exponential_histogram: true, summary: false };

test.each(KINDS)('a point of a %s that is written reads the same', (kind) => {
  const temporality = hasTemporality[kind]
    ? fc.constantFrom('unspecified', 'delta', 'cumulative')
    : fc.constant('unspecified');
  const metric = fc.record({
    resource: attributes,
    scope: fc.record({ name: fc.string(), version: fc.string(), attributes }),
    name: fc.string(),
    description: fc.string(),
    unit: fc.string(),
    kind: fc.constant(kind),
    temporality,
    isMonotonic: kind === 'sum' ? fc.boolean() : fc.constant(false),
  });
  const exemplars = kind === 'summary' ? fc.constant([]) : fc.array(exemplar, { maxLength: 2 });
  const point = merged(
    fc.record({ startTime: big, time: big, attributes, flags: fc.nat(1), exemplars }),
    values[kind] as fc.Arbitrary<object>,
  );
  fc.assert(
    fc.property(metric, point, (parts, written) => {
      const envelope = writeMetricEnvelope(parts as MetricParts);
      const record = writePoint(kind, written as PointParts);
      expect(readPoint(envelope, record)).toEqual({ ...parts, ...written });
      const body = joinRequest('metrics', [{ envelope, record }]);
      expect(entriesOf(cutRequest('metrics', body))).toEqual([{ envelope, record }]);
    }),
    { numRuns: 60 },
  );
});

test('a point reads as the oracle reads it', () => {
  const attributes = [{ key: 'le', value: { stringValue: 'x' } }];
  const histogram = {
    aggregationTemporality: 2,
    dataPoints: [
      {
        ...{ attributes, startTimeUnixNano: '1', timeUnixNano: '18446744073709551615', count: '3', sum: 0 },
        ...{ bucketCounts: ['1', '2'], explicitBounds: [0.5], flags: 1, min: -1.5 },
        exemplars: [
          { asInt: '-4', timeUnixNano: '9', traceId: Buffer.alloc(16, 0xab), filteredAttributes: attributes },
        ],
      },
    ],
  };
  const metric = { name: 'mirrord_sessions_duration', unit: 's', description: 'd', histogram };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'mirrord' } }] };
  const body = encodeWith(oracleRequest('metrics'), {
    resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }],
  });
  const [entry] = entriesOf(cutRequest('metrics', body));
  expect(readPoint(entry!.envelope, entry!.record)).toEqual({
    resource: new Map([['service.name', 'mirrord']]),
    scope: { name: '', version: '', attributes: new Map() },
    name: 'mirrord_sessions_duration',
    description: 'd',
    unit: 's',
    kind: 'histogram',
    temporality: 'cumulative',
    isMonotonic: false,
    startTime: 1n,
    time: 2n ** 64n - 1n,
    attributes: new Map([['le', 'x']]),
    flags: 1,
    histogram: { count: 3n, sum: 0, min: -1.5, explicitBounds: [0.5], bucketCounts: [1n, 2n] },
    exemplars: [{ time: 9n, value: -4n, attributes: new Map([['le', 'x']]), traceId: 'ab'.repeat(16) }],
  });
});

test('what is written is what others read', () => {
  const envelope = writeMetricEnvelope({
    resource: new Map([['service.name', 'mirrord']]),
    scope: { name: 'prometheus', version: '1', attributes: new Map() },
    ...{ name: 'requests', description: 'd', unit: '1', kind: 'sum', temporality: 'cumulative', isMonotonic: true },
  });
  const record = writePoint('sum', {
    startTime: 0n,
    time: 5n,
    attributes: new Map([['code', '200']]),
    flags: 0,
    value: 7n,
    exemplars: [],
  });
  expect(decodeWith(oracleRequest('metrics'), joinRequest('metrics', [{ envelope, record }]))).toEqual({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'mirrord' } }] },
        scopeMetrics: [
          {
            scope: { name: 'prometheus', version: '1' },
            metrics: [
              {
                ...{ name: 'requests', description: 'd', unit: '1' },
                sum: {
                  dataPoints: [
                    { attributes: [{ key: 'code', value: { stringValue: '200' } }], timeUnixNano: '5', asInt: '7' },
                  ],
                  ...{ aggregationTemporality: 2, isMonotonic: true },
                },
              },
            ],
          },
        ],
      },
    ],
  });
});

test('any point that was cut can be read', () => {
  fc.assert(
    fc.property(anyRequest('metrics'), (request) => {
      for (const { envelope, record } of entriesOf(
        cutRequest('metrics', encodeWith(oracleRequest('metrics'), request)),
      )) {
        const point = readPoint(envelope, record);
        expect(point.attributes).toBeInstanceOf(Map);
      }
    }),
    { numRuns: 60 },
  );
});

test('bytes that are no point are refused', () => {
  const envelope = writeMetricEnvelope({
    ...{
      resource: new Map(),
      scope: { name: '', version: '', attributes: new Map() },
      name: '',
      description: '',
      unit: '',
    },
    ...{ kind: 'histogram', temporality: 'delta', isMonotonic: false },
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (record) => {
      try {
        readPoint(envelope, record);
      } catch (error) {
        expect(error).toBeInstanceOf(OtlpError);
      }
    }),
    { numRuns: 200 },
  );
});

test('points of the other kinds as others read them', () => {
  const read = (
    kind: 'gauge' | 'histogram' | 'exponential_histogram' | 'summary',
    type: string,
    point: Partial<PointParts>,
  ) => {
    const parts = { startTime: 1n, time: 2n, attributes: new Map(), flags: 0, exemplars: [], ...point };
    return decodeWith(oracleType(`metrics.v1.${type}DataPoint`), writePoint(kind, parts));
  };
  const times = { startTimeUnixNano: '1', timeUnixNano: '2' };
  const exemplar = { time: 3n, value: 1.5, attributes: new Map([['a', true]]), spanId: '0102030405060708' };
  expect(read('gauge', 'Number', { value: -0.5, exemplars: [exemplar], flags: 1 })).toEqual({
    ...{ ...times, asDouble: -0.5, flags: 1 },
    exemplars: [
      {
        ...{ timeUnixNano: '3', asDouble: 1.5, spanId: 'AQIDBAUGBwg=' },
        filteredAttributes: [{ key: 'a', value: { boolValue: true } }],
      },
    ],
  });
  const histogram = { count: 3n, sum: 4.5, max: 3, explicitBounds: [1, 2], bucketCounts: [1n, 0n, 2n] };
  expect(read('histogram', 'Histogram', { histogram })).toEqual({
    ...{ ...times, count: '3', sum: 4.5, max: 3, explicitBounds: [1, 2], bucketCounts: ['1', '0', '2'] },
  });
  const exponentialHistogram = {
    ...{ count: 5n, min: 0.25, scale: -2, zeroCount: 1n, zeroThreshold: 1e-9 },
    positive: { offset: -3, bucketCounts: [1n, 2n ** 63n] },
    negative: { offset: 4, bucketCounts: [] },
  };
  expect(read('exponential_histogram', 'ExponentialHistogram', { exponentialHistogram })).toEqual({
    ...{ ...times, count: '5', min: 0.25, scale: -2, zeroCount: '1', zeroThreshold: 1e-9 },
    positive: { offset: -3, bucketCounts: ['1', '9223372036854775808'] },
    negative: { offset: 4 },
  });
  const summary = { count: 2n, sum: 3, quantiles: [{ quantile: 0.99, value: 2.5 }] };
  expect(read('summary', 'Summary', { summary })).toEqual({
    ...{ ...times, count: '2', sum: 3, quantileValues: [{ quantile: 0.99, value: 2.5 }] },
  });
});
