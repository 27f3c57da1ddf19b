import { type HistogramMetric, type Metric, type NumberMetric, sumOf } from './mirrord-metrics/model.ts';
import { createOperator } from './mirrord-metrics/operator.ts';
import { printOpenMetrics, printText } from './mirrord-metrics/print.ts';

/** How expositions are written. */
export type MirrordMetricsFormat = 'text' | 'openmetrics';

/** What a metric of a scrape adds up to, over all its series. */
export type MirrordMetricAnswer =
  | { readonly kind: 'counter' | 'gauge'; readonly series: number; readonly sum: number }
  | {
      readonly kind: 'histogram';
      readonly series: number;
      readonly count: number;
      readonly sum: number;
      readonly bounds: readonly number[];
      /** Per bound, and one above all of them; not cumulative. */
      readonly buckets: readonly number[];
    };

/** What a correct scraper finds in a scrape, by metric. */
export interface MirrordMetricsAnswers {
  /** Which scrape it is, from 1 on. */
  readonly scrape: number;
  /** Lines with a value in the text format. */
  readonly samples: number;
  readonly metrics: Readonly<Record<string, MirrordMetricAnswer>>;
}

/** The metrics of a mirrord operator, scrape by scrape. */
export interface MirrordMetrics {
  /** The exposition of the next scrape. */
  next(format: MirrordMetricsFormat): string;
  /** What the last scrape says. */
  answers(): MirrordMetricsAnswers;
}

/** Makes the metrics of an operator; the n-th scrape of equal seeds is always the same. Series come one by one, counters never fall. */
export function mirrordMetrics(options: { readonly seed?: string | number } = {}): MirrordMetrics {
  const operator = createOperator(options.seed ?? 1);
  let scrape = 0;
  return {
    next(format) {
      scrape++;
      operator.tick();
      return format === 'text' ? printText(operator.metrics) : printOpenMetrics(operator.metrics);
    },
    answers: () => answersOf(scrape, operator.metrics),
  };
}

function answersOf(scrape: number, metrics: readonly Metric[]): MirrordMetricsAnswers {
  const present = metrics.filter(({ series }) => series.size > 0);
  const linesOf = (metric: Metric) => metric.series.size * (metric.kind === 'histogram' ? metric.bounds.length + 3 : 1);
  return {
    scrape,
    samples: present.reduce((sum, metric) => sum + linesOf(metric), 0),
    metrics: Object.fromEntries(
      present.map((metric) => [metric.name, metric.kind === 'histogram' ? histogramAnswer(metric) : answer(metric)]),
    ),
  };
}

function answer({ kind, series }: NumberMetric): MirrordMetricAnswer {
  return { kind, series: series.size, sum: [...series.values()].reduce((sum, { value }) => sum + value, 0) };
}

function histogramAnswer({ kind, bounds, series }: HistogramMetric): MirrordMetricAnswer {
  const all = [...series.values()];
  const thousandths = all.reduce((sum, one) => sum + one.sumThousandths, 0);
  return {
    ...{ kind, series: series.size, bounds },
    count: all.reduce((sum, { count }) => sum + count, 0),
    sum: sumOf({ ...all[0]!, sumThousandths: thousandths }),
    buckets: Array.from({ length: bounds.length + 1 }, (_, k) => all.reduce((sum, { counts }) => sum + counts[k]!, 0)),
  };
}
