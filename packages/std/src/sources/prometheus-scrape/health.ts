import type { Metric, PointTaker } from './convert.ts';
import type { JoinLabels } from './series-labels.ts';

/** How a scrape went. */
export interface ScrapeHealth {
  readonly isUp: boolean;
  readonly seconds: number;
  /** Lines with a value. */
  readonly samples: number;
}

const gauge = (name: string, description: string, unit = ''): Metric => ({
  ...{ name, description, unit, kind: 'gauge', temporality: 'unspecified', isMonotonic: false, type: 'gauge' },
});
const UP = gauge('up', 'Whether the target could be scraped: 1, else 0.');
const DURATION = gauge('scrape_duration_seconds', 'How long the scrape took.', 's');
const SAMPLES = gauge('scrape_samples_scraped', 'Samples that the target exposed.');

/** The points that a scrape adds about itself, under the names that Prometheus gives them. */
export function addHealth({ isUp, seconds, samples }: ScrapeHealth, time: bigint, join: JoinLabels, to: PointTaker) {
  const series = join([]);
  const add = (metric: Metric, value: number) =>
    to.point(metric, series, { startTime: 0n, time, attributes: series.attributes, flags: 0, value, exemplars: [] });
  add(UP, isUp ? 1 : 0);
  add(DURATION, seconds);
  add(SAMPLES, samples);
}
