import { type Decoded, decodeMessage, type Message } from './decode.ts';
import { unpackEnvelope } from './envelope.ts';
import { OtlpError } from './error.ts';
import { type MessageName, tableOf } from './tables.ts';
import type {
  Exemplar,
  ExponentialBuckets,
  MetricKind,
  MetricParts,
  MetricPoint,
  PointParts,
  Temporality,
} from './types.ts';
import { attributesOf } from './values.ts';

const DATA: Readonly<Record<MetricKind, { readonly data: MessageName; readonly point: MessageName }>> = {
  gauge: { data: 'metrics.Gauge', point: 'metrics.NumberDataPoint' },
  sum: { data: 'metrics.Sum', point: 'metrics.NumberDataPoint' },
  histogram: { data: 'metrics.Histogram', point: 'metrics.HistogramDataPoint' },
  exponential_histogram: {
    data: 'metrics.ExponentialHistogram',
    point: 'metrics.ExponentialHistogramDataPoint',
  },
  summary: { data: 'metrics.Summary', point: 'metrics.SummaryDataPoint' },
};
const TEMPORALITIES: readonly Temporality[] = ['unspecified', 'delta', 'cumulative'];

/** A data point as values, with its resource, scope and metric; throws an {@link OtlpError}. */
export function readPoint(envelope: Uint8Array, record: Uint8Array): MetricPoint {
  const parts = readMetricEnvelope(envelope);
  return { ...parts, ...readPointParts(parts.kind, record) };
}

/** What an envelope says of all its points. */
function readMetricEnvelope(envelope: Uint8Array): MetricParts {
  const { resource, scope, metric } = unpackEnvelope(envelope);
  if (!metric) throw new OtlpError('an envelope without a metric', 0);
  const head = decodeMessage(tableOf('metrics.Metric'), metric.head);
  const data = decodeMessage(tableOf(DATA[metric.kind].data), metric.data);
  const within = message(decodeMessage(tableOf('metrics.ScopeMetrics'), scope)['scope']);
  const owner = message(decodeMessage(tableOf('metrics.ResourceMetrics'), resource)['resource']);
  const metadata = attributesOf(head['metadata']);
  return {
    resource: attributesOf(owner['attributes']),
    scope: {
      name: text(within['name']),
      version: text(within['version']),
      attributes: attributesOf(within['attributes']),
    },
    ...{ name: text(head['name']), description: text(head['description']), unit: text(head['unit']) },
    kind: metric.kind,
    temporality: TEMPORALITIES[number(data['aggregationTemporality'])] ?? 'unspecified',
    isMonotonic: data['isMonotonic'] === true,
    ...(metadata.size > 0 && { metadata }),
  };
}

/** A data point of a metric of that kind, alone; throws an {@link OtlpError}. */
function readPointParts(kind: MetricKind, record: Uint8Array): PointParts {
  const point = decodeMessage(tableOf(DATA[kind].point), record);
  return {
    startTime: whole(point['startTimeUnixNano']),
    time: whole(point['timeUnixNano']),
    attributes: attributesOf(point['attributes']),
    flags: number(point['flags']),
    ...measurementOf(kind, point),
    exemplars: messages(point['exemplars']).map(exemplarOf),
  };
}

function measurementOf(kind: MetricKind, point: Message): Partial<PointParts> {
  if (kind === 'gauge' || kind === 'sum') return numberOf(point);
  const common = { count: whole(point['count']), ...measured(point) };
  if (kind === 'histogram') {
    const explicitBounds = (point['explicitBounds'] ?? []) as number[];
    return { histogram: { ...common, explicitBounds, bucketCounts: (point['bucketCounts'] ?? []) as bigint[] } };
  }
  if (kind === 'summary') {
    const quantiles = messages(point['quantileValues']).map(({ quantile, value }) => ({
      quantile: number(quantile),
      value: number(value),
    }));
    return { summary: { count: common.count, sum: number(point['sum']), quantiles } };
  }
  const exponentialHistogram = {
    ...{ ...common, scale: number(point['scale']), zeroCount: whole(point['zeroCount']) },
    zeroThreshold: number(point['zeroThreshold']),
    ...{ positive: bucketsOf(point['positive']), negative: bucketsOf(point['negative']) },
  };
  return { exponentialHistogram };
}

/** Sum, least and greatest value, where they are there. */
function measured(point: Message): { sum?: number; min?: number; max?: number } {
  const there = (['sum', 'min', 'max'] as const).filter((name) => point[name] !== undefined);
  return Object.fromEntries(there.map((name) => [name, number(point[name])]));
}

function bucketsOf(value: Decoded | undefined): ExponentialBuckets {
  const { offset, bucketCounts = [] } = message(value);
  return { offset: number(offset), bucketCounts: bucketCounts as bigint[] };
}

function numberOf({ asDouble, asInt }: Message): { value?: number | bigint } {
  if (asInt !== undefined) return { value: asInt as bigint };
  return asDouble === undefined ? {} : { value: asDouble as number };
}

function exemplarOf(exemplar: Message): Exemplar {
  const { traceId, spanId } = exemplar;
  return {
    time: whole(exemplar['timeUnixNano']),
    ...numberOf(exemplar),
    attributes: attributesOf(exemplar['filteredAttributes']),
    ...(hasBytes(traceId) && { traceId: hexOf(traceId) }),
    ...(hasBytes(spanId) && { spanId: hexOf(spanId) }),
  };
}

function hasBytes(value: Decoded | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

// The tables have chosen the types; these fill in what proto3 leaves out.
const text = (value: Decoded | undefined) => (value ?? '') as string;
const number = (value: Decoded | undefined) => (value ?? 0) as number;
const whole = (value: Decoded | undefined) => (value ?? 0n) as bigint;
const message = (value: Decoded | undefined) => (value ?? {}) as Message;
const messages = (value: Decoded | undefined) => (value ?? []) as Message[];
