import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { CheckpointStore, Source, SourceContext, SourceIo } from '@tailrace/core';
import { noting, type Period, periodOf, sayWhatComes, stopwatch } from '../generate/period.ts';
import type { GenerateMetricsConfig } from '../generate-metrics.ts';
import { OperatorScrapes } from './scrapes.ts';

/** Longest pause, in milliseconds, so that a change of the machine's clock is noticed. */
const LONGEST_PAUSE_MS = 1000;
/** How long the operator has been running when it is first seen, in milliseconds. */
const WARM_UP_MS = 3_600_000;
/** An operator that is older begins anew with the next run, in milliseconds. */
const OLDEST_MS = 24 * 3_600_000;
/** Below this key stands since when the operator runs. */
const OPERATOR = 'operator';
const FORMAT = 1;

/** Makes a source of an operator's metrics. */
export function createGenerateMetrics(config: GenerateMetricsConfig, context: SourceContext): Source {
  const { interval, backfill, seed } = config;
  return {
    async run(io) {
      io.ready();
      const period = periodOf(config, io.checkpoints, Date.now());
      if (backfill !== undefined) sayWhatComes(context, period);
      const underWay = new Set<Promise<void>>();
      const since = period.isLive ? operatorSince(io.checkpoints, period) : period.begin - WARM_UP_MS;
      const scrapes = new OperatorScrapes({ seed, since, interval }, context);
      const keepsPlace = period.isLive && backfill !== undefined;
      await emitScrapes(scrapes, { period, interval }, keepsPlace ? noting(io) : io, underWay);
      io.inputEnded?.();
      await Promise.all(underWay);
    },
  };
}

/** Since when the operator runs whose metrics are shown: the one of the last run goes on, unless it is too old. */
function operatorSince(checkpoints: CheckpointStore, { begin }: Period): number {
  const stored = checkpoints.get(OPERATOR) as { version: number; since: number } | undefined;
  const known = stored?.version === FORMAT && stored.since <= begin ? stored.since : undefined;
  if (known !== undefined && begin - known <= OLDEST_MS) return known;
  // One that followed another has counted nothing yet: its counters must not seem to rise at once.
  const since = known === undefined ? begin - WARM_UP_MS : begin;
  checkpoints.set(OPERATOR, { version: FORMAT, since });
  return since;
}

async function emitScrapes(
  scrapes: OperatorScrapes,
  { period, interval }: { readonly period: Period; readonly interval: number },
  io: SourceIo,
  underWay: Set<Promise<void>>,
): Promise<void> {
  const { begin, lead, isLive } = period;
  // By the machine's clock they stand at whole intervals, so that a restart keeps the rhythm.
  let time = isLive && lead > 0 ? Math.ceil(begin / interval) * interval : begin;
  const elapsed = io.once ? () => 0 : stopwatch(period);
  for (;;) {
    for (let wait = time - begin - lead * 1000 - elapsed() * 1000; wait > 0; ) {
      if (io.once) return;
      const stopped = await sleep(Math.min(wait, LONGEST_PAUSE_MS), false, { signal: io.signal }).catch(() => true);
      if (stopped) return;
      wait = time - begin - lead * 1000 - elapsed() * 1000;
    }
    // Many scrapes at once leave room for the rest of the pipeline.
    await turn();
    for (const batch of scrapes.batchesAt(time)) {
      if (io.signal.aborted) return;
      const { settled } = await io.emit(batch, { bytes: 0 });
      const ended = settled.then(() => void underWay.delete(ended));
      underWay.add(ended);
    }
    time += interval;
  }
}
