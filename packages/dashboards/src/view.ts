import type { Condition, Dashboard, LogQuery } from './model.ts';

/** What a viewer looks at: a stretch of time in Unix milliseconds, its end not in it, and what was chosen of the variables. */
export interface View {
  readonly from: number;
  readonly to: number;
  /** The moment of looking: metrics are asked up to it, since nothing is known of the rest. */
  readonly now?: number;
  /** Milliseconds of one step of time; by default about 60 steps, of a round length. */
  readonly step?: number;
  /** Values by the name of a variable; a variable without any narrows nothing. */
  readonly chosen?: Readonly<Record<string, readonly string[]>>;
}

/** A value to group by. */
export type GroupValue = string | number | boolean;

/** A row of an answer to a {@link LogQuery}, the same whoever answered. */
export interface AnswerRow {
  /** One per grouping. */
  readonly groups: readonly GroupValue[];
  /** Begin of the step, Unix milliseconds, in queries over time. */
  readonly time?: number;
  /** One per column, see {@link columnNames}; null where no event has a value. A time is in Unix milliseconds. */
  readonly columns: readonly (number | null)[];
}

/** A value in a table of events; null where the event has none. */
export type CellValue = GroupValue | null;

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
const STEPS = [
  ...[1, 2, 5, 10, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE),
  ...[1, 3, 6, 12, 24, 7 * 24, 30 * 24].map((hours) => hours * HOUR),
];
const WANTED_STEPS = 60;
const MOST_STEPS = 10_000;

/** Length of a step in milliseconds; throws a RangeError when the view has no length or more than 10,000 steps. */
export function stepOf({ from, to, step }: View): number {
  if (!(from < to)) throw new RangeError(`view: from ${from} must be before to ${to}`);
  const length =
    step ?? STEPS.find((each) => (to - from) / each <= WANTED_STEPS) ?? Math.ceil((to - from) / WANTED_STEPS);
  if (!Number.isInteger(length) || length < 1)
    throw new RangeError(`view: step ${length} must be a whole number of milliseconds`);
  if ((to - from) / length > MOST_STEPS)
    throw new RangeError(`view: step ${length} makes more than ${MOST_STEPS} steps`);
  return length;
}

/** Begins of all steps that the view touches, multiples of the step's length since 1970. */
export function timesOf(view: View): number[] {
  const step = stepOf(view);
  const first = Math.floor(view.from / step);
  const last = Math.floor((view.to - 1) / step);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

/** All that an event must meet: the dashboard's base, what was chosen, and the query's own. */
export function conditionsOf(where: readonly Condition[], dashboard: Dashboard, { chosen = {} }: View): Condition[] {
  const choices = dashboard.variables.flatMap(({ name, field }) => {
    const is = chosen[name] ?? [];
    return field === undefined || is.length === 0 ? [] : [{ field, is }];
  });
  return [...dashboard.base, ...choices, ...where];
}

/** What the columns of the rows are called: those of the query or, of a running difference, it alone. */
export function columnNames({ agg, running }: LogQuery): string[] {
  return running === undefined ? agg.map(({ name }) => name) : [`${running.plus} − ${running.minus}`];
}

/** Throws a RangeError for a query that has no meaning: a running difference without time or of what cannot be summed up, a bound on groups over time. */
export function checkQuery(query: LogQuery): void {
  const { over, running, having } = query;
  if (having !== undefined && over !== undefined) throw new RangeError('a query with `having` has no `over`');
  if (running === undefined) return;
  if (over === undefined) throw new RangeError("a running difference needs `over: 'time'`");
  for (const name of [running.plus, running.minus]) {
    const op = query.agg[columnAt(query, name)]?.op;
    // The same user in two steps is one user, and two in their sum.
    if (op !== 'count' && op !== 'sum') throw new RangeError(`"${name}": ${op} of steps cannot be summed up`);
  }
}

/** Which column a query means by a name; throws a RangeError when there is none. */
export function columnAt({ agg }: LogQuery, name: string): number {
  const at = agg.findIndex((column) => column.name === name);
  if (at < 0) throw new RangeError(`there is no column "${name}", only ${agg.map((column) => column.name).join(', ')}`);
  return at;
}
