import type { Column, Dashboard, EventsPanel, LogQuery, Parameters } from '../model.ts';
import { fieldName } from '../parameters.ts';
import { checkQuery, conditionsOf, stepOf, type View } from '../view.ts';
import { type Clause, queryOf } from './conditions.ts';

/** The body of a `_search` request. */
export interface SearchBody {
  readonly size: number;
  readonly query: Clause;
  readonly aggs?: Clauses;
  readonly sort?: readonly Clause[];
  readonly _source?: false;
  readonly fields?: readonly Clause[];
}

type Clauses = Readonly<Record<string, Clause>>;

interface Terms {
  readonly field: string;
  readonly size: number;
}

/** Name of the aggregation around all others, of a grouping, of the steps of time and of a column; readSearch knows them. */
export const NAMES = { all: 'all', group: 'g', time: 't', column: (at: number) => `c${at}`, value: 'v' } as const;

/** Up to so many values Elasticsearch counts them exactly, near enough: the most that it takes is 40,000. */
const PRECISION_THRESHOLD = 3000;
/** Each shard hands in so many groups, so that the largest are the largest of all shards while none has more. */
const SHARD_SIZE = 1000;

/** A log query as the body of a `_search` over the dashboard's indices; `readSearch` reads the answer. Throws a RangeError for a view without steps and for groups that cannot be ranked. */
export function searchOf(query: LogQuery, dashboard: Dashboard, parameters: Parameters, view: View): SearchBody {
  checkQuery(query);
  const columns = query.agg.map((column, at) => [NAMES.column(at), columnAggregation(column, parameters)] as const);
  const numbers = present(columns);
  const leaf = query.over === undefined ? numbers : { [NAMES.time]: { ...steps(view), aggs: numbers } };
  const by = (query.by ?? []).map(({ field, size }) => ({ field: fieldName(field, parameters), size }));
  const aggs = grouped(by, query.agg[0], present(columns.slice(0, 1)), leaf);
  return {
    size: 0,
    query: queryOf(conditionsOf(query.where, dashboard, view), parameters, timeClause(view)),
    aggs: { [NAMES.all]: { filter: { match_all: {} }, aggs } },
  };
}

/** What a group is ranked by stands beside what is in it, also where the columns are below steps of time. */
function grouped(by: readonly Terms[], first: Column, rank: Clauses, leaf: Clauses): Clauses {
  const [outer, ...inner] = by;
  if (outer === undefined) return leaf;
  const terms = { ...outer, shard_size: Math.max(outer.size, SHARD_SIZE), order: orderBy(first) };
  return { [NAMES.group]: { terms, aggs: { ...rank, ...grouped(inner, first, rank, leaf) } } };
}

/** The newest events of a panel, at most `size` of them, as the body of a `_search`; `readEvents` reads the answer. */
export function eventsSearchOf(
  panel: EventsPanel,
  dashboard: Dashboard,
  parameters: Parameters,
  view: View,
  size: number,
): SearchBody {
  return {
    size,
    query: queryOf(conditionsOf(panel.where, dashboard, view), parameters, timeClause(view)),
    sort: [{ '@timestamp': { order: 'desc', unmapped_type: 'date' } }],
    _source: false,
    fields: panel.columns.map(({ field }) => ({
      field: fieldName(field, parameters),
      ...(field === '@timestamp' && { format: 'epoch_millis' }),
    })),
  };
}

function timeClause({ from, to }: View): Clause {
  return { range: { '@timestamp': { gte: from, lt: to, format: 'epoch_millis' } } };
}

/** All steps of the view, empty ones too. */
function steps(view: View): Clause {
  const bounds = { min: view.from, max: view.to - 1 };
  const histogram = { field: '@timestamp', fixed_interval: `${stepOf(view)}ms`, min_doc_count: 0 };
  return { date_histogram: { ...histogram, extended_bounds: bounds, format: 'epoch_millis' } };
}

/** Nothing for a plain count: each bucket has that already. */
function columnAggregation(column: Column, parameters: Parameters): Clause | undefined {
  const metric = metricOf(column, parameters);
  if (column.where === undefined) return metric;
  const filter = queryOf(column.where, parameters);
  return metric === undefined ? { filter } : { filter, aggs: { [NAMES.value]: metric } };
}

function metricOf(column: Column, parameters: Parameters): Clause | undefined {
  if (column.op === 'count') return undefined;
  if (column.op === 'last_seen') return { max: { field: '@timestamp' } };
  const field = fieldName(column.field, parameters);
  if (column.op === 'cardinality') return { cardinality: { field, precision_threshold: PRECISION_THRESHOLD } };
  if (column.op === 'percentile') return { percentiles: { field, percents: [column.percent], keyed: false } };
  return { [column.op]: { field } };
}

function present(columns: readonly (readonly [string, Clause | undefined])[]): Clauses {
  return Object.fromEntries(columns.flatMap(([name, clause]) => (clause === undefined ? [] : [[name, clause]])));
}

/** The largest first; of equal ones the first by name. */
function orderBy(column: Column): readonly Clause[] {
  if (column.op === 'min')
    throw new RangeError(
      `"${column.name}": Elasticsearch takes the least of no value for the largest; rank the groups by another column`,
    );
  const path = [NAMES.column(0), ...(column.where === undefined || column.op === 'count' ? [] : [NAMES.value])].join(
    '>',
  );
  const count = column.where === undefined ? '_count' : path;
  const key = column.op === 'count' ? count : column.op === 'percentile' ? `${path}.${column.percent}` : path;
  return [{ [key]: 'desc' }, { _key: 'asc' }];
}
