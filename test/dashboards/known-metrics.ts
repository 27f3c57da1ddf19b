import type { MetricExpression } from '@tailrace/dashboards';
import { growth, type LinearSeries } from './linear-series.ts';

/** What a metric line must show: per group of labels, a number or, of a percentile, the bucket it is in. */
export type KnownVector = ReadonlyMap<string, number | KnownBucket>;

/** Above `from`, at most `to`. */
export interface KnownBucket {
  readonly from: number;
  readonly to: number;
}

/** How a line is asked: a rate looks back, an increase is that over so many seconds. */
export interface Asked {
  readonly prefix: string;
  readonly increaseSeconds: number;
}

type Simple = Exclude<MetricExpression, { shape: 'ratio' | 'difference' }>;

/** The labels of a group as text, in the order of their names. */
export function groupKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a metric line says of linear series, from its words and not from PromQL. */
export function knownVector(expression: MetricExpression, all: readonly LinearSeries[], asked: Asked): KnownVector {
  switch (expression.shape) {
    case 'ratio': {
      const [over, under] = [expression.over, expression.under].map((part) => numbers(part, all, asked));
      const defined = [...under!].filter(([, number]) => number > 0);
      const ratios = defined.map(([key, number]) => [key, (over!.get(key) ?? 0) / number] as const);
      return new Map(ratios.map(([key, ratio]) => [key, Math.min(ratio, expression.atMost ?? Infinity)]));
    }
    case 'difference': {
      const [from, minus] = [expression.from, expression.minus].map((part) => numbers(part, all, asked));
      return new Map([...from!].map(([key, number]) => [key, number - (minus!.get(key) ?? 0)]));
    }
    case 'quantile': {
      const groups = grouped(expression, '_bucket', all, asked);
      return new Map([...groups].map(([key, own]) => [key, bucketOf(own, expression.percent / 100)]));
    }
    case 'buckets':
      return summed(
        { ...expression, by: ['le', ...(expression.by ?? [])] },
        '_bucket',
        all,
        asked,
        asked.increaseSeconds,
      );
    case 'gauge': {
      const groups = grouped(expression, '', all, asked);
      const { fold, scale = 1 } = expression;
      return new Map(
        [...groups].map(([key, own]) => [
          key,
          folded(
            fold,
            own.map(({ value }) => value),
          ) * scale,
        ]),
      );
    }
    default:
      return summed(expression, '', all, asked, expression.shape === 'rate' ? 1 : asked.increaseSeconds);
  }
}

function numbers(
  expression: MetricExpression,
  all: readonly LinearSeries[],
  asked: Asked,
): ReadonlyMap<string, number> {
  return new Map([...knownVector(expression, all, asked)].map(([key, value]) => [key, Number(value)]));
}

function summed(expression: Simple, suffix: string, all: readonly LinearSeries[], asked: Asked, seconds: number) {
  const groups = grouped(expression, suffix, all, asked);
  return new Map(
    [...groups].map(([key, own]) => [
      key,
      folded(
        'sum',
        own.map((each) => growth(each, seconds)),
      ),
    ]),
  );
}

function grouped(expression: Simple, suffix: string, all: readonly LinearSeries[], { prefix }: Asked) {
  const { metric, where = [], by = [] } = expression;
  const own = all.filter(
    ({ name, labels }) =>
      name === `${prefix}${metric}${suffix}` && where.every(({ label, is }) => labels[label] === is),
  );
  return Map.groupBy(own, ({ labels }) =>
    // A series without a label is in the group without it.
    groupKey(Object.fromEntries(by.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]])))),
  );
}

function folded(fold: 'sum' | 'min' | 'max' | 'avg', values: readonly number[]): number {
  if (fold === 'min') return Math.min(...values);
  if (fold === 'max') return Math.max(...values);
  const sum = values.reduce((total, value) => total + value, 0);
  return fold === 'avg' ? sum / values.length : sum;
}

/** The bucket that holds the observation of this rank; above the last bound there is only that bound to name. */
function bucketOf(buckets: readonly LinearSeries[], share: number): KnownBucket {
  const counts = new Map<number, number>();
  for (const { labels, value } of buckets) {
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
    counts.set(bound, (counts.get(bound) ?? 0) + value);
  }
  const bounds = [...counts.keys()].toSorted((a, b) => a - b);
  const rank = share * counts.get(Infinity)!;
  const at = bounds.findIndex((bound) => counts.get(bound)! >= rank);
  if (bounds[at] === Infinity) return { from: bounds[at - 1]!, to: bounds[at - 1]! };
  return { from: bounds[at - 1] ?? 0, to: bounds[at]! };
}
