import { labelsOf } from '../grafana/promql.ts';
import type { Dashboard, MetricExpression } from '../model.ts';
import { stepOf, type View } from '../view.ts';
import { bigint, identifier, text } from './quote.ts';

/** An expression over one metric. */
export type SimpleExpression = Exclude<MetricExpression, { shape: 'ratio' | 'difference' }>;

/** Where an expression is asked. */
export interface MetricPlace {
  readonly table: string;
  /** In front of metric names. */
  readonly prefix: string;
  /** Labels that the viewer narrowed, and to what. */
  readonly chosen: readonly { readonly label: string; readonly values: readonly string[] }[];
  /** Labels that the whole line keeps apart: the columns k1, k2, … are theirs, in this order. */
  readonly labels: readonly string[];
  readonly view: View;
  readonly over: 'time' | 'stat';
}

/** Microseconds for which a value is believed when no newer one comes, as in Prometheus; and the longest time between two points over which a rate is known. */
export const STALE = 300_000_000;

/** The columns of a place's groups: k1, k2, …. */
export function keysOf({ labels }: Pick<MetricPlace, 'labels'>): string[] {
  return labels.map((_, at) => `k${at + 1}`);
}

/** The begin and the end of the time shown, and the length of a step, in microseconds. */
export function microsOf({ view, over }: MetricPlace): { from: number; to: number; step: number } {
  const step = over === 'time' ? stepOf(view) : view.to - view.from;
  return { from: view.from * 1000, to: view.to * 1000, step: step * 1000 };
}

/** What the dashboard's variables narrow of metrics. */
export function chosenLabels({ variables }: Dashboard, { chosen = {} }: View): MetricPlace['chosen'] {
  return variables.flatMap(({ name, label_name: label }) => {
    const values = chosen[name] ?? [];
    return label === undefined || values.length === 0 ? [] : [{ label, values }];
  });
}

/** The points of a metric between two times in microseconds, the second not in it: `series`, the groups, `us` their time, and `columns`. */
export function pointsSelect(
  expression: SimpleExpression,
  place: MetricPlace,
  [from, to]: readonly [number, number],
  columns: readonly string[],
): string {
  const { where = [] } = expression;
  const labels = labelsOf(expression);
  const keys = labels.map((label) => `k${place.labels.indexOf(label) + 1}`);
  const groups = labels.map((label, at) => `${labelValue(label)} AS ${keys[at]}`);
  const named = whereNamed(`${place.prefix}${expression.metric}`, [from, to]);
  const labelled = whereLabelled(where, place.chosen);
  const table = identifier(place.table);
  const points = [...keys, 'epoch_us(time) AS us', ...columns];
  if (keys.length === 0 && labelled.length === 0)
    return `SELECT ${['series', ...points].join(', ')} FROM ${table} WHERE ${named}`;
  // To look labels up is dear, and all points of a series have the same: those of one are looked at.
  const first = `SELECT min(rowid) FROM ${table} WHERE ${named} GROUP BY series`;
  const whole = `SELECT ${['series', ...groups].join(', ')} FROM ${table} WHERE ${[`rowid IN (${first})`, ...labelled].join(' AND ')}`;
  return `SELECT ${['series', ...points].join(', ')} FROM ${table} JOIN (${whole}) USING (series) WHERE ${named}`;
}

/** The points of a name and a time in microseconds, as SQL. */
export function whereNamed(name: string, [from, to]: readonly [number, number]): string {
  const times = `time >= make_timestamp(${bigint(from)}) AND time < make_timestamp(${bigint(to)})`;
  return `${times} AND name = ${text(name)}`;
}

/** The points of series with these labels, as SQL. */
export function whereLabelled(
  labels: readonly { readonly label: string; readonly is: string }[],
  chosen: MetricPlace['chosen'],
): string[] {
  return [
    ...labels.map(({ label, is }) => `${labelValue(label)} = ${text(is)}`),
    // The empty alternative: a metric without this label is not narrowed by it.
    ...chosen.map(({ label, values }) => `${labelValue(label)} IN ('', ${values.map(text).join(', ')})`),
  ];
}

/** A series without a label is in the group of the empty value. */
function labelValue(label: string): string {
  return `coalesce(labels[${text(label)}], '')`;
}
