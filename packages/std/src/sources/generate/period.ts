import type { CheckpointStore, SourceContext, SourceIo } from '@tailrace/core';
import type { GenerateConfig } from './options.ts';

/** From when on something is generated, and how much of it comes at once. */
export interface Period {
  /** Time of the first, Unix milliseconds. */
  readonly begin: number;
  /** Seconds after `begin` up to which it comes at once. */
  readonly lead: number;
  /** Whether the rest keeps to the clock of the machine. */
  readonly isLive: boolean;
  /** Whether there was a run before that it goes on from. */
  readonly isResumed: boolean;
}

/** Below this key stands the time of the last that has arrived. */
const LAST = 'last';
const FORMAT = 1;

/** The time to generate for; `now` in Unix milliseconds. A run from `now` on goes on where the last one ended, if that is not too long ago. */
export function periodOf(
  { start, backfill = 0 }: Pick<GenerateConfig, 'start' | 'backfill'>,
  checkpoints: CheckpointStore,
  now: number,
): Period {
  const isLive = start === 'now';
  const end = isLive ? now : Date.parse(start);
  const last = isLive ? lastOf(checkpoints) : undefined;
  const begin = backfill === 0 ? end : Math.min(end, Math.max(end - backfill, last ?? 0));
  return { begin, lead: (end - begin) / 1000, isLive, isResumed: last !== undefined };
}

function lastOf(checkpoints: CheckpointStore): number | undefined {
  const stored = checkpoints.get(LAST) as { version: number; time: number } | undefined;
  return stored?.version === FORMAT ? stored.time : undefined;
}

/** Remembers up to when everything has arrived, whatever the order in which it does. */
export class Progress {
  readonly #checkpoints: CheckpointStore;
  readonly #underWay: { readonly time: number; isDone: boolean }[] = [];

  constructor(checkpoints: CheckpointStore) {
    this.#checkpoints = checkpoints;
  }

  /** Something whose last time is `time`, Unix milliseconds, is on its way; the answer is to be called when it has arrived. */
  sent(time: number): () => void {
    const entry = { time, isDone: false };
    this.#underWay.push(entry);
    return () => {
      entry.isDone = true;
      let last: number | undefined;
      while (this.#underWay[0]?.isDone === true) last = this.#underWay.shift()?.time;
      if (last !== undefined) this.#checkpoints.set(LAST, { version: FORMAT, time: last });
    };
  }
}

/** Seconds since the lead was over. */
export function stopwatch({ begin, lead, isLive }: Period): () => number {
  const began = performance.now();
  return () => (isLive ? Date.now() - begin - lead * 1000 : performance.now() - began) / 1000;
}

/** An output of a source that keeps the time of the last event that has arrived, so that the next run can go on there. */
export function noting(io: SourceIo): SourceIo {
  const progress = new Progress(io.checkpoints);
  return {
    ...io,
    async emit(batch, received) {
      // Up, so that the last one does not come once more.
      const arrived = progress.sent(Number(batch.time(batch.length - 1) / 1_000_000n) + 1);
      const emitted = await io.emit(batch, received);
      void emitted.settled.then((outcome) => {
        // What is given back when the pipeline stops comes again in the next run.
        if (outcome !== 'errored') arrived();
      });
      return emitted;
    },
  };
}

/** Says what comes at once. */
export function sayWhatComes({ log }: Pick<SourceContext, 'log'>, { begin, lead }: Period): void {
  const [from, to] = [begin, begin + lead * 1000].map((time) => new Date(time).toISOString());
  log.info({ from, to }, 'generates the past at once');
}
