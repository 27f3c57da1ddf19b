import type { AnswerRow, Column, GroupValue, LogQuery, MetricQuery, TimeseriesPanel } from '@tailrace/dashboards';
import type { NumbersAnswer, NumbersTable } from '@tailrace/local';

/** Three steps of a minute. */
export const TIMES = [60_000, 120_000, 180_000];

export function logsOverTime(agg: Column, ...groupings: string[]): LogQuery {
  const by = groupings.map((field) => ({ field, size: 10, name: field }));
  return { source: 'logs', where: [], agg: [agg], by, over: 'time' };
}

export function answerOf(...tables: NumbersTable[]): NumbersAnswer {
  return { kind: 'numbers', from: 60_000, to: 240_000, step: 60_000, tables };
}

export function tableOfRows(name: string, columns: readonly string[], ...rows: AnswerRow[]): NumbersTable {
  return { name, groups: [], columns, rows };
}

/** A value of a group at a time. */
export function row(time: number | undefined, groups: readonly GroupValue[], ...columns: (number | null)[]): AnswerRow {
  return { groups, columns, ...(time !== undefined && { time }) };
}

export function timeseries(query: LogQuery | MetricQuery, more: Partial<TimeseriesPanel> = {}): TimeseriesPanel {
  return {
    ...{ kind: 'timeseries', id: 'panel', title: 'Panel', description: '', width: 12, height: 8 },
    ...{ unit: 'none', draw: 'line', query },
    ...more,
  };
}
