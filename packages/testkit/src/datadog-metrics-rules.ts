import { type IntakeAnswer, type IntakeRoute, refusal } from './datadog-route.ts';

/** A series of metrics as it stood in a request. */
export type TakenSeries = Readonly<Record<string, unknown>>;

/** What is stored of one series: a value per second, the last one that came; its type is `count`, `rate`, `gauge` or `distribution`. */
export interface StoredSeries {
  readonly metric: string;
  readonly type: string;
  readonly tags: readonly string[];
  readonly host: string | undefined;
  readonly points: Map<number, number>;
  /** Of a distribution: all values that came, whenever they did. */
  readonly values: number[];
}

/** What the intake took of metrics, as the service would store it. */
export interface TakenMetrics {
  /** The bodies that were accepted. */
  readonly bodies: { readonly path: string; readonly text: string }[];
  /** By metric, host and tags. */
  readonly stored: Map<string, StoredSeries>;
  /** Points that were accepted and dropped, for their time. */
  readonly dropped: { readonly metric: string; readonly timestamp: number }[];
  /** Metadata by metric. */
  readonly metadata: Map<string, Readonly<Record<string, unknown>>>;
  /** How many of the next accepted requests are answered 500 all the same, as a service does that fails between storing and answering. */
  answersLost: number;
}

/** Nothing yet. */
export function takenMetrics(): TakenMetrics {
  return { bodies: [], stored: new Map(), dropped: [], metadata: new Map(), answersLost: 0 };
}

/** The stored series of a metric, or of all. */
export function storedSeries(taken: TakenMetrics, metric?: string): StoredSeries[] {
  return [...taken.stored.values()].filter((series) => metric === undefined || series.metric === metric);
}

/** What a metric's points add up to, over all its series. */
export function storedSum(taken: TakenMetrics, metric: string): number {
  return storedSeries(taken, metric)
    .flatMap(({ points }) => [...points.values()])
    .reduce((sum, value) => sum + value, 0);
}

/** “The maximum payload size is 500 kilobytes (512000 bytes)” (https://docs.datadoghq.com/api/latest/metrics/#submit-metrics). */
const MAX_PACKED_BYTES = 512_000;
/** “Compressed payloads must have a decompressed size of less than 5 megabytes (5242880 bytes)” (same page). */
const MAX_BYTES = 5_242_879;
/** “cannot be more than ten minutes in the future or more than one hour in the past” (same page, `points`). */
const MAX_AHEAD_SECONDS = 600;
const MAX_AGE_SECONDS = 3600;
/** “should not exceed 200 characters” (https://docs.datadoghq.com/metrics/custom_metrics/#naming-custom-metrics). */
const METRIC = /^[a-zA-Z][a-zA-Z0-9_.]{0,199}$/;
/** 0 unspecified, 1 count, 2 rate, 3 gauge (MetricIntakeType, same page as the sizes). */
const TYPES = ['unspecified', 'count', 'rate', 'gauge'];

/** The paths that take metrics, and that of their metadata; `appKey` is the application key that is known. */
export function metricsRoutes(taken: TakenMetrics, appKey = 'app key'): IntakeRoute[] {
  return [
    {
      method: 'POST',
      path: /^\/api\/v2\/series$/,
      ...{ maxBytes: MAX_BYTES, maxPackedBytes: MAX_PACKED_BYTES },
      // MetricContentEncoding (same page, header Content-Encoding); without one a body is plain.
      encodings: ['identity', 'deflate', 'gzip', 'zstd1'],
      answer: (request) => accept(taken, request.path, request.body, takeSeries),
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/distribution_points$/,
      ...{ maxBytes: MAX_BYTES, maxPackedBytes: MAX_PACKED_BYTES },
      // DistributionPointsContentEncoding (https://docs.datadoghq.com/api/latest/metrics/#submit-distribution-points).
      encodings: ['identity', 'deflate'],
      answer: (request) => accept(taken, request.path, request.body, takeDistribution),
    },
    {
      // https://docs.datadoghq.com/api/latest/metrics/#edit-metric-metadata: needs an application key; 404 for an unknown metric.
      method: 'PUT',
      path: /^\/api\/v1\/metrics\/[^/]+$/,
      encodings: ['identity'],
      answer({ path, headers, body }) {
        if (headers['dd-application-key'] !== appKey) return refusal(403, 'Forbidden');
        const metric = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
        if (storedSeries(taken, metric).length === 0) return refusal(404, 'Not found');
        const metadata = JSON.parse(body.toString()) as Record<string, unknown>;
        taken.metadata.set(metric, metadata);
        return { status: 200, body: metadata };
      },
    },
  ];
}

type Take = (taken: TakenMetrics, series: TakenSeries) => void;

function accept(taken: TakenMetrics, path: string, body: Buffer, take: Take): IntakeAnswer {
  const series = seriesOf(body);
  if (!series) return refusal(400, 'Payload is not in the expected format: a JSON object with the list `series`');
  for (const [index, one] of series.entries()) {
    const fault = take === takeSeries ? seriesFault(one) : distributionFault(one);
    if (fault) return refusal(400, `series ${index}: ${fault}`);
  }
  for (const one of series) take(taken, one);
  taken.bodies.push({ path, text: body.toString() });
  if (taken.answersLost === 0) return { status: 202, body: { errors: [] } };
  taken.answersLost--;
  return refusal(500, 'Internal error');
}

function seriesOf(body: Buffer): TakenSeries[] | undefined {
  try {
    const { series } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as { series?: unknown };
    return Array.isArray(series) ? (series as TakenSeries[]) : undefined;
  } catch {
    return undefined;
  }
}

/** `metric` and `points` are required, all else has a type (MetricSeries, same page as the sizes). */
function seriesFault({ metric, type, points, tags, interval, unit, resources }: TakenSeries): string | undefined {
  if (typeof metric !== 'string' || !METRIC.test(metric)) return `the name ${JSON.stringify(metric)} is not allowed`;
  if (type !== undefined && TYPES[type as number] === undefined) return `the type ${JSON.stringify(type)} is not known`;
  if (interval !== undefined && !(Number.isInteger(interval) && (interval as number) > 0))
    return 'interval is no int64';
  if (unit !== undefined && typeof unit !== 'string') return 'unit is no string';
  if (!areTexts(tags)) return 'tags are no strings';
  for (const resource of (resources ?? []) as Record<string, unknown>[]) {
    if (typeof resource['type'] !== 'string' || typeof resource['name'] !== 'string') return 'a resource is incomplete';
  }
  if (!Array.isArray(points)) return 'has no points';
  const wrong = (points as Record<string, unknown>[]).find(
    ({ timestamp, value }) => !Number.isInteger(timestamp) || typeof value !== 'number',
  );
  return wrong && `a point is ${JSON.stringify(wrong)}`;
}

/** `metric` and `points`, tuples of a time and a list of values, are required (DistributionPointsSeries). */
function distributionFault({ metric, type, points, tags, host }: TakenSeries): string | undefined {
  if (typeof metric !== 'string' || !METRIC.test(metric)) return `the name ${JSON.stringify(metric)} is not allowed`;
  if (type !== undefined && type !== 'distribution') return `the type ${JSON.stringify(type)} is not known`;
  if (host !== undefined && typeof host !== 'string') return 'host is no string';
  if (!areTexts(tags)) return 'tags are no strings';
  if (!Array.isArray(points)) return 'has no points';
  const wrong = (points as unknown[]).find((point) => !isDistributionPoint(point));
  return wrong === undefined ? undefined : `a point is ${JSON.stringify(wrong)}`;
}

function isDistributionPoint(point: unknown): boolean {
  if (!Array.isArray(point) || point.length !== 2) return false;
  const [time, values] = point as [unknown, unknown];
  return Number.isInteger(time) && Array.isArray(values) && values.every((value) => typeof value === 'number');
}

function areTexts(tags: unknown): boolean {
  return tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'));
}

function isDropped(taken: TakenMetrics, metric: string, timestamp: number): boolean {
  const now = Date.now() / 1000;
  if (timestamp >= now - MAX_AGE_SECONDS - 1 && timestamp <= now + MAX_AHEAD_SECONDS) return false;
  taken.dropped.push({ metric, timestamp });
  return true;
}

function entryOf(taken: TakenMetrics, metric: string, type: string, series: TakenSeries): StoredSeries {
  const resources = (series['resources'] ?? []) as { type: string; name: string }[];
  const host = (series['host'] as string | undefined) ?? resources.find((one) => one.type === 'host')?.name;
  const tags = ((series['tags'] ?? []) as string[]).toSorted();
  const key = JSON.stringify([metric, host, tags]);
  const known = taken.stored.get(key) ?? { metric, type, tags, host, points: new Map(), values: [] };
  taken.stored.set(key, known);
  return known;
}

/** Of two values of a series in one second the later one stays (github.com/vectordotdev/vector/issues/13867 tells of it). */
function takeSeries(taken: TakenMetrics, series: TakenSeries): void {
  const metric = series['metric'] as string;
  const entry = entryOf(taken, metric, TYPES[(series['type'] as number | undefined) ?? 0] ?? '', series);
  for (const { timestamp, value } of series['points'] as { timestamp: number; value: number }[]) {
    if (!isDropped(taken, metric, timestamp)) entry.points.set(timestamp, value);
  }
}

function takeDistribution(taken: TakenMetrics, series: TakenSeries): void {
  const metric = series['metric'] as string;
  const entry = entryOf(taken, metric, 'distribution', series);
  for (const [timestamp, values] of series['points'] as [number, number[]][]) {
    if (!isDropped(taken, metric, timestamp)) for (const value of values) entry.values.push(value);
  }
}
