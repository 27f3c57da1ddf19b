import type { StoredPoint } from '../../packages/dashboards/src/sql/metrics.fixture.ts';

/** Readings of one line of Prometheus' text format: its labels, and what it said at which Unix second. */
export interface Readings {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: number])[];
  readonly grows: boolean;
}

/** The data points that scrapes of these lines make: a series per line, of a histogram one with all its buckets. */
export function storedPoints(lines: readonly Readings[]): StoredPoint[] {
  const isBucket = ({ name, labels }: Readings) => name.endsWith('_bucket') && labels['le'] !== undefined;
  const numbers = lines.filter((line) => !isBucket(line));
  const histograms = [...Map.groupBy(lines.filter(isBucket), seriesOf).values()];
  return [
    ...numbers.flatMap(({ name, labels, values, grows }, series) =>
      values.map(([seconds, value]): StoredPoint => {
        return { series, name, labels, time: seconds * 1000, value, ...(grows && { temporality: 'cumulative' }) };
      }),
    ),
    ...histograms.flatMap((buckets, k) => histogramPoints(buckets, numbers.length + k)),
  ];
}

function seriesOf({ name, labels: { le: _, ...labels } }: Readings): string {
  return JSON.stringify([name, labels]);
}

function histogramPoints(buckets: readonly Readings[], series: number): StoredPoint[] {
  const rising = buckets.toSorted((a, b) => boundOf(a) - boundOf(b));
  const { name, labels, values } = rising[0]!;
  const { le: _, ...own } = labels;
  return values.map(([seconds], at) => {
    const counts = rising.map((bucket) => bucket.values[at]![1]);
    return {
      ...{ series, name: name.replace(/_bucket$/, ''), labels: own, time: seconds * 1000, temporality: 'cumulative' },
      bounds: rising.map(boundOf).filter(Number.isFinite),
      buckets: counts.map((count, k) => count - (counts[k - 1] ?? 0)),
    };
  });
}

function boundOf({ labels }: Readings): number {
  return labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
}
