import type { Exposition, Family, LabelPairs, Sample } from '../../sources/prometheus-scrape/exposition.ts';
import { type HistogramMetric, type Labels, type Metric, sumOf } from './model.ts';

/** What a reader of the exposition in the text format 0.0.4 finds in it, without writing and reading the text. */
export function expositionOf(metrics: readonly Metric[]): Exposition {
  const families = metrics.filter(({ series }) => series.size > 0).map(familyOf);
  return { families, samples: families.reduce((sum, { samples }) => sum + samples.length, 0) };
}

function familyOf(metric: Metric): Family {
  const { name, kind, help } = metric;
  const samples =
    metric.kind === 'histogram'
      ? histogramSamples(metric)
      : [...metric.series.values()].map(({ labels, value }) => ({ name, labels: pairsOf(labels), value }));
  return { name, type: kind, help, unit: '', samples };
}

function histogramSamples({ name, bounds, series }: HistogramMetric): Sample[] {
  return [...series.values()].flatMap((one) => {
    let total = 0;
    const buckets = one.counts.map((inside, k) => {
      total += inside;
      const le = k < bounds.length ? String(bounds[k]) : '+Inf';
      return { name: `${name}_bucket`, labels: pairsOf({ ...one.labels, le }), value: total };
    });
    const labels = pairsOf(one.labels);
    return [
      ...buckets,
      { name: `${name}_sum`, labels, value: sumOf(one) },
      { name: `${name}_count`, labels, value: one.count },
    ];
  });
}

function pairsOf(labels: Labels): LabelPairs {
  const tidy = Object.entries(labels).filter(([, value]) => value !== '');
  return tidy.toSorted(([a], [b]) => (a < b ? -1 : 1)).flat();
}
