import type { Column, Condition, Grouping, Instead, LogQuery, MetricLine, MetricQuery } from '@tailrace/dashboards';

/** One label of /metrics and the field of the same name in the events. */
export const byComponent: Grouping = { field: 'component_id', size: 20, name: 'Component' };
export const byCode: Grouping = { field: 'code', size: 20, name: 'Code' };
export const byReason: Grouping = { field: 'reason', size: 20, name: 'Reason' };

/** What both Kibana and the local page ask, which have the events of `internal_stats` and no metrics. */
export function ofEvents(query: LogQuery, more: Omit<Instead, 'query'> = {}): { kibana: Instead; local: Instead } {
  const instead = { query, ...more };
  return { kibana: instead, local: instead };
}

export function records(
  record: 'process' | 'component' | 'errors' | 'discards',
  where: readonly Condition[],
  agg: LogQuery['agg'],
  ...by: readonly Grouping[]
): LogQuery {
  return { source: 'logs', where: [{ field: 'record', is: record }, ...where], agg, by };
}

export function overTime(...parts: Parameters<typeof records>): LogQuery {
  return { ...records(...parts), over: 'time' };
}

export function ofKind(...is: ('source' | 'transform' | 'sink')[]): Condition {
  return { field: 'component_kind', is };
}

export function sum(name: string, field: string): Column {
  return { op: 'sum', field, name };
}

export function max(name: string, field: string): Column {
  return { op: 'max', field, name };
}

export function min(name: string, field: string): Column {
  return { op: 'min', field, name };
}

/** The largest percentile of all readings of a step: percentiles cannot be made of percentiles. */
export function worst(field: string): LogQuery['agg'] {
  return [max('p50', `${field}.p50`), max('p95', `${field}.p95`), max('p99', `${field}.p99`)];
}

export function metrics(...lines: MetricQuery['lines']): MetricQuery {
  return { source: 'metrics', of: 'tailrace', lines };
}

type Labels = Readonly<Record<string, string>>;

const where = (labels: Labels) => Object.entries(labels).map(([label, is]) => ({ label, is }));

export function rate(name: string, metric: string, labels: Labels, ...by: readonly string[]): MetricLine {
  return { name, shape: 'rate', metric, where: where(labels), by };
}

export function increase(name: string, metric: string, labels: Labels, ...by: readonly string[]): MetricLine {
  return { name, shape: 'increase', metric, where: where(labels), by };
}

export function gauge(
  name: string,
  fold: 'sum' | 'min' | 'max',
  metric: string,
  ...by: readonly string[]
): Extract<MetricLine, { shape: 'gauge' }> {
  return { name, shape: 'gauge', fold, metric, by };
}

export function quantiles(metric: string): MetricQuery {
  const one = (percent: 50 | 95 | 99): MetricLine => ({ name: `p${percent}`, shape: 'quantile', metric, percent });
  return metrics(one(50), one(95), one(99));
}
