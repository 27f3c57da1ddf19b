import { observe, type SinkStats } from '../stats.ts';
import type { Body, Slice } from './body.ts';

/** Ends the events of a slice, range by range, but for the entries that were refused. */
export function endBut(slice: Slice, refused: ReadonlySet<number>, endRange: (from: number, to: number) => void): void {
  let from = slice.from;
  for (let index = slice.from; index < slice.to; index++) {
    if (!refused.has(slice.entry + index - slice.from)) continue;
    endRange(from, index);
    from = index + 1;
  }
  endRange(from, slice.to);
}

/** The lag of a request is that of its oldest slice, by the slice's first event: one look per batch. */
export function observeLag(numbers: SinkStats, body: Body): void {
  let oldest = Date.now() / 1000;
  const now = oldest;
  for (const { batch, from } of body.slices) oldest = Math.min(oldest, Number(batch.time(from)) / 1e9);
  observe(numbers.lagSeconds, now - oldest);
}
