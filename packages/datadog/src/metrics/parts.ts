import type { ExponentialHistogramValue, HistogramValue, MetricPoint, SummaryValue } from '@tailrace/telemetry';
import { seriesKey, withSuffix } from './head.ts';
import { type Mark, secondsBetween } from './marks.ts';
import type { DistributionSheet, Head, SeriesSheet } from './sheet.ts';
import { type Bucket, bucketsOf, spread } from './spread.ts';
import { type Total, toNumber } from './totals.ts';

/** How metrics are shown in Datadog; the option of the same name says what each word means. */
export interface Shape {
  readonly counters: 'count' | 'rate';
  readonly histograms: 'distributions' | 'counters' | 'nobuckets';
  readonly quantiles: boolean;
  /** Most values of one histogram point in a distribution. */
  readonly maxValues: number;
}

/** The two addresses that metrics go to. */
export type Address = 'series' | 'distributions';

/** What is written to: only the sheet of the part's address is. */
export interface Sheets {
  readonly series: SeriesSheet;
  readonly distributions: DistributionSheet;
}

/** What a part writes: a change, the Unix second it is shown at, and over how many seconds it came about (`null`: not known). */
export type Write = (sheets: Sheets, total: Total, second: number, interval: number | null) => void;

/** What a point gives to one address. With a `key` its total is cumulative, and what is written is the change since the mark of that key. */
export interface Part {
  readonly address: Address;
  readonly key: string | null;
  readonly total: Total;
  readonly interval: number | null;
  readonly write: Write;
}

/** `refused`: how many of the point's values are no numbers that Datadog takes. */
export interface Parts {
  readonly parts: readonly Part[];
  readonly refused: number;
}

const NOTHING: Parts = { parts: [], refused: 0 };
const REFUSED: Parts = { parts: [], refused: 1 };
/** Of `flags`: nothing was recorded, the series has ended. */
const NO_RECORDED_VALUE = 1;

/** Takes a point apart into what Datadog has types for. */
export function partsOf(point: MetricPoint, head: Head, shape: Shape): Parts {
  if ((point.flags & NO_RECORDED_VALUE) !== 0) return NOTHING;
  if (point.value !== undefined) return numberParts(point, point.value, head, shape);
  if (point.histogram) return histogramParts(point, explicitTotal(point.histogram), point.histogram, head, shape);
  const { exponentialHistogram, summary } = point;
  if (exponentialHistogram) {
    return histogramParts(point, exponentialTotal(exponentialHistogram), exponentialHistogram, head, shape);
  }
  return summary ? summaryParts(point, summary, head, shape) : REFUSED;
}

/** The mark that a point leaves when a cumulative part of it is taken. */
export function markOf(point: MetricPoint, total: Total): Mark {
  return { time: point.time, start: point.startTime, total };
}

/** Sums that can fall are levels, so those are gauges as they come; increments are counts whatever their sign. */
function numberParts(point: MetricPoint, value: number | bigint, head: Head, shape: Shape): Parts {
  if (!Number.isFinite(toNumber(value))) return REFUSED;
  const isDelta = point.kind === 'sum' && point.temporality === 'delta';
  const isCounter = point.kind === 'sum' && point.isMonotonic && !isDelta;
  const total: Total = { kind: 'number', value };
  const write = isDelta || isCounter ? counterWriter(head, shape) : gaugeWriter(head);
  return { parts: [part('series', point, total, write, isCounter)], refused: 0 };
}

function histogramParts(
  point: MetricPoint,
  total: Total & { kind: 'histogram' | 'exponential' },
  { min, max, sum }: Pick<HistogramValue, 'min' | 'max' | 'sum'>,
  head: Head,
  shape: Shape,
): Parts {
  const isCumulative = point.temporality !== 'delta';
  // A cumulative extreme is that of the whole life of the series, and says nothing of the time since the last point.
  const extremes = isCumulative ? {} : { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
  const counted: Total = { kind: 'counted', count: total.count, sum: total.sum };
  const refused = sum !== undefined && total.sum === null ? 1 : 0;
  if (shape.histograms === 'counters') {
    return { parts: [part('series', point, total, countersWriter(head, extremes), isCumulative)], refused };
  }
  const parts = [part('series', point, counted, countersWriter(head, extremes), isCumulative)];
  if (shape.histograms === 'distributions') {
    parts.push(part('distributions', point, total, distributionWriter(head, extremes, shape.maxValues), isCumulative));
  }
  return { parts, refused };
}

function summaryParts(point: MetricPoint, summary: SummaryValue, head: Head, shape: Shape): Parts {
  const sum = finite(summary.sum);
  const counted: Total = { kind: 'counted', count: summary.count, sum };
  let refused = sum === null ? 1 : 0;
  const parts = [part('series', point, counted, countersWriter(head, {}), true)];
  // Prometheus says NaN for a quantile of no observations.
  const finiteOnes = summary.quantiles.filter(({ value }) => Number.isFinite(value));
  if (shape.quantiles) {
    refused += summary.quantiles.length - finiteOnes.length;
    for (const { quantile, value } of finiteOnes) {
      const write = gaugeWriter(withSuffix(head, 'quantile', [`quantile:${quantile}`]));
      parts.push(part('series', point, { kind: 'number', value }, write, false));
    }
  }
  return { parts, refused };
}

function part(address: Address, point: MetricPoint, total: Total, write: Write, isCumulative: boolean): Part {
  // The two addresses answer for themselves, so each has a mark of its own.
  const key = isCumulative ? `${seriesKey(point)}${address === 'distributions' ? '.d' : ''}` : null;
  const { startTime, time } = point;
  return { address, key, total, interval: startTime === 0n ? null : secondsBetween(startTime, time), write };
}

// ---- what is written --------------------------------------------------------------------------------------------------

function gaugeWriter(head: Head): Write {
  return ({ series }, total, second) => {
    if (total.kind === 'number') series.add('gauge', head, second, null, toNumber(total.value));
  };
}

/** A rate is what came per second; without an interval there is none to tell, and it is a count. */
function counterWriter(head: Head, { counters }: Shape): Write {
  return ({ series }, total, second, interval) => {
    if (total.kind !== 'number') return;
    const value = toNumber(total.value);
    if (counters === 'rate' && interval !== null) series.add('rate', head, second, interval, value / interval);
    else series.add('count', head, second, interval, value);
  };
}

interface Extremes {
  readonly min?: number;
  readonly max?: number;
}

/** `.count`, `.sum`, `.min`, `.max`, and of a histogram with its buckets `.bucket` with the tags `lower_bound` and `upper_bound`. */
function countersWriter(head: Head, { min, max }: Extremes): Write {
  // A number of observations has no unit of the observations.
  const { unit: _, ...plain } = head;
  const counts: Head = { ...plain, unit: undefined };
  return ({ series }, total, second, interval) => {
    if (total.kind === 'number') return;
    series.add('count', withSuffix(counts, 'count'), second, interval, toNumber(total.count));
    if (total.sum !== null) series.add('count', withSuffix(head, 'sum'), second, interval, total.sum);
    if (min !== undefined) series.add('gauge', withSuffix(head, 'min'), second, null, min);
    if (max !== undefined) series.add('gauge', withSuffix(head, 'max'), second, null, max);
    if (total.kind === 'counted') return;
    for (const bucket of bucketsOf(total)) {
      series.add('count', withSuffix(counts, 'bucket', boundTags(bucket)), second, interval, bucket.count);
    }
  };
}

function boundTags({ lower, upper }: Bucket): string[] {
  const text = (bound: number): string => (bound === Infinity ? 'inf' : bound === -Infinity ? '-inf' : String(bound));
  return [`lower_bound:${text(lower)}`, `upper_bound:${text(upper)}`];
}

function distributionWriter(head: Head, extremes: Extremes, maxValues: number): Write {
  return ({ distributions }, total, second) => {
    if (total.kind !== 'histogram' && total.kind !== 'exponential') return;
    const values = spread(bucketsOf(total), { sum: total.sum, ...extremes }, maxValues);
    if (values.length > 0) distributions.add(head, second, values);
  };
}

// ---- totals of what the wire has ---------------------------------------------------------------------------------------

function explicitTotal({ count, sum, explicitBounds, bucketCounts }: HistogramValue): Total & { kind: 'histogram' } {
  // Without buckets all that is known is the count: one bucket around everything.
  const counts = bucketCounts.length === 0 ? [Number(count)] : bucketCounts.map(Number);
  return { kind: 'histogram', count, sum: finite(sum), bounds: explicitBounds, counts };
}

function exponentialTotal(value: ExponentialHistogramValue): Total & { kind: 'exponential' } {
  const { count, sum, scale, zeroCount, positive, negative } = value;
  return {
    kind: 'exponential',
    ...{ count, sum: finite(sum), scale, zero: Number(zeroCount) },
    positive: { offset: positive.offset, counts: positive.bucketCounts.map(Number) },
    negative: { offset: negative.offset, counts: negative.bucketCounts.map(Number) },
  };
}

function finite(sum: number | undefined): number | null {
  return sum !== undefined && Number.isFinite(sum) ? sum : null;
}
