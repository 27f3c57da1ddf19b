/** The signals of OTLP that have a service of their own here. */
export type OtlpSignal = 'logs' | 'metrics' | 'traces';

/** How a body of OTLP/HTTP is written: `application/x-protobuf` or `application/json`. */
export type Encoding = 'protobuf' | 'json';

/** The kinds of a metric, as the members of `Metric.data` are named. */
export type MetricKind = 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary';

/**
 * What neighbouring records share, each part as protobuf bytes with its unknown fields. `resource` is a ResourceLogs/-Metrics/-Spans
 * without its scopes (so with `schema_url`), `scope` a ScopeLogs/-Metrics/-Spans without its records.
 */
export interface Envelope {
  readonly resource: Uint8Array;
  readonly scope: Uint8Array;
  /** Of a data point: `head` is the Metric without its data, `data` the Gauge, Sum, … without its points. */
  readonly metric?: { readonly head: Uint8Array; readonly kind: MetricKind; readonly data: Uint8Array };
}

/** One record (LogRecord, Span or data point) and the packed envelope it belongs under. */
export interface Entry {
  readonly envelope: Uint8Array;
  readonly record: Uint8Array;
}

/** A request in pieces. `text` is the body itself: the records are views on it, byte for byte. */
export interface Cut {
  readonly text: Uint8Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly length: number;
  /** Packed envelopes, no two of them equal, and which one each record has. */
  readonly envelopes: readonly Uint8Array[];
  readonly envelope: Uint32Array;
  /** Unix seconds and nanoseconds of each record: a log's time (else when it was observed), a point's time, a span's start; 0 where there is none. */
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
}

/**
 * Log records as JSON events. `ownTime` is 1 where the record says when it happened (`time_unix_nano`); where it is 0, the time is when
 * it was observed, else that of reading.
 */
export interface LogEvents {
  readonly text: Uint8Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly length: number;
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  readonly ownTime: Uint8Array;
}

/** A value of an attribute: 64-bit integers are bigint, doubles number, bytes Uint8Array; the empty value is null. */
export type AnyValue = string | boolean | bigint | number | Uint8Array | null | readonly AnyValue[] | Attributes;

/** Attributes in their order; of equal keys the last one stands. */
export type Attributes = ReadonlyMap<string, AnyValue>;

/** A measurement that went into a point. Ids are lowercase hex, times nanoseconds since 1970. */
export interface Exemplar {
  readonly time: bigint;
  readonly value?: number | bigint;
  readonly attributes: Attributes;
  readonly traceId?: string;
  readonly spanId?: string;
}

/** A histogram with bounds: `bucketCounts` has one more than `explicitBounds`, or both are empty. */
export interface HistogramValue {
  readonly count: bigint;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly explicitBounds: readonly number[];
  readonly bucketCounts: readonly bigint[];
}

/** Bucket i counts values in (b^(offset+i), b^(offset+i+1)], b = 2^(2^-scale). */
export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly bigint[];
}

export interface ExponentialHistogramValue {
  readonly count: bigint;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly scale: number;
  readonly zeroCount: bigint;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
}

export interface SummaryValue {
  readonly count: bigint;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

/** Whether values count from the last report on (delta) or from a fixed start (cumulative). */
export type Temporality = 'unspecified' | 'delta' | 'cumulative';

/** What a point says of itself. One of the values is set as the metric's kind wants it, none where nothing was recorded. Times are nanoseconds since 1970, 0n where unknown. */
export interface PointParts {
  readonly startTime: bigint;
  readonly time: bigint;
  readonly attributes: Attributes;
  /** Bit 0: nothing was recorded, the series has ended. */
  readonly flags: number;
  /** Of a gauge or sum: bigint for an integer, number for a double. */
  readonly value?: number | bigint;
  readonly histogram?: HistogramValue;
  readonly exponentialHistogram?: ExponentialHistogramValue;
  readonly summary?: SummaryValue;
  readonly exemplars: readonly Exemplar[];
}

/** What the points of a metric share. */
export interface MetricParts {
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version: string; readonly attributes: Attributes };
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: MetricKind;
  /** `unspecified` for gauges and summaries. */
  readonly temporality: Temporality;
  /** Only a sum can be. */
  readonly isMonotonic: boolean;
  /** What the metric brings from the system it comes from, such as its type there. */
  readonly metadata?: Attributes;
}

/** A data point with all that stands above it. */
export interface MetricPoint extends MetricParts, PointParts {}

/** The part of an answer that says what was not taken; nothing rejected with a message is a warning. */
export interface PartialSuccess {
  readonly rejected: bigint;
  readonly message: string;
}

/** google.rpc.Status; `retryAfterMs` is the delay of its RetryInfo, whole milliseconds. */
export interface RpcStatus {
  /** A code of gRPC. */
  readonly code: number;
  readonly message: string;
  readonly retryAfterMs?: number;
}
