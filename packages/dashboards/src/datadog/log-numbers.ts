import type { Aggregation, Color, Column, Condition, Grouping, LogQuery } from '../model.ts';
import type { Asked, Formula, Numbers } from './numbers.ts';
import type { Place } from './place.ts';
import type { JsonObject } from './units.ts';

/** A question to logs: a query for each column, since each may have conditions of its own. */
export function logNumbers(query: LogQuery, asked: Asked, place: Place): Numbers {
  if (query.having) return place.refuse('groups of logs cannot be left out by their number');
  if ((query.over === 'time') !== (asked.over === 'time'))
    return place.refuse(`its query is ${query.over === 'time' ? '' : 'not '}over time, and its kind is the other way`);
  const areGrouped = (query.by ?? []).length > 0;
  const areAdditive = query.agg.every(({ op }) => op === 'count' || op === 'sum');
  if (query.running) return { ...running(query, query.running, place), areGrouped, areAdditive: false };
  const parts = query.agg.flatMap((column) => byColor(column, query, asked.colors));
  const names = parts.map((_, at) => `query${at + 1}`);
  return {
    queries: parts.map((part, at) => logQuery(names[at]!, part, query, place)),
    formulas: parts.map((part, at) => formulaOf(withZero(names[at]!, part, asked), part, asked, place)),
    areGrouped,
    areAdditive,
  };
}

interface Part {
  readonly column: Column;
  readonly alias: string;
  readonly where: readonly Condition[];
  readonly by: readonly Grouping[];
  readonly color?: Color;
}

/** Datadog gives colours to queries, not to groups: groups with a colour of their own become queries, and one is left for the others. */
function byColor(column: Column, query: LogQuery, colors: Asked['colors']): Part[] {
  const by = query.by ?? [];
  const own = colors.get(column.name);
  const whole = { column, alias: column.name, where: column.where ?? [], by };
  const [group] = by;
  if (own !== undefined) return [{ ...whole, color: own }];
  const values = [...colors.keys()].filter((name) => query.agg.every((other) => other.name !== name));
  if (!group || by.length > 1 || values.length === 0) return [whole];
  const { field } = group;
  const colored = values.map((value) => ({
    ...whole,
    ...{ alias: value, by: [], where: [...whole.where, { field, is: value }] },
    ...{ color: colors.get(value)! },
  }));
  return [...colored, { ...whole, alias: 'others', where: [...whole.where, { field, isNot: values }] }];
}

function logQuery(name: string, { column, where, by }: Part, query: LogQuery, place: Place): JsonObject {
  const [first] = query.agg;
  const limit = ({ field, size }: Grouping): JsonObject => ({
    ...{ facet: place.attribute(field), limit: size },
    sort: { ...compute(first, place), order: 'desc' },
  });
  return {
    ...{ data_source: 'logs', name, indexes: ['*'] },
    search: { query: place.logScope([...query.where, ...where]) },
    compute: compute(column, place),
    ...(by.length > 0 && { group_by: by.map(limit) }),
  };
}

const PERCENTILES = { 50: 'median', 75: 'pc75', 90: 'pc90', 95: 'pc95', 99: 'pc99' } as const;

function compute(
  column: Aggregation,
  place: Place,
): { readonly aggregation: string; readonly metric?: string } & JsonObject {
  switch (column.op) {
    case 'count':
      return { aggregation: 'count' };
    case 'last_seen':
      return place.refuse('the newest time of a group is no aggregation of logs');
    case 'percentile':
      return { aggregation: PERCENTILES[column.percent], metric: place.attribute(column.field) };
    default:
      return { aggregation: column.op, metric: place.attribute(column.field) };
  }
}

/** No events are 0 events, where one number is shown and not a group's. */
function withZero(name: string, { column, by }: Part, { over }: Asked): string {
  const isCount = column.op === 'count' || column.op === 'cardinality';
  return isCount && over === 'whole' && by.length === 0 ? `default_zero(${name})` : name;
}

function formulaOf(formula: string, { column, alias, color }: Part, asked: Asked, place: Place): Formula {
  const unit = column.unit ?? asked.unit;
  const isCounted = column.op === 'count' || column.op === 'sum';
  if (isCounted && (unit === 'per_second' || unit === 'bytes_per_second'))
    place.refuse('events are counted by step of the graph, not by second');
  const scaled = unit === 'ratio' ? `100 * ${formula}` : formula;
  return { formula: scaled, alias, unit, ...(color !== undefined && { color }) };
}

/** How much more of one column there was than of another since the beginning of the time shown. */
function running(query: LogQuery, { plus, minus }: NonNullable<LogQuery['running']>, place: Place) {
  if (query.over !== 'time') return place.refuse('a running difference needs `over: time`');
  const columns = [plus, minus].map((name) => query.agg.find((column) => column.name === name));
  const [more, less] = columns;
  if (!more || !less) return place.refuse(`its running difference names no columns of it: ${plus}, ${minus}`);
  const queries = [more, less].map((column, at) =>
    logQuery(`query${at + 1}`, { column, alias: '', where: column.where ?? [], by: query.by ?? [] }, query, place),
  );
  // A step without events is no point at all, and nothing minus something is nothing: hence the zeros.
  const formula = 'cumsum(default_zero(query1) - default_zero(query2))';
  return { queries, formulas: [{ formula, alias: `${plus} - ${minus}`, unit: 'none' as const }] };
}
