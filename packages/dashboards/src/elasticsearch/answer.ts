import type { Column, EventsPanel, LogQuery, Parameters } from '../model.ts';
import { fieldName } from '../parameters.ts';
import { type AnswerRow, type CellValue, columnAt, type GroupValue, timesOf, type View } from '../view.ts';
import { NAMES } from './search.ts';

/** A bucket, or a metric, of an answer; what aggregation is below it decides which members there are. */
interface Bucket {
  readonly key?: string | number;
  readonly key_as_string?: string;
  readonly doc_count?: number;
  readonly value?: number | null;
  readonly values?: readonly { readonly value: number | null }[];
  readonly buckets?: readonly Bucket[];
}

/** What `_search` answers, as far as it is read here. */
export interface SearchAnswer {
  readonly _shards?: { readonly failed: number };
  readonly timed_out?: boolean;
  readonly aggregations?: Readonly<Record<string, unknown>>;
  readonly hits?: { readonly hits: readonly { readonly fields?: Readonly<Record<string, readonly unknown[]>> }[] };
}

/** The rows of an answer to `searchOf`, the largest groups first, then by time; throws an Error when the answer is not whole. */
export function readSearch(query: LogQuery, view: View, answer: SearchAnswer): AnswerRow[] {
  whole(answer);
  const all = answer.aggregations?.[NAMES.all] as Bucket | undefined;
  const leaves = leavesOf(all ?? { doc_count: 0 }, query.by?.length ?? 0);
  if (query.over !== undefined) return leaves.flatMap(([groups, bucket]) => overTime(query, view, groups, bucket));
  const rows = leaves.map(([groups, bucket]) => ({ groups, columns: columnsOf(query.agg, bucket) }));
  if (query.having === undefined) return rows;
  const { atLeast, name } = query.having;
  const at = columnAt(query, name);
  return rows.filter(({ columns }) => (columns[at] ?? Number.NEGATIVE_INFINITY) >= atLeast);
}

/** The cells of an answer to `eventsSearchOf`, a row per event, the newest first; `@timestamp` in Unix milliseconds. Throws an Error when the answer is not whole. */
export function readEvents(panel: EventsPanel, parameters: Parameters, answer: SearchAnswer): CellValue[][] {
  whole(answer);
  return (answer.hits?.hits ?? []).map(({ fields = {} }) =>
    panel.columns.map(({ field }) => {
      const value = fields[fieldName(field, parameters)]?.[0];
      return field === '@timestamp' ? Number(value) : cellOf(value);
    }),
  );
}

/** Numbers of some shards only look like numbers of all. */
function whole({ _shards: shards, timed_out: timedOut }: SearchAnswer): void {
  if (timedOut === true) throw new Error('the search timed out, its answer is not whole');
  if (shards && shards.failed > 0) throw new Error(`${shards.failed} shards failed, the answer is not whole`);
}

function leavesOf(bucket: Bucket, depth: number): [GroupValue[], Bucket][] {
  if (depth === 0) return [[[], bucket]];
  return (below(bucket, NAMES.group)?.buckets ?? []).flatMap((inner) =>
    leavesOf(inner, depth - 1).map(([groups, leaf]): [GroupValue[], Bucket] => [[groupValue(inner), ...groups], leaf]),
  );
}

/** Of a boolean the key is 0 or 1. */
function groupValue({ key = '', key_as_string: text }: Bucket): GroupValue {
  return typeof key === 'number' && (text === 'true' || text === 'false') ? key === 1 : key;
}

function overTime(query: LogQuery, view: View, groups: GroupValue[], bucket: Bucket): AnswerRow[] {
  const steps = new Map(below(bucket, NAMES.time)?.buckets?.map((step) => [step.key, step]));
  const rows = timesOf(view).map((time) => ({
    ...{ groups, time },
    columns: columnsOf(query.agg, steps.get(time) ?? { doc_count: 0 }),
  }));
  if (query.running === undefined) return rows;
  const [plus, minus] = [columnAt(query, query.running.plus), columnAt(query, query.running.minus)];
  let running = 0;
  return rows.map(({ columns, ...row }) => {
    running += (columns[plus] ?? 0) - (columns[minus] ?? 0);
    return { ...row, columns: [running] };
  });
}

function columnsOf(columns: readonly Column[], bucket: Bucket): (number | null)[] {
  return columns.map((column, at) => {
    const own = column.where === undefined && column.op === 'count' ? bucket : below(bucket, NAMES.column(at));
    if (column.op === 'count') return own?.doc_count ?? 0;
    const metric = column.where === undefined || own === undefined ? own : below(own, NAMES.value);
    const value = column.op === 'percentile' ? metric?.values?.[0]?.value : metric?.value;
    return value ?? (column.op === 'cardinality' || column.op === 'sum' ? 0 : null);
  });
}

function below(bucket: Bucket, name: string): Bucket | undefined {
  return (bucket as Readonly<Record<string, Bucket | undefined>>)[name];
}

function cellOf(value: unknown): CellValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === undefined || value === null ? null : JSON.stringify(value);
}
