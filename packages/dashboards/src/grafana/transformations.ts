import type { LogQuery, MetricQuery } from '../model.ts';
import { fieldName } from '../parameters.ts';
import type { Json, JsonObject } from './json.ts';
import type { Place } from './place.ts';
import { labelsOf } from './promql.ts';
import { columnTitle, refId, sameConditions, TIME_FIELD } from './targets.ts';

/** Leaves out what a row without groups begins with: the bucket of the whole time. */
export const WITHOUT_TIME: readonly JsonObject[] = [organize([TIME_FIELD], {}, {})];

/** Makes one table of the rows of a log query's targets: columns named and in order, the largest first. */
export function joinRows(query: LogQuery, { parameters, refuse }: Place): JsonObject[] {
  const groups = (query.by ?? []).map(({ field, name }): [string, string] => [fieldName(field, parameters), name]);
  const numbers = query.agg.map((column): [string, string] => [columnTitle(column, parameters), column.name]);
  const columns = [...groups, ...numbers];
  const titles = columns.map(([title]) => title);
  // Rows are put together by the columns that they share, under the names that the data source gives.
  if (new Set(titles).size < titles.length)
    refuse('two of its columns are the same aggregation, which Grafana cannot tell apart in one table');
  const conversions = groups.map(([targetField]) => ({ targetField, destinationType: 'string' }));
  return [
    // Numbers to group by would be drawn as numbers, and with thousands separators.
    { id: 'convertFieldType', options: { fields: {}, conversions } },
    ...(sameConditions(query.agg).length > 1 ? [{ id: 'merge', options: {} }] : []),
    organize([], Object.fromEntries(columns), positions(titles)),
    ...having(query),
    sortBy(query.agg[0].name),
  ];
}

/** Rows of metric queries: a column per label and per line. */
export function metricRows({ lines }: MetricQuery): JsonObject[] {
  const values = lines.map(({ name }, k): [string, string] => [
    lines.length > 1 ? `Value #${refId(k)}` : 'Value',
    name,
  ]);
  const labels = [...new Set(lines.flatMap((line) => labelsOf(line)))];
  const order = positions([...labels, ...values.map(([title]) => title)]);
  return [{ id: 'merge', options: {} }, organize(['Time'], Object.fromEntries(values), order), sortBy(lines[0].name)];
}

/** Of whole events only these fields, in this order, under these names. */
export function eventColumns(columns: readonly { readonly title: string; readonly name: string }[]): JsonObject[] {
  const titles = columns.map(({ title }) => title);
  const names = Object.fromEntries(columns.map(({ title, name }) => [title, name]));
  return [
    { id: 'filterFieldsByName', options: { include: { names: titles } } },
    organize([], names, positions(titles)),
  ];
}

function having({ having: least }: LogQuery): JsonObject[] {
  if (!least) return [];
  const config = { id: 'greaterOrEqual', options: { value: least.atLeast } };
  return [
    { id: 'filterByValue', options: { type: 'include', match: 'all', filters: [{ fieldName: least.name, config }] } },
  ];
}

function sortBy(field: string): JsonObject {
  return { id: 'sortBy', options: { fields: {}, sort: [{ field, desc: true }] } };
}

function positions(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name, k) => [name, k]));
}

function organize(
  left: readonly string[],
  renameByName: Record<string, string>,
  indexByName: Record<string, Json>,
): JsonObject {
  const excludeByName = Object.fromEntries(left.map((name) => [name, true]));
  return { id: 'organize', options: { excludeByName, indexByName, renameByName } };
}
