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
  time: 't',
  column: (at: number) => `c${at}`,
  value: 'v',
} as const;

/** Up to so many values Elasticsearch counts them exactly, near enough: the most that it takes is 40,000. */
const PRECISION_THRESHOLD = 3000;
/** Each shard hands in so many groups, so that the largest are the largest of all shards while none has more. */
const SHARD_SIZE = 1000;

/** A log query as the body of a `_search` over the dashboard's indices; `readSearch` reads the answer. Throws a RangeError for a view without steps. */
export function searchOf(query: LogQuery, dashboard: Dashboard, parameters: Parameters, view: View): SearchBody {
  checkQuery(query);
  const columns = query.agg.map((column, at) => [NAMES.column(at), columnAggregation(column, parameters)] as const);
  const numbers = present(columns);
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
function columnAggregation(column: Column, parameters: Parameters): Clause | undefined {
  return filtered(column, metricOf(column, parameters), parameters);
}

function filtered(column: Column, metric: Clause | undefined, parameters: Parameters): Clause | undefined {
  if (column.where === undefined) return metric;
  const filter = queryOf(column.where, parameters);
  return metric === undefined ? { filter } : { filter, aggs: { [NAMES.value]: metric } };
}

function metricOf(column: Column, parameters: Parameters): Clause | undefined {
  if (column.op === 'count') return undefined;
  if (column.op === 'last_seen') return { max: { field: '@timestamp' } };
  const field = fieldName(column.field, parameters);
  if (column.op === 'cardinality') return { cardinality: { field, precision_threshold: PRECISION_THRESHOLD } };
  if (column.op === 'percentile') return percentile(field, column.percent);
  return { [column.op]: { field } };
}

function percentile(field: string, percent: number): Clause {
  return { percentiles: { field, percents: [percent], keyed: false } };
}

function present(columns: readonly (readonly [string, Clause | undefined])[]): Clauses {
  return Object.fromEntries(columns.flatMap(([name, clause]) => (clause === undefined ? [] : [[name, clause]])));
}

/** The largest first; of equal ones the first by name, and last those without a value. */
function rankingOf(first: Column, parameters: Parameters): Ranking {
  const sorted = (key: string) => [{ [key]: 'desc' }, { _key: 'asc' }];
  if (first.op === 'count' && first.where === undefined) return { aggs: {}, order: sorted('_count') };
  // The least of no value is infinite to Elasticsearch, so that it would come first; percentile 0 is the least, too, or no number.
  const metric = first.op === 'min' ? percentile(fieldName(first.field, parameters), 0) : metricOf(first, parameters);
  const path = [NAMES.rank, ...(first.where === undefined || metric === undefined ? [] : [NAMES.value])].join('>');
  const percent = first.op === 'min' ? '.0' : first.op === 'percentile' ? `.${first.percent}` : '';
  return { aggs: present([[NAMES.rank, filtered(first, metric, parameters)]]), order: sorted(path + percent) };
}
