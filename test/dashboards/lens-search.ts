import type { AnswerRow } from '@tailrace/dashboards';
import { readKql } from '../../packages/dashboards/src/kibana/kql.fixture.ts';

type Json = Readonly<Record<string, unknown>>;

/** A column of a Lens layer, as it stands in a dashboard's file. */
interface LensColumn {
  readonly operationType: string;
  readonly sourceField?: string;
  readonly filter?: { readonly query: string };
  readonly params: {
    readonly size?: number;
    readonly orderBy?: { readonly columnId: string };
    readonly percentile?: number;
    readonly filters?: readonly { readonly input: { readonly query: string }; readonly label: string }[];
  };
}

/** A Lens layer, the query of its panel and the filters of its dashboard. */
export interface LensLayer {
  readonly id: string;
  readonly columns: Readonly<Record<string, LensColumn>>;
  readonly columnOrder: readonly string[];
  readonly query: string;
  readonly filters: readonly { readonly meta: { readonly negate: boolean }; readonly query: Json }[];
}

/** The layers of events of the Lens panels in a file for Kibana's import. */
export function lensLayers(file: string): LensLayer[] {
  const objects = file
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { attributes } = objects.find(({ type }) => type === 'dashboard');
  const filters = JSON.parse(attributes.kibanaSavedObjectMeta.searchSourceJSON).filter;
  const panels: { type: string; panelIndex: string; embeddableConfig: { attributes: { state: LensState } } }[] =
    JSON.parse(attributes.panelsJSON);
  return panels
    .filter(({ type }) => type === 'lens')
    .map(({ panelIndex, embeddableConfig: { attributes: lens } }) => ({
      ...{ id: panelIndex, filters, query: lens.state.query.query },
      ...lens.state.datasourceStates.formBased.layers.events,
    }));
}

interface LensState {
  readonly query: { readonly query: string };
  readonly datasourceStates: {
    readonly formBased: { readonly layers: { readonly events: Pick<LensLayer, 'columns' | 'columnOrder'> } };
  };
}

/** The `_search` that Lens makes of a layer (x-pack/plugins/lens, form_based operations, `toEsAggsFn`), in steps of a chosen length. */
export function lensSearch(layer: LensLayer, from: number, to: number, step: number): Json {
  const time = { range: { '@timestamp': { gte: from, lt: to, format: 'epoch_millis' } } };
  const clauses = (isNegated: boolean) =>
    layer.filters.filter(({ meta }) => meta.negate === isNegated).map(({ query }) => query);
  const query = { bool: { filter: [time, kqlQuery(layer.query), ...clauses(false)], must_not: clauses(true) } };
  const bounds = { min: from, max: to - 1 };
  const steps = { field: '@timestamp', fixed_interval: `${step}ms`, min_doc_count: 0, extended_bounds: bounds };
  return { size: 0, query, aggs: { all: { filter: { match_all: {} }, aggs: aggregations(layer, 0, steps) } } };
}

function aggregations(layer: LensLayer, level: number, steps: Json): Json {
  const id = layer.columnOrder[level];
  const column = id === undefined ? undefined : layer.columns[id];
  const numbers = Object.entries(layer.columns).filter(([, { operationType }]) => !BUCKETS.includes(operationType));
  const metrics = Object.fromEntries(numbers.map(([name, one]) => [name, metric(one)]));
  if (id === undefined || !column || !BUCKETS.includes(column.operationType)) return metrics;
  const { operationType, sourceField: field, params } = column;
  const aggs = aggregations(layer, level + 1, steps);
  if (operationType === 'date_histogram') return { bucket: { date_histogram: steps, aggs } };
  if (operationType === 'filters') {
    const filters = (params.filters ?? []).map(({ label, input }) => [label, kqlQuery(input.query)]);
    return { bucket: { filters: { filters: Object.fromEntries(filters) }, aggs } };
  }
  const order = { [orderPath(layer, params.orderBy?.columnId ?? '')]: 'desc' };
  return { bucket: { terms: { field, size: params.size, shard_size: 1000, order }, aggs: { ...metrics, ...aggs } } };
}

const BUCKETS = ['terms', 'filters', 'date_histogram'];

function metric({ operationType, sourceField: field, params, filter }: LensColumn): Json {
  const plain: Readonly<Record<string, Json>> = {
    count: { filter: { match_all: {} } },
    unique_count: { cardinality: { field } },
    average: { avg: { field } },
    percentile: { percentiles: { field, percents: [params.percentile], keyed: false } },
  };
  const own = plain[operationType] ?? { [operationType]: { field } };
  return filter ? { filter: kqlQuery(filter.query), aggs: { value: own } } : own;
}

function orderPath({ columns }: LensLayer, id: string): string {
  const { operationType, params, filter } = columns[id]!;
  return `${id}${filter ? '>value' : ''}${operationType === 'percentile' ? `.${params.percentile}` : ''}`;
}

/** What Kibana makes of a query in KQL (packages/kbn-es-query, `toElasticsearchQuery` of `is`, `range` and `exists`). */
function kqlQuery(query: string): Json {
  const clauses = readKql(query).map(({ field, mark, values, isNegated }) => {
    const should = values.map(({ kind, text, stars }) => {
      if (mark !== ':') return { range: { [field]: { [mark === '<' ? 'lt' : 'gte']: text } } };
      if (kind === 'quoted') return { match_phrase: { [field]: text } };
      if (text === '') return { exists: { field } };
      const escaped = text.replace(/[+\-=&|><!(){}[\]^"~*?:\\/]/g, '\\$&');
      return { query_string: { fields: [field], query: `${escaped}${'*'.repeat(stars)}` } };
    });
    return { isNegated, clause: { bool: { should, minimum_should_match: 1 } } };
  });
  const of = (negated: boolean) => clauses.filter(({ isNegated }) => isNegated === negated).map(({ clause }) => clause);
  return { bool: { filter: of(false), must_not: of(true) } };
}

interface Bucket {
  readonly key?: string | number;
  readonly key_as_string?: string;
  readonly doc_count?: number;
  readonly value?: number | null;
  readonly values?: readonly { readonly value: number | null }[];
  readonly buckets?: readonly Bucket[] | Readonly<Record<string, Bucket>>;
}

/** The rows of an answer; of groups by conditions their numbers are the columns of one row. */
export function readLens(layer: LensLayer, answer: { readonly aggregations?: Json }): AnswerRow[] {
  const numbers = layer.columnOrder.filter((id) => !BUCKETS.includes(layer.columns[id]!.operationType));
  return rowsOf(layer, numbers, 0, answer.aggregations?.['all'] as Bucket, { groups: [] });
}

function rowsOf(
  layer: LensLayer,
  numbers: readonly string[],
  level: number,
  bucket: Bucket,
  row: Pick<AnswerRow, 'groups' | 'time'>,
): AnswerRow[] {
  const type = layer.columns[layer.columnOrder[level] ?? '']?.operationType ?? '';
  const { buckets } = member(bucket, 'bucket') ?? {};
  if (type === 'filters') {
    const slices = Object.values(buckets ?? {}) as Bucket[];
    return [{ ...row, columns: slices.map((slice) => numberOf(layer, slice, numbers[0] ?? '')) }];
  }
  if (!Array.isArray(buckets)) return [{ ...row, columns: numbers.map((id) => numberOf(layer, bucket, id)) }];
  return (buckets as readonly Bucket[]).flatMap((inner) => {
    const { key = '', key_as_string: text } = inner;
    const group = text === 'true' || text === 'false' ? key === 1 : key;
    const next = type === 'terms' ? { ...row, groups: [...row.groups, group] } : { ...row, time: Number(key) };
    return rowsOf(layer, numbers, level + 1, inner, next);
  });
}

function numberOf(layer: LensLayer, bucket: Bucket, id: string): number | null {
  const own = member(bucket, id) ?? {};
  const value = layer.columns[id]?.filter ? (member(own, 'value') ?? {}) : own;
  return value.values?.[0]?.value ?? value.value ?? value.doc_count ?? null;
}

function member(bucket: Bucket, name: string): Bucket | undefined {
  return (bucket as Readonly<Record<string, Bucket | undefined>>)[name];
}
