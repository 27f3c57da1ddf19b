/** Names and values of labels, in the order in which they are printed. */
export type Labels = Readonly<Record<string, string>>;

/** Series of one metric that only has a number. */
export interface NumberMetric {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly series: Map<string, { readonly labels: Labels; value: number }>;
}

/** Where an observation came from: printed as an exemplar where the format knows them. */
export interface Trace {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
}

/** What one series of a histogram has counted; sums are kept in thousandths, which add up exactly. */
export interface HistogramSeries {
  readonly labels: Labels;
  /** Per bound, and one above all of them; not cumulative. */
  readonly counts: number[];
  sumThousandths: number;
  count: number;
  /** The last observation of each bucket that came with a trace. */
  readonly traces: (Trace | undefined)[];
}

/** Series of one metric with buckets. */
export interface HistogramMetric {
  readonly name: string;
  readonly help: string;
  readonly kind: 'histogram';
  readonly bounds: readonly number[];
  readonly series: Map<string, HistogramSeries>;
}

export type Metric = NumberMetric | HistogramMetric;

/** An empty counter or gauge. */
export function numberMetric(kind: NumberMetric['kind'], name: string, help: string): NumberMetric {
  return { kind, name, help, series: new Map() };
}

/** An empty histogram. */
export function histogramMetric(name: string, help: string, bounds: readonly number[]): HistogramMetric {
  return { kind: 'histogram', name, help, bounds, series: new Map() };
}

/** Adds to a series, which is there from its first addition on, even of 0. */
export function add(metric: NumberMetric, labels: Labels, amount: number): void {
  const key = JSON.stringify(labels);
  const series = metric.series.get(key) ?? { labels, value: 0 };
  series.value += amount;
  metric.series.set(key, series);
}

/** Observes a value given in thousandths. */
export function observe(metric: HistogramMetric, labels: Labels, thousandths: number, trace?: Omit<Trace, 'value'>) {
  const key = JSON.stringify(labels);
  const buckets = metric.bounds.length + 1;
  const fresh: HistogramSeries = {
    ...{ labels, counts: new Array<number>(buckets).fill(0), sumThousandths: 0, count: 0 },
    traces: new Array<undefined>(buckets).fill(undefined),
  };
  const series = metric.series.get(key) ?? fresh;
  metric.series.set(key, series);
  const value = thousandths / 1000;
  const above = metric.bounds.findIndex((bound) => value <= bound);
  const bucket = above < 0 ? metric.bounds.length : above;
  series.counts[bucket]! += 1;
  series.count += 1;
  series.sumThousandths += thousandths;
  if (trace) series.traces[bucket] = { ...trace, value };
}

/** A sum as a number: thousandths are exact, their quotient is the nearest double. */
export function sumOf({ sumThousandths }: HistogramSeries): number {
  return sumThousandths / 1000;
}
