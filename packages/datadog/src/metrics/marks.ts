import { type Change, changeOf, type Total } from './totals.ts';

/** The last point of a cumulative series that Datadog has accepted; times in nanoseconds since 1970, `start` 0 when not known. */
export interface Mark {
  readonly time: bigint;
  readonly start: bigint;
  readonly total: Total;
}

/** How the first point of a series is taken: see the option `first_value`. */
export type FirstValue = 'auto' | 'drop' | 'keep';

/**
 * What a point adds to its series. `baseline`: nothing yet, the next one will be compared with it. `held`: nothing, and the mark stays
 * where it is, so that the next point brings this one's part too.
 */
export type Step =
  | { readonly kind: 'change'; readonly total: Total; readonly seconds: number }
  | { readonly kind: 'baseline' }
  | { readonly kind: 'held' };

const SECOND = 1_000_000_000n;
const HELD: Step = { kind: 'held' };
const BASELINE: Step = { kind: 'baseline' };

/** Compares a point with the mark of its series; `since`: series that started after it (nanoseconds) have never been sent. */
export function stepOf(mark: Mark | undefined, point: Mark, first: FirstValue, since: bigint): Step {
  const start = hasStart(point) ? point.start : 0n;
  if (!mark) {
    const isNew = first === 'keep' || (first === 'auto' && start > since && start !== 0n);
    return isNew ? whole(point, start === 0n ? point.time : start) : BASELINE;
  }
  // Datadog keeps the last value of a second, so a second one would take the place of the first.
  if (point.time / SECOND <= mark.time / SECOND) return HELD;
  // Start times that are computed from an uptime tremble by fractions of a second.
  const isRestarted = mark.start !== 0n && start > mark.start + SECOND;
  const change: Change = isRestarted ? 'reset' : changeOf(mark.total, point.total);
  if (change === 'other') return BASELINE;
  if (change === 'reset') return whole(point, later(start, mark.time));
  return { kind: 'change', total: change, seconds: secondsBetween(mark.time, point.time) };
}

/**
 * Whether a point says since when it counts. One whose start is its own time says that nobody knows, and that later points will give this
 * start all the same (OTLP data model, “Cumulative streams: handling unknown start time”).
 */
export function hasStart({ start, time }: Mark): boolean {
  return start !== 0n && start < time;
}

function whole(point: Mark, from: bigint): Step {
  return { kind: 'change', total: point.total, seconds: secondsBetween(from, point.time) };
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Whole seconds, at least one: what Datadog calls the interval of a count. */
export function secondsBetween(from: bigint, to: bigint): number {
  return Math.max(1, Math.round(Number(to - from) / 1e9));
}
