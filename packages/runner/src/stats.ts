import type { ErrorCode } from '@tailrace/core';

/** Why events were discarded: `intentional` by the pipeline's own rules, or not. */
export interface Discard {
  readonly reason: string;
  readonly intentional: boolean;
  count: number;
}

/** Upper bounds of histogram buckets and what was counted in them; the last count is that of +Inf. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum: number;
}

function histogram(bounds: readonly number[]): Histogram {
  return { bounds, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
}

export function observe(into: Histogram, value: number): void {
  let k = 0;
  while (k < into.bounds.length && value > into.bounds[k]!) k++;
  into.counts[k]!++;
  into.sum += value;
}

/** One gauge value that a plugin shows. */
export interface GaugeValue {
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

/**
 * The numbers of one component: the ledger, the metrics and the `stats` record all read them. Plain fields, because they are
 * written once per batch on the event path.
 */
export interface ComponentStats {
  readonly id: string;
  /** A reload can change it: the id is the edge. */
  type: string;
  readonly kind: 'source' | 'transform' | 'sink';
  /** Events taken in; for a source the lines it read. */
  received: number;
  receivedBytes: number;
  /** Copies that a split made beyond the first. */
  created: number;
  /** Read back from a disk queue at start. */
  recovered: number;
  /** Given on to every consumer; for a sink: stored by the target. */
  sent: number;
  sentBytes: number;
  /** Lines or events that became part of another event. */
  merged: number;
  deadLettered: number;
  /** Taken in and not yet ended. */
  inFlight: number;
  /** Given back by a queue or source that closed: they come again after a restart, or from the queue's successor after a reload. */
  returned: number;
  /** Those of them that a successor in this process has taken up; they are among the recovered ones. */
  takenUpAgain: number;
  /** Events by the named output that they left by; several, of a transform that may send one event by more than one. */
  readonly outputs: Map<string, number>;
  readonly discarded: Map<string, Discard>;
  readonly errors: Map<ErrorCode, number>;
  readonly gauges: Map<string, Map<string, GaugeValue>>;
  sink: SinkStats | null;
}

/** What only sinks have. */
export interface SinkStats {
  bufferedEvents: number;
  bufferedBytes: number;
  readonly bufferMaxBytes: number;
  requestsInFlight: number;
  /** Requests that may be under way at once, as found by trying. */
  concurrencyLimit: number;
  /** The target takes nothing: after each pause one request tries it. */
  isPaused: boolean;
  requests: number;
  retries: number;
  duplicatesAvoided: number;
  readonly requestSeconds: Histogram;
  readonly requestEvents: Histogram;
  readonly requestBytes: Histogram;
  readonly lagSeconds: Histogram;
}

export function componentStats(id: string, type: string, kind: ComponentStats['kind']): ComponentStats {
  return {
    id,
    type,
    kind,
    received: 0,
    receivedBytes: 0,
    created: 0,
    recovered: 0,
    sent: 0,
    sentBytes: 0,
    merged: 0,
    deadLettered: 0,
    inFlight: 0,
    returned: 0,
    takenUpAgain: 0,
    outputs: new Map(),
    discarded: new Map(),
    errors: new Map(),
    gauges: new Map(),
    sink: null,
  };
}

export function sinkStats(bufferMaxBytes: number): SinkStats {
  return {
    bufferedEvents: 0,
    bufferedBytes: 0,
    bufferMaxBytes,
    requestsInFlight: 0,
    concurrencyLimit: 1,
    isPaused: false,
    requests: 0,
    retries: 0,
    duplicatesAvoided: 0,
    requestSeconds: histogram([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]),
    requestEvents: histogram([1, 10, 100, 500, 1000, 2000, 5000]),
    requestBytes: histogram([1e3, 1e4, 1e5, 5e5, 1e6, 2.5e6, 5e6, 1e7]),
    lagSeconds: histogram([0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600]),
  };
}

/** The numbers of a sink go on where those of its predecessor ended; only counts do, what it holds now is its own. */
export function continueSinkStats(now: SinkStats, before: SinkStats): void {
  now.requests += before.requests;
  now.retries += before.retries;
  now.duplicatesAvoided += before.duplicatesAvoided;
  for (const name of ['requestSeconds', 'requestEvents', 'requestBytes', 'lagSeconds'] as const) {
    now[name].sum += before[name].sum;
    for (const [k, count] of before[name].counts.entries()) now[name].counts[k]! += count;
  }
}

export function countDiscarded(stats: ComponentStats, count: number, reason: string, intentional: boolean): void {
  if (count === 0) return;
  const key = `${intentional} ${reason}`;
  const known = stats.discarded.get(key);
  if (known) known.count += count;
  else stats.discarded.set(key, { reason, intentional, count });
}

export function countErrors(stats: ComponentStats, code: ErrorCode, count: number): void {
  if (count > 0) stats.errors.set(code, (stats.errors.get(code) ?? 0) + count);
}

export function discardedTotal(stats: ComponentStats): number {
  let sum = 0;
  for (const { count } of stats.discarded.values()) sum += count;
  return sum;
}

/**
 * The ledger of one edge (named after the component it leads to):
 * received + created + recovered = sent + discarded + dead-lettered + merged + returned + in flight. 0 when it holds.
 */
export function balance(stats: ComponentStats): number {
  const came = stats.received + stats.created + stats.recovered;
  const went = stats.sent + discardedTotal(stats) + stats.deadLettered + stats.merged + stats.returned;
  return came - went - stats.inFlight;
}
