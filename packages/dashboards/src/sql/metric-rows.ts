import { labelsOf } from '../grafana/promql.ts';
import type { MetricExpression } from '../model.ts';
import type { AnswerRow, GroupValue } from '../view.ts';
import type { SqlValue } from './rows.ts';

/** What tells the groups of a metric line apart: its labels, of buckets the upper bound `le` in front. */
export function metricGroups(line: MetricExpression): string[] {
  return [...(line.shape === 'buckets' ? ['le'] : []), ...labelsOf(line)];
}

/**
 * The rows of an answer to `metricSqlOf`; of buckets the first group is a number, Infinity for the last, which clients may hand out as text. The number is that `at` its place `of` several. Throws an Error when
 * they are not of its form.
 */
export function readMetricRows(
  line: MetricExpression,
  over: 'time' | 'stat',
  rows: readonly (readonly SqlValue[])[],
  [at, of]: readonly [number, number] = [0, 1],
): AnswerRow[] {
  const groups = metricGroups(line).length;
  const isBuckets = line.shape === 'buckets';
  const times = over === 'time' ? 1 : 0;
  return rows.map((row) => {
    const width = groups + times + of;
    if (row.length !== width) throw new Error(`expected ${width} columns, not ${row.length}`);
    const value = row[groups + times + at] ?? null;
    return {
      groups: row.slice(0, groups).map((group, k) => (isBuckets && k === 0 ? Number(group) : (group as GroupValue))),
      ...(times === 1 && { time: Number(row[groups]) }),
      columns: [value === null || !Number.isFinite(Number(value)) ? null : Number(value)],
    };
  });
}
