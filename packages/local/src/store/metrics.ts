import { hash } from 'node:crypto';
import type { Entry } from '@tailrace/telemetry';
import { areTexts, attributesOf, labelOf } from './attributes.ts';
import {
  isExact,
  type Json,
  type JsonObject,
  numberOf,
  objectOf,
  originOf,
  readRecords,
  textOf,
  wholeOf,
  without,
} from './otlp-records.ts';

/** A data point as a row, but for its time and place. What no column holds exactly stands in `details`, as OTLP/JSON. */
export interface MetricRow extends Measurement {
  /** Microseconds since 1970; `null` where unknown. */
  readonly start: bigint | null;
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
  readonly description: string;
  /** `null` of gauges, summaries and what does not say it. */
  readonly temporality: string | null;
  readonly monotonic: boolean;
  readonly labels: ReadonlyMap<string, string>;
  /** Equal for points of one series: of equal name, kind, labels, resource and scope. */
  readonly series: bigint;
  readonly details: string;
}

/** `null`: the point does not say it, or says that nothing was recorded. */
interface Measurement {
  readonly value: number | null;
  readonly count: number | null;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Upper bounds but the last, which is infinite; `buckets` has one more and is not cumulative. */
  readonly bounds: readonly number[] | null;
  readonly buckets: readonly number[] | null;
}

/** Rows of data points, by entry; where one cannot be read, a text says why. */
export function metricRows(entries: readonly Entry[]): readonly (MetricRow | string)[] {
  const rows: (MetricRow | string)[] = [];
  const { groups, refused } = readRecords('metrics', entries);
  for (const { above, records, entries: places } of groups) {
    const shared = sharedOf(above);
    for (const [k, record] of records.entries()) rows[places[k]!] = rowOf(shared, record);
  }
  for (const [entry, reason] of refused) rows[entry] = reason;
  return rows;
}

// ---- what points share ------------------------------------------------------------------------------------------------

interface Shared {
  readonly columns: Pick<MetricRow, 'name' | 'kind' | 'unit' | 'description' | 'temporality' | 'monotonic'>;
  readonly job: string;
  readonly instance: string;
  /** What tells series apart but their labels. */
  readonly identity: string;
  /** Members of `details`. */
  readonly details: JsonObject;
}

const KINDS: Readonly<Record<string, string>> = {
  gauge: 'gauge',
  sum: 'sum',
  histogram: 'histogram',
  exponentialHistogram: 'exponential_histogram',
  summary: 'summary',
};
const TEMPORALITIES: readonly (string | null)[] = [null, 'delta', 'cumulative'];

function sharedOf([resource = {}, scope = {}, metric = {}, data = {}]: readonly JsonObject[]): Shared {
  const kind = Object.keys(KINDS).find((name) => metric[name] !== undefined) ?? '';
  const temporality = TEMPORALITIES[numberOf(data['aggregationTemporality']) ?? 0] ?? null;
  const columns = {
    ...{ name: textOf(metric['name']), unit: textOf(metric['unit']), description: textOf(metric['description']) },
    ...{ kind: KINDS[kind]!, temporality, monotonic: data['isMonotonic'] === true },
  };
  const owner = attributesOf(objectOf(resource['resource'])['attributes']);
  const service = labelOf(owner.get('service.name') ?? {});
  const namespace = labelOf(owner.get('service.namespace') ?? {});
  const { attributes, name, version } = objectOf(scope['scope']);
  const described = { name: columns.name, kind, temporality, monotonic: columns.monotonic };
  return {
    columns,
    // As OpenTelemetry's “Prometheus and OpenMetrics Compatibility” joins them.
    job: namespace === '' || service === '' ? service : `${namespace}/${service}`,
    instance: labelOf(owner.get('service.instance.id') ?? {}),
    identity: JSON.stringify([described, sorted(owner), name ?? '', version ?? '', sorted(attributesOf(attributes))]),
    details: {
      ...originOf(resource, scope),
      ...(metric['metadata'] !== undefined && { metadata: metric['metadata'] }),
    },
  };
}

/** In the order of their keys: equal attributes are equal in any order. */
function sorted(attributes: ReadonlyMap<string, JsonObject>): readonly (readonly [string, string])[] {
  return sortedByKey(Array.from(attributes, ([key, value]) => [key, JSON.stringify(value)] as const));
}

function sortedByKey<T extends readonly [string, string]>(pairs: T[]): T[] {
  return pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
}

// ---- a point ----------------------------------------------------------------------------------------------------------

/** Nothing was recorded: the series has ended. */
const NO_RECORDED_VALUE = 1;
const NOTHING: Measurement = {
  ...{ value: null, count: null, sum: null, min: null, max: null },
  ...{ bounds: null, buckets: null },
};
/** Members of a point that columns hold whatever they are. */
const TIMES = ['startTimeUnixNano', 'timeUnixNano'];

function rowOf(shared: Shared, point: JsonObject): MetricRow {
  const labels = labelsOf(shared, point['attributes']);
  const start = wholeOf(point['startTimeUnixNano']) / 1000n;
  const isRecorded = ((numberOf(point['flags']) ?? 0) & NO_RECORDED_VALUE) === 0;
  const measured = isRecorded ? measure(shared.columns.kind, point) : { row: NOTHING, held: [] };
  const held = [...TIMES, ...measured.held];
  if (areTexts(point['attributes'])) held.push('attributes');
  return {
    ...shared.columns,
    ...measured.row,
    ...{ start: start === 0n ? null : start, labels, series: seriesOf(shared, labels) },
    details: JSON.stringify({ ...shared.details, ...without(point, held) }),
  };
}

/** The point's own attributes win over what its resource says of the target. */
function labelsOf({ job, instance }: Shared, attributes: Json | undefined): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [key, value] of attributesOf(attributes)) labels.set(key, labelOf(value));
  if (job !== '' && !labels.has('job')) labels.set('job', job);
  if (instance !== '' && !labels.has('instance')) labels.set('instance', instance);
  return labels;
}

function seriesOf({ identity }: Shared, labels: ReadonlyMap<string, string>): bigint {
  const text = JSON.stringify([identity, sortedByKey([...labels])]);
  return hash('sha256', text, 'buffer').readBigUInt64LE(0);
}

/** The values of a point, and the members that they say all of. */
interface Measured {
  readonly row: Measurement;
  readonly held: readonly string[];
}

function measure(kind: string, point: JsonObject): Measured {
  if (kind === 'gauge' || kind === 'sum') {
    const { asInt, asDouble } = point;
    const held = ['asDouble', ...(isExact(asInt) ? ['asInt'] : [])];
    return { row: { ...NOTHING, value: numberOf(asInt ?? asDouble) }, held };
  }
  const count = point['count'] ?? '0';
  const row = { ...NOTHING, count: numberOf(count), sum: numberOf(point['sum']) };
  const held = ['sum', ...(isExact(count) ? ['count'] : [])];
  // A sum of no observations is 0, and proto3 leaves it out where it cannot be absent.
  if (kind === 'summary') return { row: { ...row, sum: row.sum ?? 0 }, held };
  const extremes = { min: numberOf(point['min']), max: numberOf(point['max']) };
  held.push('min', 'max');
  if (kind !== 'histogram') return { row: { ...row, ...extremes }, held };
  return { row: { ...row, ...extremes, ...bucketsOf(point, held) }, held };
}

/** A histogram without bounds has one bucket; one whose buckets do not go with its bounds keeps both in `details`. */
function bucketsOf(point: JsonObject, held: string[]): Pick<Measurement, 'bounds' | 'buckets'> {
  const bounds = numbersOf(point['explicitBounds']);
  const given = point['bucketCounts'];
  const counts = Array.isArray(given) && given.length > 0 ? (given as readonly Json[]) : [point['count'] ?? '0'];
  if (counts.length !== bounds.length + 1) return { bounds: null, buckets: null };
  held.push('explicitBounds');
  if (counts.every(isExact)) held.push('bucketCounts');
  return { bounds, buckets: numbersOf(counts) };
}

function numbersOf(list: Json | undefined): number[] {
  return Array.isArray(list) ? (list as readonly Json[]).map((item) => numberOf(item) ?? 0) : [];
}
