import type { Column, Condition, Dashboard, LogQuery } from './model.ts';
import type { FlatEvent } from './sql/duckdb.fixture.ts';
import { type AnswerRow, conditionsOf, type GroupValue, timesOf, type View } from './view.ts';

/** What a log query means, in the plainest words: the answer over events in memory, with the default parameters. */
export function answerTwin(
  query: LogQuery,
  dashboard: Dashboard,
  view: View,
  events: readonly FlatEvent[],
): AnswerRow[] {
  const conditions = conditionsOf(query.where, dashboard, view);
  const shown = events.filter(
    (event) => timeOf(event) >= view.from && timeOf(event) < view.to && meets(event, conditions),
  );
  const groups = groupsOf(query, shown, 0);
  if (query.over === 'time') return groups.flatMap(([keys, members]) => overTime(query, view, keys, members));
  const rows = groups.map(([keys, members]) => ({ groups: keys, columns: columnsOf(query, members) }));
  const { having } = query;
  if (having === undefined) return rows;
  const at = query.agg.findIndex(({ name }) => name === having.name);
  return rows.filter(({ columns }) => {
    const value = columns[at] ?? null;
    return value !== null && value >= having.atLeast;
  });
}

/** Whether an event meets all conditions. */
export function meets(event: FlatEvent, conditions: readonly Condition[]): boolean {
  return conditions.every((condition) => {
    const value = event[condition.field];
    if ('exists' in condition) return (value !== undefined) === condition.exists;
    if ('is' in condition) return isOneOf(value, condition.is);
    if ('isNot' in condition) return !isOneOf(value, condition.isNot);
    if ('startsWith' in condition) return value !== undefined && String(value).startsWith(condition.startsWith);
    if ('startsNotWith' in condition) return value === undefined || !String(value).startsWith(condition.startsNotWith);
    if (value === undefined) return false;
    return 'atLeast' in condition ? Number(value) >= condition.atLeast : Number(value) < condition.below;
  });
}

function isOneOf(value: FlatEvent[string], is: string | number | boolean | readonly (string | number)[]): boolean {
  if (value === undefined) return false;
  return (typeof is === 'object' ? is : [is]).some((each) => String(each) === String(value));
}

function groupsOf(query: LogQuery, events: readonly FlatEvent[], level: number): [GroupValue[], FlatEvent[]][] {
  const grouping = query.by?.[level];
  if (grouping === undefined) return [[[], [...events]]];
  const members = new Map<GroupValue, FlatEvent[]>();
  for (const event of events) {
    const key = event[grouping.field];
    if (key !== undefined) members.set(key, [...(members.get(key) ?? []), event]);
  }
  const rank = new Map(
    [...members].map(([key, own]) => [key, columnOf(query.agg[0], own) ?? Number.NEGATIVE_INFINITY]),
  );
  const largest = [...members.keys()].toSorted((a, b) => compare(rank.get(b)!, rank.get(a)!) || compare(a, b));
  return largest
    .slice(0, grouping.size)
    .flatMap((key) =>
      groupsOf(query, members.get(key)!, level + 1).map(([keys, own]): [GroupValue[], FlatEvent[]] => [
        [key, ...keys],
        own,
      ]),
    );
}

function overTime(query: LogQuery, view: View, groups: GroupValue[], events: readonly FlatEvent[]): AnswerRow[] {
  const times = timesOf(view);
  const step = (times[1] ?? Number.POSITIVE_INFINITY) - times[0]!;
  const inside = (from: number, to: number) => events.filter((event) => timeOf(event) >= from && timeOf(event) < to);
  return times.map((time) => {
    const { running } = query;
    if (running === undefined) return { groups, time, columns: columnsOf(query, inside(time, time + step)) };
    const [plus, minus] = [running.plus, running.minus].map((wanted) => {
      const column = query.agg.find(({ name }) => name === wanted)!;
      return columnOf(column, inside(Number.NEGATIVE_INFINITY, time + step)) ?? 0;
    });
    return { groups, time, columns: [plus! - minus!] };
  });
}

function columnsOf(query: LogQuery, events: readonly FlatEvent[]): (number | null)[] {
  return query.agg.map((column) => columnOf(column, events));
}

function columnOf(column: Column, events: readonly FlatEvent[]): number | null {
  const own = events.filter((event) => meets(event, column.where ?? []));
  if (column.op === 'count') return own.length;
  const field = column.op === 'last_seen' ? '@timestamp' : column.field;
  const values = own.map((event) => event[field]).filter((value) => value !== undefined);
  if (column.op === 'cardinality') return new Set(values).size;
  const numbers = values.map(Number).toSorted((a, b) => a - b);
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (column.op === 'sum') return sum;
  if (numbers.length === 0) return null;
  if (column.op === 'avg') return sum / numbers.length;
  if (column.op === 'min') return numbers[0]!;
  return column.op === 'percentile' ? interpolated(numbers, column.percent / 100) : numbers.at(-1)!;
}

function interpolated(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return low + (high - low) * (place - Math.floor(place));
}

function timeOf(event: FlatEvent): number {
  return Number(event['@timestamp']);
}

function compare(a: GroupValue, b: GroupValue): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
