import type { View } from '@tailrace/dashboards';
import type { GrafanaTarget } from '../../packages/dashboards/src/grafana/lint.fixture.ts';

type Clause = Record<string, unknown>;

/** Values by name of a column, as Grafana's tables name them. */
export type GrafanaRow = Record<string, string | number | null>;

/**
 * What Grafana's Elasticsearch data source asks for a target, its end of time not in it.
 * https://github.com/grafana/grafana/blob/main/pkg/tsdb/elasticsearch/data_query.go
 */
export function requestOf(target: GrafanaTarget, view: View): Clause {
  const { metrics = [], bucketAggs = [] } = target;
  const range = { '@timestamp': { gte: view.from, lte: view.to - 1, format: 'epoch_millis' } };
  const string = { query: chosen(target.query ?? '', view), analyze_wildcard: true };
  const query = { bool: { filter: [{ range }, { query_string: string }] } };
  if (metrics[0]!.type === 'raw_data') return { size: Number(metrics[0]!.settings!['size']), query };
  const numbers = metricAggs(metrics);
  const aggs = bucketAggs.reduceRight<Clause>(
    (inner, bucket) => ({ [bucket.id]: bucketAgg(bucket, metrics, inner, view) }),
    numbers,
  );
  return { size: 0, query, aggs };
}

/** What a table shows of an answer: https://github.com/grafana/grafana/blob/main/pkg/tsdb/elasticsearch/response_parser.go */
export function rowsOf(target: GrafanaTarget, answer: { aggregations?: Clause }): GrafanaRow[] {
  const walk = (level: Clause, depth: number, row: GrafanaRow): GrafanaRow[] => {
    const bucket = target.bucketAggs?.[depth];
    if (bucket === undefined) return [{ ...row, ...numbersOf(target, level) }];
    const { buckets } = level[bucket.id] as { buckets: (Clause & { key: string | number })[] };
    // A key is text, or as text, but in the innermost table column, which is made text by a transformation.
    return buckets.flatMap((each) => walk(each, depth + 1, { ...row, [bucket.field]: each.key }));
  };
  return walk(answer.aggregations ?? {}, 0, {});
}

/** With variables of the default format `lucene`: all, or a list of quoted values. */
function chosen(query: string, { chosen: choices = {} }: View): string {
  return query.replace(/\$\{(\w+):lucene\}/g, (_, name: string) => {
    const values = choices[name] ?? [];
    if (values.length === 0) return '* OR *:*';
    return `(${values.map((value) => `"${value.replace(/([!*+\-=<>\s&|()[\]{}^~?:\\/"])/g, '\\$1')}"`).join(' OR ')})`;
  });
}

function metricAggs(metrics: NonNullable<GrafanaTarget['metrics']>): Clause {
  const aggs: Clause = {};
  for (const { id, type, field, settings } of metrics) {
    if (type === 'count') continue;
    const summed = metrics.find((metric) => metric.id === field)?.type === 'count' ? '_count' : field;
    aggs[id] = type === 'cumulative_sum' ? { [type]: { buckets_path: summed } } : { [type]: { field, ...settings } };
  }
  return aggs;
}

type Bucket = NonNullable<GrafanaTarget['bucketAggs']>[number];

function bucketAgg(
  { type, field, settings }: Bucket,
  metrics: NonNullable<GrafanaTarget['metrics']>,
  aggs: Clause,
  { from, to }: View,
): Clause {
  if (type === 'histogram')
    return { histogram: { field, interval: Number(settings['interval']), min_doc_count: 1 }, aggs };
  if (type === 'date_histogram') {
    const bounds = { extended_bounds: { min: from, max: to - 1 }, format: 'epoch_millis' };
    return { date_histogram: { field, fixed_interval: '60000ms', min_doc_count: 0, ...bounds }, aggs };
  }
  const by = settings['orderBy'] ?? '';
  // The metric that groups are ordered by stands in each of them, without its settings.
  const ordering = metrics.filter(({ id }) => id === /^\d+/.exec(by)?.[0]);
  const rank = Object.fromEntries(ordering.map(({ id, type: kind, field: of }) => [id, { [kind]: { field: of } }]));
  const terms = { field, size: Number(settings['size']), order: { [by]: settings['order'] }, min_doc_count: 1 };
  return { terms, aggs: { ...rank, ...aggs } };
}

const TITLES: Record<string, string> = {
  ...{ count: 'Count', cardinality: 'Unique Count', avg: 'Average', max: 'Max', min: 'Min', sum: 'Sum' },
};

function numbersOf({ metrics = [] }: GrafanaTarget, bucket: Clause): GrafanaRow {
  return Object.fromEntries(
    metrics.flatMap(({ id, type, field }) => {
      if (type === 'count') return [['Count', bucket['doc_count'] as number]];
      const { value = null, values = {} } = bucket[id] as { value?: number; values?: Record<string, number | null> };
      if (type !== 'percentiles') return [[TITLES[type] ?? type, value]];
      return Object.entries(values).map(([percent, each]) => [`p${percent} ${field}`, each]);
    }),
  );
}
