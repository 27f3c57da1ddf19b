import type { CheckpointStore } from '@tailrace/core';
import type { GenerateConfig } from './options.ts';

/** From when on lines are generated, and which of them come at once. */
export interface Period {
  /** Time of the first line, Unix milliseconds. */
  readonly begin: number;
  /** Seconds after `begin` up to which lines come at once. */
  readonly lead: number;
  /** Whether lines keep to the clock of the machine. */
  readonly isLive: boolean;
}

/** Below this key stands the time of the last line that has arrived. */
const LAST = 'last';
const FORMAT = 1;

/** The time to generate for; `now` in Unix milliseconds. A run from `now` on goes on where the last one ended, if that is not too long ago. */
export function periodOf({ start, backfill = 0 }: GenerateConfig, checkpoints: CheckpointStore, now: number): Period {
  const isLive = start === 'now';
  const end = isLive ? now : Date.parse(start);
  const last = isLive ? lastOf(checkpoints) : undefined;
  const begin = backfill === 0 ? end : Math.min(end, Math.max(end - backfill, last ?? 0));
  return { begin, lead: (end - begin) / 1000, isLive };
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
