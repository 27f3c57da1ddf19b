import type {
  Column,
  Condition,
  Dashboard,
  Grouping,
  LogQuery,
  MetricLine,
  MetricQuery,
  Parameters,
} from '../model.ts';
import { fieldName } from '../parameters.ts';
import type { JsonObject } from './json.ts';
import { baseOf, luceneOf, variableClauses } from './lucene.ts';
import { labelsOf, metricPrefix, promqlOf } from './promql.ts';

/** What targets are made with. */
export interface Setting {
  readonly dashboard: Dashboard;
  readonly parameters: Parameters;
}

/** The template variables that the data sources are chosen by. */
export const PROMETHEUS = { type: 'prometheus', uid: `\${prometheus_datasource}` };
export const ELASTICSEARCH = { type: 'elasticsearch', uid: `\${elasticsearch_datasource}` };
/** Expressions of Grafana's own. */
const EXPRESSION = { type: '__expr__', uid: '__expr__' };
export const TIME_FIELD = '@timestamp';

/** A, B, C: how a panel's targets are told apart. */
export function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

/** Columns that one query can answer together: those with equal conditions of their own, in the order of the first of each. */
export function sameConditions(columns: readonly Column[]): (readonly [Column, ...Column[]])[] {
  const groups = new Map<string, [Column, ...Column[]]>();
  for (const column of columns) {
    const key = JSON.stringify(column.where ?? []);
    const group = groups.get(key);
    if (group) group.push(column);
    else groups.set(key, [column]);
  }
  return [...groups.values()];
}

/** A query whose answer is a row per group: one row where there are no groups. */
export function rowsTarget(
  index: number,
  columns: readonly [Column, ...Column[]],
  query: LogQuery,
  sizes: readonly number[],
  setting: Setting,
): JsonObject {
  const groups = query.by ?? [];
  const order = orderOf(columns[0]);
  const buckets = groups.map((group, k) => terms(group, k, sizes[k] ?? group.size, order, setting.parameters));
  return {
    ...logTarget(index, [...query.where, ...(columns[0].where ?? [])], setting),
    metrics: columns.map((column, k) => metricOf(column, k, setting.parameters)),
    bucketAggs: buckets.length > 0 ? buckets : [WHOLE],
  };
}

/** A query whose answer is one column over time, a series per group. */
export function seriesTarget(index: number, column: Column, query: LogQuery, setting: Setting): JsonObject {
  const [group] = query.by ?? [];
  const names = [
    ...(query.agg.length > 1 || !group ? [column.name] : []),
    ...(group ? [`{{term ${fieldName(group.field, setting.parameters)}}}`] : []),
  ];
  return {
    ...logTarget(index, [...query.where, ...(column.where ?? [])], setting),
    alias: names.join(' '),
    metrics: [metricOf(column, 0, setting.parameters)],
    bucketAggs: [
      ...(group ? [terms(group, 1, group.size, orderOf(column), setting.parameters)] : []),
      dateHistogram('9'),
    ],
  };
}

/** Two running counts and their difference; only the last is drawn. */
export function runningTargets(query: LogQuery, columns: readonly [Column, Column], setting: Setting): JsonObject[] {
  const counts = columns.map((column, k) => ({
    ...logTarget(k, [...query.where, ...(column.where ?? [])], setting),
    hide: true,
    alias: column.name,
    metrics: [
      { ...metricOf(column, 0, setting.parameters), hide: true },
      { id: '2', type: 'cumulative_sum', field: '1' },
    ],
    bucketAggs: [dateHistogram('9')],
  }));
  const difference = { refId: refId(2), datasource: EXPRESSION, type: 'math', expression: '$A - $B', hide: false };
  return [...counts, difference];
}

/** The newest events as rows. */
export function eventsTarget(where: readonly Condition[], size: number, setting: Setting): JsonObject {
  return {
    ...logTarget(0, where, setting),
    metrics: [{ id: '1', type: 'raw_data', settings: { size: String(size) } }],
    bucketAggs: [],
  };
}

/** How metric queries are asked. */
export type Asking = 'over-time' | 'over-time-buckets' | 'now' | 'now-as-rows';

/** A query for each line of a metric query. */
export function metricTargets(query: MetricQuery, asking: Asking, setting: Setting, limit?: number): JsonObject[] {
  const isNow = asking === 'now' || asking === 'now-as-rows';
  const context = {
    prefix: metricPrefix(query.of, setting.parameters),
    window: isNow ? '$__range' : '$__rate_interval',
    ...(!isNow && { step: '$__interval_ms / 1000' }),
    variables: setting.dashboard.variables.flatMap(({ name, label_name: label }) =>
      label === undefined ? [] : [{ label, variable: name }],
    ),
  };
  return query.lines.map((line, k) => {
    const expression =
      asking === 'now' ? orZeroWhileAlive(line, query.of, promqlOf(line, context)) : promqlOf(line, context);
    const labels = labelsOf(line).map((label) => `{{${label}}}`);
    const names = [...(query.lines.length > 1 || labels.length === 0 ? [line.name] : []), ...labels];
    return {
      refId: refId(k),
      datasource: PROMETHEUS,
      editorMode: 'code',
      expr: limit === undefined ? expression : `topk(${limit}, ${expression})`,
      legendFormat: asking === 'over-time-buckets' ? '{{le}}' : names.join(' '),
      format: asking === 'over-time-buckets' ? 'heatmap' : asking === 'now-as-rows' ? 'table' : 'time_series',
      instant: isNow,
      range: !isNow,
    };
  });
}

/** Nothing was counted yet: 0 while there is a tailrace to count, and no data without one. mirrord has no metric that is always there. */
function orZeroWhileAlive(line: MetricLine, of: MetricQuery['of'], text: string): string {
  const isCount = (line.shape === 'rate' || line.shape === 'increase') && labelsOf(line).length === 0;
  return isCount && of === 'tailrace' ? `${text} or 0 * max(tailrace_build_info)` : text;
}

function logTarget(index: number, where: readonly Condition[], { dashboard, parameters }: Setting) {
  const clauses = variableClauses(dashboard.variables, parameters);
  return {
    refId: refId(index),
    datasource: ELASTICSEARCH,
    query: luceneOf(baseOf(dashboard, where), parameters, clauses),
    timeField: TIME_FIELD,
  };
}

// One bucket from 1970 to 2286: a table without groups, so unique counts and percentiles are those of the whole time, not sums
// or means of steps. Grafana refuses metrics without buckets, and reads no rows out of a lone `filters`.
const WHOLE = {
  id: '9',
  type: 'histogram',
  field: TIME_FIELD,
  settings: { interval: '10000000000000', min_doc_count: '1' },
};

function dateHistogram(id: string) {
  const settings = { interval: 'auto', min_doc_count: '0', trimEdges: '0' };
  return { id, type: 'date_histogram', field: TIME_FIELD, settings };
}

function terms(group: Grouping, index: number, size: number, order: string, parameters: Parameters) {
  const settings = { order: 'desc', orderBy: order, size: String(size), min_doc_count: '1' };
  return { id: String(20 + index), type: 'terms', field: fieldName(group.field, parameters), settings };
}

function orderOf(column: Column): string {
  if (column.op === 'count') return '_count';
  return column.op === 'percentile' ? `1[${column.percent}.0]` : '1';
}

function metricOf(column: Column, index: number, parameters: Parameters): JsonObject {
  const id = String(index + 1);
  switch (column.op) {
    case 'count':
      return { id, type: 'count' };
    case 'last_seen':
      return { id, type: 'max', field: TIME_FIELD };
    case 'percentile':
      return {
        ...{ id, type: 'percentiles', field: fieldName(column.field, parameters) },
        settings: { percents: [String(column.percent)] },
      };
    case 'cardinality':
      return {
        ...{ id, type: 'cardinality', field: fieldName(column.field, parameters) },
        settings: { precision_threshold: '3000' },
      };
    default:
      return { id, type: column.op, field: fieldName(column.field, parameters) };
  }
}

/** What Grafana calls the column of an aggregation in a table. */
export function columnTitle(column: Column, parameters: Parameters): string {
  switch (column.op) {
    case 'count':
      return 'Count';
    case 'cardinality':
      return 'Unique Count';
    case 'percentile':
      return `p${column.percent}.0 ${fieldName(column.field, parameters)}`;
    case 'avg':
      return 'Average';
    case 'last_seen':
      return 'Max';
    default:
      return { sum: 'Sum', min: 'Min', max: 'Max' }[column.op];
  }
}
