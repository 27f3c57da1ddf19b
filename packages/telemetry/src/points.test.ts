import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinRequest } from './join.ts';
import { decodeWith, oracleRequest, oracleType } from './oracle.fixture.ts';
import { readPoint } from './read-point.ts';
import type { AnyValue, Attributes, Exemplar, MetricKind, MetricParts, PointParts } from './types.ts';
import { writeMetricEnvelope, writePoint } from './write-metric.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const { value: anyValue } = fc.letrec<{ value: AnyValue; attributes: Attributes }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.boolean(),
    i64,
    fc.double(),
    fc.uint8Array({ maxLength: 5 }),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('attributes'),
  ),
  attributes: fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
}));
const attributes: fc.Arbitrary<Attributes> = fc
  .array(fc.tuple(fc.string(), anyValue), { maxLength: 3 })
  .map((pairs) => new Map(pairs));
const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const number = fc.oneof(fc.double(), i64);
const exemplar: fc.Arbitrary<Exemplar> = fc.record(
  { time: u64, value: number, attributes, traceId: hex(32), spanId: hex(16) },
  { requiredKeys: ['time', 'attributes'] },
);
const counts = fc.array(u64, { maxLength: 4 });
const measured = { sum: fc.double(), min: fc.double(), max: fc.double() };
const buckets = fc.record({ offset: fc.integer(), bucketCounts: counts });
const values: Record<MetricKind, fc.Arbitrary<Partial<PointParts>>> = {
  gauge: fc.record({ value: number }, { requiredKeys: [] }),
  sum: fc.record({ value: number }),
  histogram: fc.record({
    histogram: fc.record(
      { count: u64, ...measured, explicitBounds: fc.array(fc.double(), { maxLength: 3 }), bucketCounts: counts },
      { requiredKeys: ['count', 'explicitBounds', 'bucketCounts'] },
    ),
  }),
  exponential_histogram: fc.record({
    exponentialHistogram: fc.record(
      {
        ...{ count: u64, ...measured, scale: fc.integer(), zeroCount: u64, zeroThreshold: fc.double() },
        ...{ positive: buckets, negative: buckets },
      },
      { requiredKeys: ['count', 'scale', 'zeroCount', 'zeroThreshold', 'positive', 'negative'] },
    ),
  }),
  summary: fc.record({
    summary: fc.record({
      ...{ count: u64, sum: fc.double() },
      quantiles: fc.array(fc.record({ quantile: fc.double(), value: fc.double() }), { maxLength: 3 }),
    }),
  }),
};
const KINDS = Object.keys(values) as MetricKind[];
const parts = (kind: MetricKind): fc.Arbitrary<MetricParts> =>
  fc.record({
    ...{ resource: attributes, scope: fc.record({ name: fc.string(), version: fc.string(), attributes }) },
    ...{ name: fc.string(), description: fc.string(), unit: fc.string(), kind: fc.constant(kind) },
    temporality:
      kind === 'gauge' || kind === 'summary'
        ? fc.constant('unspecified' as const)
        : fc.constantFrom('unspecified' as const, 'delta' as const, 'cumulative' as const),
    isMonotonic: kind === 'sum' ? fc.boolean() : fc.constant(false),
  });
const point = (kind: MetricKind): fc.Arbitrary<PointParts> =>
  fc
    .tuple(
      fc.record({ startTime: u64, time: u64, attributes, flags: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
      fc.array(exemplar, { maxLength: kind === 'summary' ? 0 : 2 }),
      values[kind],
    )
    .map(([shared, exemplars, value]) => ({ ...shared, exemplars, ...value }));

test.each(KINDS)('%s: what is written is what is read', (kind) => {
  fc.assert(
    fc.property(parts(kind), point(kind), fc.option(attributes, { nil: undefined }), (metric, written, metadata) => {
      const whole = metadata && metadata.size > 0 ? { ...metric, metadata } : metric;
      expect(readPoint(writeMetricEnvelope(whole), writePoint(kind, written))).toEqual({ ...whole, ...written });
    }),
    { numRuns: 100 },
  );
});

test('a second implementation reads the same', () => {
  const metric: MetricParts = {
    resource: new Map([['service.name', 'shop']]),
    scope: { name: 's', version: '1', attributes: new Map() },
    ...{ name: 'took', description: 'd', unit: 's', kind: 'histogram', temporality: 'cumulative', isMonotonic: false },
    metadata: new Map([['prometheus.type', 'histogram']]),
  };
  const written: PointParts = {
    ...{ startTime: 1n, time: 2n, attributes: new Map([['n', 5n]]), flags: 0 },
    histogram: { count: 3n, sum: 0, explicitBounds: [1, 10], bucketCounts: [1n, 0n, 2n] },
    exemplars: [{ time: 2n, value: 4, attributes: new Map(), traceId: 'ab'.repeat(16) }],
  };
  const entry = { envelope: writeMetricEnvelope(metric), record: writePoint('histogram', written) };
  expect(decodeWith(oracleRequest('metrics'), joinRequest('metrics', [entry]))).toEqual({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeMetrics: [
          {
            scope: { name: 's', version: '1' },
            metrics: [
              {
                ...{ name: 'took', description: 'd', unit: 's' },
                metadata: [{ key: 'prometheus.type', value: { stringValue: 'histogram' } }],
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      ...{ startTimeUnixNano: '1', timeUnixNano: '2', count: '3', sum: 0 },
                      attributes: [{ key: 'n', value: { intValue: '5' } }],
                      ...{ bucketCounts: ['1', '0', '2'], explicitBounds: [1, 10] },
                      exemplars: [
                        {
                          timeUnixNano: '2',
                          asDouble: 4,
                          traceId: Buffer.from('ab'.repeat(16), 'hex').toString('base64'),
                        },
                      ],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  });
});

test('proto3 leaves out zeros, but for those that are optional', () => {
  const zeros: PointParts = { startTime: 0n, time: 0n, attributes: new Map(), flags: 0, value: 0, exemplars: [] };
  expect(decodeWith(oracleType('metrics.v1.NumberDataPoint'), writePoint('gauge', zeros))).toEqual({ asDouble: 0 });
  const { value: _, ...none } = zeros;
  expect(writePoint('sum', { ...none, flags: 1 })).toEqual(Uint8Array.of(0x40, 1));
});
