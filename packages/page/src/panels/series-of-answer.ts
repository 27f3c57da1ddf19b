import type { GroupValue, Query } from '@tailrace/dashboards';
import type { NumbersAnswer, NumbersTable } from '@tailrace/local';

/** One line, area or row of bars; null where a step has no value. */
export interface Series {
  readonly name: string;
  /** Its place among the lines and columns that were asked for. */
  readonly line: number;
  readonly groups: readonly GroupValue[];
  /** Of a log query. */
  readonly column: string;
  /** One per time. */
  readonly values: readonly (number | null)[];
}

/** Series over the same steps. */
export interface SeriesOverTime {
  /** Begins of steps in Unix milliseconds, rising. */
  readonly times: readonly number[];
  /** Milliseconds of one step. */
  readonly step: number;
  /** Steps of which the answer covers a part: their counts are smaller than those of their neighbours for that reason alone. */
  readonly partial: readonly number[];
  readonly series: readonly Series[];
}

type Fill = 'zero' | 'gap' | 'carry';

/** What an answer over time shows: a series per line, column and group, in the order of the question and then by name, so that colours stay when numbers change. What is after `now`, Unix milliseconds, is not yet known. */
export function seriesOf(query: Query, answer: NumbersAnswer, now: number = answer.to): SeriesOverTime {
  const step = answer.step ?? answer.to - answer.from;
  const times = timesOf(answer, step);
  const at = new Map(times.map((time, index) => [time, index]));
  const several = answer.tables.length > 1;
  const series = answer.tables.flatMap((table, line) =>
    table.columns.flatMap((column, place) => {
      const [fill, groupings] = [fillOf(query, place), groupNames(query, table)];
      return groupsOf(table).map(({ groups, rows }) => ({
        name: nameOf(table, column, namesOf(groups, groupings), several),
        line: line * 1000 + place,
        ...{ groups, column },
        values: valuesOf(rows, place, at, fill),
      }));
    }),
  );
  const partial = times.filter((time) => time < answer.from || time + step > Math.min(answer.to, now));
  return { times, step, partial, series: withOwnNames(series.sort(byLineThenName)) };
}

/** Begins of the steps that the answer covers, and any others that its rows tell. */
function timesOf({ from, to, tables }: NumbersAnswer, step: number): number[] {
  const times = new Set<number>();
  for (let time = Math.floor(from / step) * step; time < to && times.size < 20_000; time += step) times.add(time);
  for (const { rows } of tables) for (const { time } of rows) if (time !== undefined) times.add(time);
  return [...times].sort((one, other) => one - other);
}

interface Group {
  readonly groups: readonly GroupValue[];
  readonly rows: NumbersTable['rows'][number][];
}

function groupsOf(table: NumbersTable): Group[] {
  const groups = new Map<string, Group>();
  for (const row of table.rows) {
    const key = JSON.stringify(row.groups);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { groups: row.groups, rows: [row] });
    else group.rows.push(row);
  }
  return [...groups.values()];
}

function valuesOf(rows: Group['rows'], place: number, at: ReadonlyMap<number, number>, fill: Fill): (number | null)[] {
  const values = new Array<number | null | undefined>(at.size).fill(undefined);
  for (const { time, columns } of rows) {
    const index = time === undefined ? undefined : at.get(time);
    if (index !== undefined) values[index] = columns[place] ?? null;
  }
  let before: number | null = fill === 'gap' ? null : 0;
  return values.map((value) => {
    if (value === undefined) return before;
    if (fill === 'carry') before = value;
    return value;
  });
}

/** Without events a count, a sum and a unique count are 0, and all else says nothing. */
function fillOf(query: Query, place: number): Fill {
  if (query.source === 'metrics') return 'gap';
  if (query.running !== undefined) return 'carry';
  const op = query.agg[place]?.op;
  return op === 'count' || op === 'sum' || op === 'cardinality' ? 'zero' : 'gap';
}

/** "true" alone says nothing: what is true stands before it. */
function namesOf(groups: readonly GroupValue[], groupings: readonly string[]): string[] {
  return groups.map((value, at) => {
    const grouping = typeof value === 'boolean' ? groupings[at] : undefined;
    return grouping === undefined ? groupText(value) : `${grouping}: ${value}`;
  });
}

function nameOf(table: NumbersTable, column: string, groups: readonly string[], several: boolean): string {
  const ofLine = table.name !== '' && (several || groups.length === 0) ? [table.name] : [];
  const ofColumn = table.columns.length > 1 || (groups.length === 0 && table.name === '') ? [column] : [];
  return [...ofLine, ...groups, ...ofColumn].join(' · ');
}

/** A group's value in words. */
export function groupText(value: GroupValue): string {
  return value === '' ? '(empty)' : String(value);
}

function byLineThenName(one: Series, other: Series): number {
  return one.line - other.line || (one.name < other.name ? -1 : one.name > other.name ? 1 : 0);
}

/** The number 1 and the text "1" are two groups that look the same. */
function withOwnNames(series: readonly Series[]): Series[] {
  const taken = new Set<string>();
  return series.map((each) => {
    let name = each.name;
    for (let copy = 2; taken.has(name); copy++) name = `${each.name} (${copy})`;
    taken.add(name);
    return { ...each, name };
  });
}

/** Whether the series of a query can be added up: counts and sums, and increases and rates of counters. */
export function isAdditive(query: Query): boolean {
  if (query.source === 'metrics') return query.lines.every(({ shape }) => shape === 'increase' || shape === 'rate');
  return query.running === undefined && query.agg.every(({ op }) => op === 'count' || op === 'sum');
}

function groupNames(query: Query, { groups }: NumbersTable): readonly string[] {
  return query.source === 'logs' ? (query.by ?? []).map(({ name }) => name) : groups;
}
