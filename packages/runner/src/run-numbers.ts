import type { ComponentNumbers, HistogramNumbers, RunNumbers } from '@tailrace/core';
import type { Readiness } from './readiness.ts';
import type { ReloadNumbers } from './reload/reloader.ts';
import { balance, type ComponentStats, type Histogram, type SinkStats } from './stats.ts';

/** What the numbers of a run are read from. */
export interface RunNumbersInput {
  readonly components: readonly ComponentStats[];
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly checkpointWrittenAt: number;
  readonly lettersDropped: number;
  readonly reloads: ReloadNumbers;
  readonly reasons: ReturnType<Readiness['reasons']>;
  readonly version: string;
}

/** A copy of all numbers at this moment, for the source `internal_stats`. */
export function runNumbers(input: RunNumbersInput): RunNumbers {
  const { components, startedAt, checkpointWrittenAt, lettersDropped, reloads, reasons, version } = input;
  const reloadCounts = Object.entries(reloads.ends).map(([result, count]) => [`config_reloads_${result}`, count]);
  return {
    startedAt,
    version,
    counts: { dead_letters_dropped: lettersDropped, ...Object.fromEntries(reloadCounts) },
    gauges: { checkpoint_age_seconds: (Date.now() - checkpointWrittenAt) / 1000 },
    components: components.map((stats) => componentNumbers(stats, reasons)),
  };
}

function componentNumbers(stats: ComponentStats, reasons: RunNumbersInput['reasons']): ComponentNumbers {
  const { id, type, kind, sink } = stats;
  return {
    id,
    type,
    kind,
    counts: { ...countsOf(stats), ...(sink ? sinkCounts(sink) : {}) },
    gauges: {
      in_flight_events: stats.inFlight,
      balance: balance(stats),
      ...(sink ? sinkGauges(sink) : {}),
    },
    histograms: sink ? histogramsOf(sink) : {},
    discarded: [...stats.discarded.values()].map((one) => ({ ...one })),
    errors: [...stats.errors].map(([code, count]) => ({ code, count })),
    notReady: reasons.filter(({ component }) => component === id).map(({ subject, reason }) => `${subject}: ${reason}`),
  };
}

function countsOf(stats: ComponentStats): Record<string, number> {
  return {
    received_events: stats.received,
    received_bytes: stats.receivedBytes,
    sent_events: stats.sent,
    sent_bytes: stats.sentBytes,
    created_events: stats.created,
    merged_events: stats.merged,
    recovered_events: stats.recovered,
    returned_events: stats.returned,
    dead_lettered_events: stats.deadLettered,
  };
}

function sinkCounts(sink: SinkStats): Record<string, number> {
  return { requests: sink.requests, retries: sink.retries, duplicates_avoided: sink.duplicatesAvoided };
}

function sinkGauges(sink: SinkStats): Record<string, number> {
  return {
    buffer_events: sink.bufferedEvents,
    buffer_bytes: sink.bufferedBytes,
    buffer_max_bytes: sink.bufferMaxBytes,
    requests_in_flight: sink.requestsInFlight,
    concurrency_limit: sink.concurrencyLimit,
    paused: Number(sink.isPaused),
  };
}

function histogramsOf(sink: SinkStats): Record<string, HistogramNumbers> {
  return {
    request_seconds: copied(sink.requestSeconds),
    request_events: copied(sink.requestEvents),
    request_bytes: copied(sink.requestBytes),
    lag_seconds: copied(sink.lagSeconds),
  };
}

function copied({ bounds, counts, sum }: Histogram): HistogramNumbers {
  return { bounds, counts: [...counts], sum };
}
