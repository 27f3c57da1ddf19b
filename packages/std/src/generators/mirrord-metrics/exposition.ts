import type { Exposition, Family, LabelPairs, Sample } from '../../sources/prometheus-scrape/exposition.ts';
import { type HistogramMetric, type Labels, type Metric, sumOf } from './model.ts';

/** The labels of a series, in the order of their names; a series keeps them. */
export type KnownPairs = WeakMap<Labels, LabelPairs>;

/** What a reader of the exposition in the text format 0.0.4 finds in it, without writing and reading the text. */
export function expositionOf(metrics: readonly Metric[], known: KnownPairs = new WeakMap()): Exposition {
  const families = metrics.filter(({ series }) => series.size > 0).map((metric) => familyOf(metric, known));
  return { families, samples: families.reduce((sum, { samples }) => sum + samples.length, 0) };
}

function familyOf(metric: Metric, known: KnownPairs): Family {
  const { name, kind, help } = metric;
  const samples =
    metric.kind === 'histogram'
      ? histogramSamples(metric, known)
      : [...metric.series.values()].map(({ labels, value }) => ({ name, labels: pairsOf(labels, known), value }));
  return { name, type: kind, help, unit: '', samples };
}

function histogramSamples({ name, bounds, series }: HistogramMetric, known: KnownPairs): Sample[] {
  return [...series.values()].flatMap((one) => {
    const labels = pairsOf(one.labels, known);
    let total = 0;
    const buckets = one.counts.map((inside, k) => {
      total += inside;
      const le = k < bounds.length ? String(bounds[k]) : '+Inf';
      return { name: `${name}_bucket`, labels: withBound(labels, le), value: total };
    });
    return [
      ...buckets,
      { name: `${name}_sum`, labels, value: sumOf(one) },
      { name: `${name}_count`, labels, value: one.count },
    ];
  });
}

function pairsOf(labels: Labels, known: KnownPairs): LabelPairs {
  const pairs = known.get(labels) ?? sortedPairs(labels);
  known.set(labels, pairs);
  return pairs;
}

function sortedPairs(labels: Labels): LabelPairs {
  const tidy = Object.entries(labels).filter(([, value]) => value !== '');
  return tidy.toSorted(([a], [b]) => (a < b ? -1 : 1)).flat();
}

function withBound(pairs: LabelPairs, le: string): LabelPairs {
  let at = 0;
  while (at < pairs.length && pairs[at]! < 'le') at += 2;
  return pairs.toSpliced(at, 0, 'le', le);
}
