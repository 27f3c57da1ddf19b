import type { AnswerRow, Column, LogQuery, TablePanel, ToplistPanel, Unit } from '@tailrace/dashboards';
import type { NumbersAnswer, NumbersTable } from '@tailrace/local';
import { formatMoment, formatTime } from '../format/time.ts';
import { formatValue } from '../format/unit.ts';
import { groupText } from './series-of-answer.ts';
import type { TableCell, TableData } from './table-data.ts';

/** A table panel as it is shown: a row per group, a column per grouping and per number. */
export function tableOf(panel: TablePanel, answer: NumbersAnswer): TableData {
  const { query } = panel;
  return query.source === 'logs' ? ofLogs(panel, query, answer) : ofMetrics(panel.unit, answer.tables);
}

function ofLogs({ drillDown, unit }: TablePanel, { by = [], agg }: LogQuery, { tables, to }: NumbersAnswer): TableData {
  const linked = by.findIndex(({ name }) => name === drillDown);
  const rows = (tables[0]?.rows ?? []).map(({ groups, columns }) => [
    ...groups.map(
      (value, at): TableCell => ({
        ...{ value: typeof value === 'number' ? value : String(value), text: groupText(value) },
        ...(at === linked && { clicked: { groups: groups.slice(0, at + 1) } }),
      }),
    ),
    ...columns.map((value, at) => numberCell(value, agg[at], unit, to)),
  ]);
  const groupings = by.map(({ name }) => ({ name, numeric: false }));
  return { columns: [...groupings, ...agg.map(({ name }) => ({ name, numeric: true }))], rows };
}

/** Lines side by side: rows of the same labels are one row, whichever lines have it. */
function ofMetrics(unit: Unit, tables: readonly NumbersTable[]): TableData {
  const labels = [...new Set(tables.flatMap(({ groups }) => groups))];
  const rows = new Map<string, { names: readonly string[]; values: (number | null)[] }>();
  for (const [line, table] of tables.entries()) {
    for (const row of table.rows) {
      const names = labels.map((label) => labelOf(row, table, label));
      const key = JSON.stringify(names);
      const known = rows.get(key) ?? { names, values: tables.map(() => null) };
      known.values[line] = row.columns[0] ?? null;
      rows.set(key, known);
    }
  }
  const cells = [...rows.values()].map(({ names, values }) => [
    ...names.map((text) => ({ text, value: text })),
    ...values.map((value) => ({ value, text: formatValue(value, unit) })),
  ]);
  const columns = labels.map((name) => ({ name, numeric: false }));
  return { columns: [...columns, ...tables.map(({ name }) => ({ name, numeric: true }))], rows: cells };
}

function labelOf({ groups }: AnswerRow, table: NumbersTable, label: string): string {
  const value = groups[table.groups.indexOf(label)];
  return value === undefined ? '' : String(value);
}

/** A time of the day on which the time shown ends is said without that day. */
function numberCell(value: number | null, column: Column | undefined, unit: Unit, now: number): TableCell {
  if (column?.op !== 'last_seen' || value === null) return { value, text: formatValue(value, column?.unit ?? unit) };
  return { value, text: formatMoment(value, now), title: formatTime(value) };
}

/** A bar of a top list. */
export interface Bar {
  readonly name: string;
  readonly value: number | null;
  /** 0 to 1, of the largest. */
  readonly ratio: number;
  readonly groups: AnswerRow['groups'];
}

/** The bars of a top list by their first number, the largest first; those without a number come last. */
export function barsOf({ query }: ToplistPanel, { tables }: NumbersAnswer): Bar[] {
  const rows = tables.flatMap(({ name, rows }) =>
    rows.map(({ groups, columns }) => {
      const named = groups.length === 0 || tables.length > 1 ? [name] : [];
      return { name: [...named, ...groups.map(groupText)].join(' · '), value: columns[0] ?? null, groups };
    }),
  );
  const largest = rows.reduce((most, { value }) => Math.max(most, value ?? 0), 0);
  const sized = rows.map((row) => ({ ...row, ratio: largest > 0 ? Math.max(0, row.value ?? 0) / largest : 0 }));
  // Rows of logs come ranked, ties included, as the other targets rank them.
  return query.source === 'logs' ? sized : sized.sort(byValue);
}

function byValue(one: Bar, other: Bar): number {
  return (other.value ?? Number.NEGATIVE_INFINITY) - (one.value ?? Number.NEGATIVE_INFINITY) || 0;
}
