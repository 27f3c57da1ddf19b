import type { MetricExpression } from '@tailrace/dashboards';
import type { LinearSeries } from './linear-series.ts';

type Simple = Exclude<MetricExpression, { shape: 'ratio' | 'difference' }>;

const BOUNDS = ['0.1', '0.5', '1', '5', '30', '+Inf'];

/**
 * Made-up series for all that these lines read: several per group, some beside what their conditions let through, each
 * with a number of its own. That tailrace has metrics of these names is the contract's business.
 */
export function seriesFor(lines: readonly MetricExpression[]): LinearSeries[] {
  const parts = lines.flatMap(simpleParts);
  const byMetric = Map.groupBy(parts, ({ metric }) => metric);
  return [...byMetric].flatMap(([metric, uses], at) => {
    const values = new Map<string, Set<string>>();
    for (const { by = [], where = [] } of uses) {
      for (const label of by) values.set(label, values.get(label) ?? new Set(['a', 'b']));
      for (const { label, is } of where) values.set(label, (values.get(label) ?? new Set(['a', 'b'])).add(is));
    }
    const grows = uses.some(({ shape }) => shape !== 'gauge');
    const isHistogram = uses.some(({ shape }) => shape === 'quantile' || shape === 'buckets');
    return combinations([...values, ['instance', new Set(['one', 'two'])]]).flatMap((labels, k) => {
      const value = ((at + 1) * 7 + k * 3) % 23;
      if (!isHistogram) return [{ name: metric, labels, value, grows }];
      return BOUNDS.map((le, bound) => ({
        ...{
          name: `${metric}_bucket`,
          labels: { ...labels, le },
          value: (bound + 1) * (value + 1) + bound * bound,
          grows,
        },
      }));
    });
  });
}

function simpleParts(expression: MetricExpression): Simple[] {
  if (expression.shape === 'ratio') return [expression.over, expression.under].flatMap(simpleParts);
  if (expression.shape === 'difference') return [expression.from, expression.minus].flatMap(simpleParts);
  return [expression];
}

function combinations(labels: readonly (readonly [string, ReadonlySet<string>])[]): Record<string, string>[] {
  const [first, ...rest] = labels;
  if (first === undefined) return [{}];
  const [name, values] = first;
  return combinations(rest).flatMap((others) => [...values].map((value) => ({ [name]: value, ...others })));
}
