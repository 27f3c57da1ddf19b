import type { MetricKind, PointParts, Temporality } from '@tailrace/telemetry';
import { otlpExemplar } from './exemplar.ts';
import type { Exposition, Family, FamilyType, Sample } from './exposition.ts';
import { createdTimes, groupsOf, labelKey } from './groups.ts';
import { histogramOf, summaryOf } from './histogram.ts';
import type { JoinLabels, SeriesLabels } from './series-labels.ts';
import type { StartTimes } from './start-times.ts';
import { otlpUnit } from './units.ts';

/** What the points of a metric share, but for whose they are. */
export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: MetricKind;
  readonly temporality: Temporality;
  readonly isMonotonic: boolean;
  /** What Prometheus calls its kind. */
  readonly type: FamilyType;
}

/** Takes the points of a scrape, metric by metric. */
export interface PointTaker {
  point(metric: Metric, series: SeriesLabels, point: PointParts): void;
  /** Says that a line, or all of one series, cannot be part of a point. */
  refuse(name: string, reason: string): void;
}

/** One scrape, and what is known of the target. */
export interface Scrape {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly starts: StartTimes;
  readonly join: JoinLabels;
  readonly honorTimestamps: boolean;
}

type Kind = Pick<Metric, 'kind' | 'temporality' | 'isMonotonic'>;
const GAUGE: Kind = { kind: 'gauge', temporality: 'unspecified', isMonotonic: false };
const SUM: Kind = { kind: 'sum', temporality: 'cumulative', isMonotonic: false };
const KINDS: Readonly<Record<FamilyType, Kind>> = {
  counter: { ...SUM, isMonotonic: true },
  gauge: GAUGE,
  histogram: { ...SUM, kind: 'histogram' },
  // Not a thing of OTLP: each of its lines is a gauge.
  gaugehistogram: GAUGE,
  summary: { ...GAUGE, kind: 'summary' },
  info: SUM,
  stateset: SUM,
  unknown: GAUGE,
};
/** They describe the other metrics, and are none themselves. */
const DESCRIBING: readonly string[] = ['target_info', 'otel_scope_info'];

/**
 * Makes OTLP data points of an exposition, as OpenTelemetry's "Prometheus and OpenMetrics Compatibility" says; metrics keep the names
 * that their samples have.
 */
export function convert(exposition: Exposition, scrape: Scrape, to: PointTaker): void {
  const seen = new Set<string>();
  for (const family of exposition.families) {
    const kept = usable(family, scrape, seen, to);
    if (family.type === 'histogram' || family.type === 'summary') convertGroups(kept.family, scrape, to);
    else convertNumbers(kept, scrape, to);
  }
}

/** A family without the samples that cannot be used, and of the others what tells their series apart. */
interface Kept {
  readonly family: Family;
  readonly series: readonly string[];
}

/** As Prometheus keeps the first of two lines of one series and time; OTLP has no time before 1970. */
function usable(family: Family, scrape: Scrape, seen: Set<string>, to: PointTaker): Kept {
  const series: string[] = [];
  const samples = family.samples.filter((sample) => {
    const time = ownTime(sample, scrape);
    if (time !== undefined && time < 0n) {
      to.refuse(sample.name, 'a time before 1970');
      return false;
    }
    const key = seriesKey(sample.name, labelKey(sample.labels));
    const { size } = seen;
    if (seen.add(time === undefined ? key : `${key}\0\0${time}`).size === size) {
      to.refuse(sample.name, 'a series that is there twice');
      return false;
    }
    series.push(key);
    return true;
  });
  return { family: { ...family, samples }, series };
}

function seriesKey(name: string, labelsKey: string): string {
  return `${name}\0${labelsKey}`;
}

function ownTime(sample: Sample, { honorTimestamps }: Scrape): bigint | undefined {
  return honorTimestamps ? sample.time : undefined;
}

function convertNumbers({ family, series }: Kept, scrape: Scrape, to: PointTaker): void {
  const created = createdTimes(family);
  let metric: Metric | undefined;
  for (const [i, sample] of family.samples.entries()) {
    const { name, labels, value, exemplar } = sample;
    if (DESCRIBING.includes(name) || (family.type === 'counter' && name === `${family.name}_created`)) continue;
    if (metric?.name !== name) metric = metricOf(family, name);
    const { kind, isMonotonic } = metric;
    const time = ownTime(sample, scrape) ?? scrape.time;
    const since = created.size > 0 ? created.get(labelKey(labels)) : undefined;
    const whose = scrape.join(labels);
    // Only a counter can begin again.
    const counted = isMonotonic ? value : 0;
    to.point(metric, whose, {
      startTime: kind === 'sum' ? scrape.starts.of(series[i]!, counted, time, scrape.time, since) : 0n,
      ...{ time, attributes: whose.attributes, flags: 0, value },
      exemplars: exemplar && isMonotonic ? [otlpExemplar(exemplar, time)] : [],
    });
  }
}

function convertGroups(family: Family, scrape: Scrape, to: PointTaker): void {
  const created = createdTimes(family);
  const metric = metricOf(family, family.name);
  const groups = groupsOf(
    family,
    (sample) => ownTime(sample, scrape),
    (sample, reason) => to.refuse(sample.name, reason),
  );
  for (const group of groups) {
    const { labels, exemplars } = group;
    const time = group.time ?? scrape.time;
    const histogram = family.type === 'histogram' ? histogramOf(group) : undefined;
    const summary = family.type === 'summary' ? summaryOf(group) : undefined;
    const count = (histogram ?? summary)?.count;
    if (count === undefined) {
      to.refuse(family.name, `a ${family.type} without its count`);
      continue;
    }
    const key = labelKey(labels);
    const whose = scrape.join(labels);
    to.point(metric, whose, {
      startTime: scrape.starts.of(seriesKey(family.name, key), Number(count), time, scrape.time, created.get(key)),
      ...{ time, attributes: whose.attributes, flags: 0 },
      exemplars: exemplars.map((exemplar) => otlpExemplar(exemplar, time)),
      ...(histogram && { histogram }),
      ...(summary && { summary }),
    });
  }
}

function metricOf({ type, help, unit }: Family, name: string): Metric {
  return { name, description: help, unit: otlpUnit(unit), type, ...KINDS[type] };
}
