import type { Column, Dashboard, EventsPanel, LogQuery, Parameters } from '../model.ts';
import { fieldName } from '../parameters.ts';
import { checkQuery, columnAt, conditionsOf, stepOf, timesOf, type View } from '../view.ts';
import { columnsOf, whereOf } from './conditions.ts';
import { bigint, double, identifier } from './quote.ts';
import { inTime, TIME } from './time.ts';

/**
 * A log query as DuckDB's SQL over a table of events (`eventsTable`): a row per group and step, of the groups' values, the
 * step's begin in Unix milliseconds, and the columns as DOUBLE; `readRows` reads them. Throws a RangeError for a view without steps.
 */
export function sqlOf(
  query: LogQuery,
  dashboard: Dashboard,
  parameters: Parameters,
  view: View,
  table: string,
): string {
  checkQuery(query);
  const by = query.by ?? [];
  const keys = by.map((_, at) => `k${at + 1}`);
  const ranks = by.map((_, at) => `r${at + 1}`);
  const time = query.over === undefined ? [] : ['t'];
  const parts = [
    `events AS (${eventsSelect(query, dashboard, parameters, view, table)})`,
    ...by.map(({ size }, at) => `g${at + 1} AS (${groupSelect(query.agg[0], at + 1, size)})`),
    ...(query.over === undefined ? [] : [`steps AS (${stepsSelect(view)})`]),
    `answer AS (${answerSelect(query, keys, ranks, time)})`,
  ];
  const columns = query.running === undefined ? query.agg.map((_, at) => `c${at}`) : [runningColumn(query, ranks)];
  const having = query.having;
  const kept = having === undefined ? '' : `\nWHERE c${columnAt(query, having.name)} >= ${double(having.atLeast)}`;
  const order = [...ranks, ...time];
  const ordered = order.length === 0 ? '' : `\nORDER BY ${order.join(', ')}`;
  return `WITH ${parts.join(',\n')}\nSELECT ${[...keys, ...time, ...columns].join(', ')} FROM answer${kept}${ordered}`;
}

/** The newest events of a panel, at most `size` of them, a column per column; `readCells` reads them. */
export function eventsSqlOf(
  panel: EventsPanel,
  dashboard: Dashboard,
  parameters: Parameters,
  view: View,
  table: string,
  size: number,
): string {
  const cells = panel.columns.map(({ field }) =>
    field === '@timestamp' ? `epoch_ms(${TIME})` : identifier(fieldName(field, parameters)),
  );
  const where = [inTime(view), whereOf(conditionsOf(panel.where, dashboard, view), columnsOf(parameters))].join(
    ' AND ',
  );
  return `SELECT ${cells.join(', ')} FROM ${identifier(table)} WHERE ${where} ORDER BY ${TIME} DESC LIMIT ${bigint(size)}`;
}

/** What of each event is needed: k… to group by, t its step, and per column w… whether it counts and v… its value. */
function eventsSelect(
  query: LogQuery,
  dashboard: Dashboard,
  parameters: Parameters,
  view: View,
  table: string,
): string {
  const step = query.over === undefined ? undefined : bigint(stepOf(view));
  const selected = [
    ...(query.by ?? []).map(({ field }, at) => `${identifier(fieldName(field, parameters))} AS k${at + 1}`),
    ...(step === undefined ? [] : [`epoch_ms(${TIME}) // ${step} * ${step} AS t`]),
    ...query.agg.flatMap((column, at) => [
      `${whereOf(column.where ?? [], columnsOf(parameters))} AS w${at}`,
      `${inputOf(column, parameters)} AS v${at}`,
    ]),
  ];
  const where = [inTime(view), whereOf(conditionsOf(query.where, dashboard, view), columnsOf(parameters))].join(
    ' AND ',
  );
  return `SELECT ${selected.join(', ')} FROM ${identifier(table)} WHERE ${where}`;
}

/** The largest groups of one level within each group of the level above it. */
function groupSelect(first: Column, level: number, size: number): string {
  const outer = Array.from({ length: level - 1 }, (_, at) => `k${at + 1}`);
  const key = `k${level}`;
  const all = [...outer, key].join(', ');
  const measured = `SELECT ${all}, ${aggregate(first, 0)} AS m FROM events WHERE ${key} IS NOT NULL GROUP BY ${all}`;
  const outerRanks = outer.map((_, at) => `r${at + 1}`);
  const partition = outer.length === 0 ? '' : `PARTITION BY ${outerRanks.join(', ')} `;
  const rank = `row_number() OVER (${partition}ORDER BY m DESC NULLS LAST, ${key}) AS r${level}`;
  const from = outer.length === 0 ? `(${measured})` : `(${measured}) JOIN g${level - 1} USING (${outer.join(', ')})`;
  return `SELECT ${[...outer, ...outerRanks, key, rank].join(', ')} FROM ${from} QUALIFY r${level} <= ${bigint(size)}`;
}

function stepsSelect(view: View): string {
  const times = timesOf(view);
  const [first, step] = [times[0] ?? 0, stepOf(view)];
  return `SELECT unnest(range(${bigint(first)}, ${bigint(first + times.length * step)}, ${bigint(step)})) AS t`;
}

/** Every group has every step, those without events too. */
function answerSelect(
  { agg, by = [] }: LogQuery,
  keys: readonly string[],
  ranks: readonly string[],
  time: readonly string[],
): string {
  const groups = by.length === 0 ? [] : [`g${by.length}`];
  const frame = [...groups, ...time.map(() => 'steps')].join(' CROSS JOIN ');
  const from = frame === '' ? 'events' : `${frame} LEFT JOIN events USING (${[...keys, ...time].join(', ')})`;
  const grouped = [...keys, ...ranks, ...time];
  const selected = [...grouped, ...agg.map((column, at) => `${aggregate(column, at)} AS c${at}`)].join(', ');
  return `SELECT ${selected} FROM ${from}${grouped.length === 0 ? '' : ` GROUP BY ${grouped.join(', ')}`}`;
}

function inputOf(column: Column, parameters: Parameters): string {
  if (column.op === 'count') return 'NULL';
  if (column.op === 'last_seen') return `CAST(epoch_ms(${TIME}) AS DOUBLE)`;
  const value = identifier(fieldName(column.field, parameters));
  return column.op === 'cardinality' ? value : `CAST(${value} AS DOUBLE)`;
}

function aggregate(column: Column, at: number): string {
  const [counted, value] = [`FILTER (WHERE w${at})`, `v${at}`];
  if (column.op === 'count') return `CAST(count(*) ${counted} AS DOUBLE)`;
  if (column.op === 'cardinality') return `CAST(count(DISTINCT ${value}) ${counted} AS DOUBLE)`;
  if (column.op === 'percentile') return `quantile_cont(${value}, ${column.percent / 100}) ${counted}`;
  if (column.op === 'last_seen') return `max(${value}) ${counted}`;
  // Kahan's sums, which do not depend on the order of rows by more than the last digit.
  if (column.op === 'sum') return `coalesce(fsum(${value}) ${counted}, 0)`;
  return `${column.op === 'avg' ? 'favg' : column.op}(${value}) ${counted}`;
}

function runningColumn(query: LogQuery, ranks: readonly string[]): string {
  const { plus = '', minus = '' } = query.running ?? {};
  const partition = ranks.length === 0 ? '' : `PARTITION BY ${ranks.join(', ')} `;
  const difference = `coalesce(c${columnAt(query, plus)}, 0) - coalesce(c${columnAt(query, minus)}, 0)`;
  return `sum(${difference}) OVER (${partition}ORDER BY t)`;
}
