import { metricPrefix } from '../grafana/promql.ts';
import type { Dashboard, Parameters, Variable } from '../model.ts';
import { conditionsOf, type View } from '../view.ts';
import { columnsOf, whereOf } from './conditions.ts';
import { chosenLabels, whereLabelled, whereNamed } from './metric-points.ts';
import { bigint, identifier, text } from './quote.ts';
import type { SqlValue } from './rows.ts';
import { inTime } from './time.ts';

/** A value that a variable can have, and how many events (of metrics: series) have it. */
export interface Choice {
  readonly value: string;
  readonly count: number;
}

/**
 * The values of a variable in the time shown, as DuckDB's SQL, narrowed by the dashboard's base and by what is chosen of the variables before it;
 * the most frequent first, `readChoices` reads them. Throws a RangeError when the dashboard has no such variable.
 */
export function choicesSqlOf(
  name: string,
  dashboard: Dashboard,
  parameters: Parameters,
  view: View,
  limit: number,
  tables: { readonly logs: string; readonly metrics: string } = { logs: 'logs', metrics: 'metrics' },
): string {
  const at = dashboard.variables.findIndex((variable) => variable.name === name);
  const variable = dashboard.variables[at];
  if (variable === undefined) throw new RangeError(`there is no variable ${JSON.stringify(name)}`);
  const narrowed = { ...dashboard, variables: dashboard.variables.slice(0, at) };
  const values =
    variable.field === undefined
      ? ofMetrics(variable, narrowed, parameters, view, tables.metrics)
      : ofEvents(variable.field, narrowed, parameters, view, tables.logs);
  return `${values} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${bigint(limit)}`;
}

/** The rows of an answer to `choicesSqlOf`. */
export function readChoices(rows: readonly (readonly SqlValue[])[]): Choice[] {
  return rows.map(([value, count]) => ({ value: String(value), count: Number(count) }));
}

function ofEvents(field: string, dashboard: Dashboard, parameters: Parameters, view: View, table: string): string {
  const columns = columnsOf(parameters);
  const where = [inTime(view), whereOf(conditionsOf([], dashboard, view), columns), `${columns(field)} IS NOT NULL`];
  return `SELECT CAST(${columns(field)} AS VARCHAR), CAST(count(*) AS DOUBLE) FROM ${identifier(table)} WHERE ${where.join(' AND ')}`;
}

function ofMetrics(
  { name, label_name: label, metric }: Variable,
  dashboard: Dashboard,
  parameters: Parameters,
  view: View,
  table: string,
): string {
  if (label === undefined || metric === undefined)
    throw new RangeError(`the variable ${JSON.stringify(name)} has no field and no label of a metric`);
  const prefix = metricPrefix(dashboard.system === 'tailrace' ? 'tailrace' : 'mirrord', parameters);
  const named = whereNamed(`${prefix}${metric}`, [view.from * 1000, view.to * 1000]);
  const where = [named, ...whereLabelled([], chosenLabels(dashboard, view))].join(' AND ');
  const value = `labels[${text(label)}]`;
  return `SELECT ${value}, CAST(count(DISTINCT series) AS DOUBLE) FROM ${identifier(table)} WHERE ${where} AND ${value} IS NOT NULL`;
}
