import type { Dashboard, LogQuery, MetricLine, MetricQuery, Panel, Parameters } from './model.ts';
import { metricGroups, readMetricRows } from './sql/metric-rows.ts';
import { metricSqlOf } from './sql/metric-sql.ts';
import { readRows, type SqlValue } from './sql/rows.ts';
import { sqlOf } from './sql/sql.ts';
import { type AnswerRow, columnNames, stepOf, type View } from './view.ts';

/** A table of numbers that a panel shows: of a log query one, of a metric query one per line. */
export interface NumbersTable {
  /** Of a metric line; empty of a log query. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly AnswerRow[];
}

/** A statement for DuckDB, and the table that its rows make. Several questions of a panel can have the same statement: it need be run but once. */
export interface NumbersQuestion {
  readonly sql: string;
  /** Throws an Error when the rows are not those of the statement. */
  read(rows: readonly (readonly SqlValue[])[]): NumbersTable;
}

/** What a panel of numbers asks of a store. */
export interface PanelQuestions {
  /** Length of a step in milliseconds, in answers over time. */
  readonly step?: number;
  readonly questions: readonly NumbersQuestion[];
}

/** Names of the store's tables. */
export interface StoreTables {
  readonly logs: string;
  readonly metrics: string;
}

/**
 * What a panel of numbers asks, as the panel stands for its target (`panelFor`); `undefined` for panels without numbers. Throws a RangeError for
 * a view without steps.
 */
export function questionsOf(
  panel: Panel,
  dashboard: Dashboard,
  parameters: Parameters,
  view: View,
  tables: StoreTables = { logs: 'logs', metrics: 'metrics' },
): PanelQuestions | undefined {
  if (!('query' in panel)) return undefined;
  const { query } = panel;
  const isOverTime =
    query.source === 'logs' ? query.over !== undefined : panel.kind === 'timeseries' || panel.kind === 'heatmap';
  const questions =
    query.source === 'logs'
      ? [logQuestion(query, sqlOf(query, dashboard, parameters, view, tables.logs))]
      : metricQuestions(query, isOverTime ? 'time' : 'stat', dashboard, parameters, view, tables.metrics);
  return { ...(isOverTime && { step: stepOf(view) }), questions };
}

function logQuestion(query: LogQuery, sql: string): NumbersQuestion {
  const groups = (query.by ?? []).map(({ name }) => name);
  return { sql, read: (rows) => ({ name: '', groups, columns: columnNames(query), rows: readRows(query, rows) }) };
}

function metricQuestions(
  { lines, of }: MetricQuery,
  over: 'time' | 'stat',
  dashboard: Dashboard,
  parameters: Parameters,
  view: View,
  table: string,
): NumbersQuestion[] {
  return lines.map((line) => {
    const percents = percentsBeside(line, lines);
    const place = line.shape === 'quantile' ? percents.indexOf(line.percent) : 0;
    return {
      sql: metricSqlOf(line, of, dashboard, parameters, view, over, table, percents),
      read: (rows) => ({
        ...{ name: line.name, groups: metricGroups(line), columns: [line.name] },
        rows: readMetricRows(line, over, rows, [place, Math.max(1, percents.length)]),
      }),
    };
  });
}

/** All percentiles that a panel asks of the histogram of a line: one statement answers them. */
function percentsBeside(line: MetricLine, lines: readonly MetricLine[]): number[] {
  if (line.shape !== 'quantile') return [];
  const base = ({ name: _, percent: __, ...histogram }: typeof line) => JSON.stringify(histogram);
  return lines.flatMap((other) => (other.shape === 'quantile' && base(other) === base(line) ? [other.percent] : []));
}
