import type { Message } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { packEnvelope } from './envelope.ts';
import { AT, dataField } from './layout.ts';
import { tableOf } from './tables.ts';
import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramValue,
  HistogramValue,
  MetricKind,
  MetricParts,
  PointParts,
  SummaryValue,
} from './types.ts';
import { keyValuesOf } from './values.ts';

const TEMPORALITY_NUMBER = { unspecified: 0, delta: 1, cumulative: 2 } as const;

/** The packed envelope that the points of a metric share. */
export function writeMetricEnvelope(parts: MetricParts): Uint8Array {
  const { resource, scope, name, description, unit, kind, temporality, isMonotonic, metadata } = parts;
  const attributes = keyValuesOf(scope.attributes);
  const data = {
    ...(temporality !== 'unspecified' && { aggregationTemporality: TEMPORALITY_NUMBER[temporality] }),
    ...(isMonotonic && { isMonotonic }),
  };
  return packEnvelope({
    resource: encodeMessage(tableOf('metrics.ResourceMetrics'), { resource: { attributes: keyValuesOf(resource) } }),
    scope: encodeMessage(tableOf('metrics.ScopeMetrics'), {
      scope: { ...nonEmpty({ name: scope.name, version: scope.version }), attributes },
    }),
    metric: {
      head: encodeMessage(tableOf('metrics.Metric'), {
        ...nonEmpty({ name, description, unit }),
        ...(metadata && { metadata: keyValuesOf(metadata) }),
      }),
      kind,
      data: encodeMessage(dataField(kind).message!, data),
    },
  });
}

/** The bytes of a data point of a kind; of its values, the one that goes with the kind is written. */
export function writePoint(kind: MetricKind, point: PointParts): Uint8Array {
  const message: Message = {
    attributes: keyValuesOf(point.attributes),
    ...times(point.startTime, point.time),
    ...(point.flags !== 0 && { flags: point.flags }),
    ...valuesOfKind(kind, point),
    ...(kind !== 'summary' && { exemplars: point.exemplars.map(exemplarOf) }),
  };
  return encodeMessage(dataField(kind).message!.byNumber[AT.point]!.message!, message);
}

function valuesOfKind(kind: MetricKind, point: PointParts): Message {
  if (kind === 'histogram') return point.histogram ? histogramOf(point.histogram) : {};
  if (kind === 'exponential_histogram')
    return point.exponentialHistogram ? exponentialOf(point.exponentialHistogram) : {};
  if (kind === 'summary') return point.summary ? summaryOf(point.summary) : {};
  return numberOf(point.value);
}

function numberOf(value: number | bigint | undefined): Message {
  if (value === undefined) return {};
  return typeof value === 'bigint' ? { asInt: value } : { asDouble: value };
}

function histogramOf({ count, explicitBounds, bucketCounts, ...extremes }: HistogramValue): Message {
  return { count, ...extremesOf(extremes), explicitBounds: [...explicitBounds], bucketCounts: [...bucketCounts] };
}

function exponentialOf({ count, scale, zeroCount, zeroThreshold, ...rest }: ExponentialHistogramValue): Message {
  return {
    ...{ count, ...extremesOf(rest), scale, zeroCount },
    ...(!Object.is(zeroThreshold, 0) && { zeroThreshold }),
    ...{ positive: bucketsOf(rest.positive), negative: bucketsOf(rest.negative) },
  };
}

function extremesOf({ sum, min, max }: { sum?: number; min?: number; max?: number }): Message {
  return { ...(sum !== undefined && { sum }), ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

const bucketsOf = ({ offset, bucketCounts }: ExponentialBuckets): Message => ({
  offset,
  bucketCounts: [...bucketCounts],
});

function summaryOf({ count, sum, quantiles }: SummaryValue): Message {
  return { count, sum, quantileValues: quantiles.map(({ quantile, value }) => ({ quantile, value })) };
}

function exemplarOf({ time, value, attributes, traceId, spanId }: Exemplar): Message {
  return {
    filteredAttributes: keyValuesOf(attributes),
    ...times(0n, time),
    ...numberOf(value),
    ...(spanId !== undefined && { spanId: Buffer.from(spanId, 'hex') }),
    ...(traceId !== undefined && { traceId: Buffer.from(traceId, 'hex') }),
  };
}

function times(start: bigint, time: bigint): Message {
  return { ...(start !== 0n && { startTimeUnixNano: start }), ...(time !== 0n && { timeUnixNano: time }) };
}

function nonEmpty(texts: Readonly<Record<string, string>>): Message {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
}
