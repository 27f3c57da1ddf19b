import type { Column, Grouping, LogQuery, Unit } from '../model.ts';
import { formatOf } from './formats.ts';
import { kql } from './kql.ts';
import type { Place } from './place.ts';
import type { JsonObject } from './saved-object.ts';

/** The columns of a Lens layer that a query becomes, by the names that the visualization uses. */
export interface Layer {
  /** In the order in which Lens nests them: groups by value, then by time, then numbers. */
  readonly columns: ReadonlyMap<string, JsonObject>;
  /** Ids of the groupings, as in the query. */
  readonly groups: readonly string[];
  /** Id of the time steps, when there are any. */
  readonly time: string | undefined;
  /** Ids of the numbers, as in the query. */
  readonly numbers: readonly string[];
}

/** How a panel wants its groups and numbers. */
export interface LayerOptions {
  readonly unit: Unit;
  /** Puts all smaller groups into one, so that nothing is missing from the whole. */
  readonly rest: boolean;
}

const TIME_FIELD = '@timestamp';

/** A log query as the columns of one Lens layer; each number counts once, whatever the steps are. */
export function layerOf(query: LogQuery, options: LayerOptions, place: Place): Layer {
  if (query.having) place.refuse('Lens tables cannot leave out rows by a number');
  if (query.running) place.refuse('Lens has no difference of two running sums');
  if (query.by?.length) requireOrder(query, place);
  const groups = (query.by ?? []).map((_, index) => `by-${index + 1}`);
  const numbers = query.agg.map((_, index) => `number-${index + 1}`);
  const time = query.over === 'time' ? 'time' : undefined;
  const orderBy = numbers[0] ?? '';
  const columns = new Map<string, JsonObject>();
  for (const [index, grouping] of (query.by ?? []).entries())
    columns.set(groups[index] ?? '', terms(grouping, orderBy, options.rest, place));
  if (time !== undefined) columns.set(time, timeSteps());
  for (const [index, column] of query.agg.entries())
    columns.set(numbers[index] ?? '', number(column, column.unit ?? options.unit, time !== undefined, place));
  return { columns, groups, time, numbers };
}

/** Elasticsearch puts a group whose average, percentile or least is that of nothing before the largest, and Lens has no way to ask otherwise. */
function requireOrder({ agg: [first], where }: LogQuery, place: Place): void {
  if (first.op !== 'avg' && first.op !== 'min' && first.op !== 'percentile') return;
  const { field } = first;
  const isThere = [...place.base, ...where].some((one) => one.field === field && 'exists' in one && one.exists);
  if (isThere && !first.where?.length) return;
  place.refuse(
    `groups without \`${field}\` would come first, before the largest: add the condition that it exists, for all its numbers`,
  );
}

function terms({ field, size, name }: Grouping, orderBy: string, rest: boolean, place: Place): JsonObject {
  return {
    ...{ customLabel: true, dataType: 'string', isBucketed: true, label: name },
    ...{ operationType: 'terms', scale: 'ordinal', sourceField: place.nameOf(field) },
    params: {
      size,
      ...{ orderBy: { type: 'column', columnId: orderBy }, orderDirection: 'desc' },
      ...{ otherBucket: rest, missingBucket: rest, parentFormat: { id: 'terms' } },
      ...{ include: [], exclude: [], includeIsRegex: false, excludeIsRegex: false },
    },
  };
}

function timeSteps(): JsonObject {
  return {
    ...{ customLabel: true, dataType: 'date', isBucketed: true, label: 'Time' },
    ...{ operationType: 'date_histogram', scale: 'interval', sourceField: TIME_FIELD },
    params: { interval: 'auto', includeEmptyRows: true, dropPartials: false },
  };
}

/** One group for each set of conditions: Lens calls it filters. */
export function filtersColumn(label: string, columns: readonly Column[], place: Place): JsonObject {
  return {
    ...{ customLabel: true, dataType: 'string', isBucketed: true, label },
    ...{ operationType: 'filters', scale: 'ordinal' },
    params: {
      filters: columns.map(({ name, where }) => ({
        input: { query: kql(where ?? [], place), language: 'kuery' },
        label: name,
      })),
    },
  };
}

/** A number of a group, with its own conditions and the format of its unit. */
export function number(column: Column, unit: Unit, inSteps: boolean, place: Place): JsonObject {
  const where = column.where ?? [];
  return {
    ...{ customLabel: true, dataType: column.op === 'last_seen' ? 'date' : 'number', isBucketed: false },
    ...{ label: column.name, scale: 'ratio' },
    ...(where.length > 0 ? { filter: { query: kql(where, place), language: 'kuery' } } : {}),
    ...perSecond(column, unit, inSteps, place),
    ...operation(column, unit, place),
  };
}

/** How often something came, in a step of whatever length, is brought to a second. */
function perSecond({ op, name }: Column, unit: Unit, inSteps: boolean, place: Place): JsonObject {
  if (unit !== 'per_second' && unit !== 'bytes_per_second') return {};
  if (op !== 'count' && op !== 'sum') return {};
  return inSteps ? { timeScale: 's' } : place.refuse(`"${name}" is per second, which Lens knows over time only`);
}

function operation(column: Column, unit: Unit, place: Place): JsonObject {
  const format = formatOf(unit, column.op);
  switch (column.op) {
    case 'count':
      return { operationType: 'count', sourceField: '___records___', params: { emptyAsNull: false, format } };
    case 'cardinality':
      return { ...ofField('unique_count', column.field, place), params: { emptyAsNull: false, format } };
    case 'sum':
      return { ...ofField('sum', column.field, place), params: { emptyAsNull: false, format } };
    case 'avg':
      return { ...ofField('average', column.field, place), params: { emptyAsNull: true, format } };
    case 'percentile':
      return { ...ofField('percentile', column.field, place), params: { percentile: column.percent, format } };
    case 'last_seen':
      return { operationType: 'max', sourceField: TIME_FIELD, params: { emptyAsNull: true } };
    default:
      return { ...ofField(column.op, column.field, place), params: { emptyAsNull: true, format } };
  }
}

function ofField(operationType: string, field: string, place: Place): JsonObject {
  return { operationType, sourceField: place.nameOf(field) };
}
