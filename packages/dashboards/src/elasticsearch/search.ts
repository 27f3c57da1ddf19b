import type { Column, Condition, Dashboard, EventsPanel, LogQuery, Parameters } from '../model.ts';
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

interface Ranking {
  readonly aggs: Clauses;
  readonly order: readonly Clause[];
}

interface Terms {
  readonly field: string;
  readonly size: number;
}

/** Name of the aggregation around all others, of a grouping, of what it is ranked by, of the steps of time and of a column; readSearch knows them. */
export const NAMES = {
  all: 'all',
  group: 'g',
  rank: 'r',
  hasValue: 'h',
  time: 't',
  column: (at: number) => `c${at}`,
  value: 'v',
} as const;

/** Up to so many values Elasticsearch counts them exactly, near enough: the most that it takes is 40,000. */
const PRECISION_THRESHOLD = 3000;
/** Each shard hands in so many groups, so that the largest are the largest of all shards while none has more. */
const SHARD_SIZE = 1000;
const BY_KEY = { _key: 'asc' };
/** In no event: what is `missing` from it is what counts. */
const NO_FIELD = 'tailrace.no_such_field';

/** A log query as the body of a `_search` over the dashboard's indices; `readSearch` reads the answer. Throws a RangeError for a view without steps. */
export function searchOf(query: LogQuery, dashboard: Dashboard, parameters: Parameters, view: View): SearchBody {
  checkQuery(query);
  const columns = query.agg.map((column, at) => [
    NAMES.column(at),
    filtered(column.where, metricOf(column, parameters), parameters),
  ]);
  const numbers = present(Object.fromEntries(columns));
  const leaf = query.over === undefined ? numbers : { [NAMES.time]: { ...steps(view), aggs: numbers } };
  const by = (query.by ?? []).map(({ field, size }) => ({ field: fieldName(field, parameters), size }));
  const aggs = grouped(by, rankingOf(query.agg[0], parameters), leaf);
  return {
    size: 0,
    query: queryOf(conditionsOf(query.where, dashboard, view), parameters, timeClause(view)),
    aggs: { [NAMES.all]: { filter: { match_all: {} }, aggs } },
  };
}

/** What groups are ranked by stands beside what is in them, also where the columns are below steps of time. */
function grouped(by: readonly Terms[], ranking: Ranking, leaf: Clauses): Clauses {
  const [outer, ...inner] = by;
  if (outer === undefined) return leaf;
  const terms = { ...outer, shard_size: Math.max(outer.size, SHARD_SIZE), order: ranking.order };
  return { [NAMES.group]: { terms, aggs: { ...ranking.aggs, ...grouped(inner, ranking, leaf) } } };
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
function filtered(
  where: readonly Condition[] | undefined,
  metric: Clause | undefined,
  parameters: Parameters,
): Clause | undefined {
  if (where === undefined) return metric;
  const filter = queryOf(where, parameters);
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

function present(clauses: Readonly<Record<string, Clause | undefined>>): Clauses {
  return Object.fromEntries(
    Object.entries(clauses).flatMap(([name, clause]) => (clause === undefined ? [] : [[name, clause]])),
  );
}

/** The largest first; of equal ones the first by name, and last those without a value. */
function rankingOf(first: Column, parameters: Parameters): Ranking {
  if (first.op === 'count' && first.where === undefined) return { aggs: {}, order: [{ _count: 'desc' }, BY_KEY] };
  const metric = metricOf(first, parameters);
  const rank = { [NAMES.rank]: filtered(first.where, metric, parameters) };
  const path = pathOf(NAMES.rank, first.where !== undefined && metric !== undefined);
  if (first.op !== 'avg' && first.op !== 'min' && first.op !== 'percentile')
    return { aggs: present(rank), order: [{ [path]: 'desc' }, BY_KEY] };
  // No value is no number, or the infinite least of none: Elasticsearch puts both before the largest. So it asks first who has one.
  const where = [...(first.where ?? []), { field: first.field, exists: true }];
  const hasValue = filtered(where, { max: { field: NO_FIELD, missing: 1 } }, parameters);
  const value = first.op === 'percentile' ? `${path}.${first.percent}` : path;
  const order = [{ [pathOf(NAMES.hasValue, true)]: 'desc' }, { [value]: 'desc' }, BY_KEY];
  return { aggs: present({ ...rank, [NAMES.hasValue]: hasValue }), order };
}

function pathOf(name: string, isFiltered: boolean): string {
  return isFiltered ? `${name}>${NAMES.value}` : name;
}
