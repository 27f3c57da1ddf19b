import type { ErrorCode } from './errors.ts';

/** Upper bounds of buckets, what was counted in each (the last count is that of all above), and the sum of the values. */
export interface HistogramNumbers {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** What a component did since the process started, as it stands in /metrics and in the `stats` record of the log. */
export interface ComponentNumbers {
  readonly id: string;
  readonly type: string;
  readonly kind: 'source' | 'transform' | 'sink';
  /** What only rises, by its name in the `stats` record, such as `received_events`. */
  readonly counts: Readonly<Record<string, number>>;
  /** What also falls, such as `in_flight_events`. */
  readonly gauges: Readonly<Record<string, number>>;
  /** Seconds, events and bytes of requests; sinks only. */
  readonly histograms: Readonly<Record<string, HistogramNumbers>>;
  readonly discarded: readonly { readonly reason: string; readonly intentional: boolean; readonly count: number }[];
  readonly errors: readonly { readonly code: ErrorCode; readonly count: number }[];
  /** Why it is not ready, as /readyz says it; empty: it is. */
  readonly notReady: readonly string[];
}

/** The numbers of a running pipeline. */
export interface RunNumbers {
  /** When it started, in Unix milliseconds: counts of another start are counts of another process. */
  readonly startedAt: number;
  readonly version: string;
  /** What only rises, of the process as a whole. */
  readonly counts: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  readonly components: readonly ComponentNumbers[];
}
