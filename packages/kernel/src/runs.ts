import { type Events, loadRun, type Run, residentRun } from './events.ts';
import { type Kernel, MAX_EVENT_BYTES, REGION } from './memory.ts';

/** Rows a run may have so that the columns of most operations (32 bytes an event) fill at most half of the rows region. */
export const MAX_RUN = Math.floor(REGION.rows.size / 64);

/**
 * Calls `each` for runs of events in the kernel's memory, and `oversize` for events above MAX_EVENT_BYTES.
 * `each` answers how many events of the run it has dealt with (at least one); the others come again.
 */
export function forRuns(
  k: Kernel,
  e: Events,
  maxRows: number,
  each: (run: Run) => number,
  oversize: (i: number) => void,
): void {
  const resident = k.resident?.text === e.text ? k.resident : null;
  let from = 0;
  while (from < e.length) {
    let to = from;
    const last = Math.min(e.length, from + maxRows);
    while (to < last && e.end[to]! - e.start[to]! <= MAX_EVENT_BYTES) to++;
    if (to === from) {
      oversize(from++);
      continue;
    }
    from += each(
      resident ? residentRun(k, e, from, to, resident) : loadRun(k, e, from, to, REGION.input.size, maxRows),
    );
  }
}

/** Writes the difference between each event's position in its text and its address, u32 per event, to `at`. */
export function writeShifts(k: Kernel, e: Events, run: Run, at: number): void {
  const addresses = REGION.rows.at >>> 2;
  const shifts = at >>> 2;
  for (let i = run.from; i < run.to; i++) {
    k.words[shifts + i - run.from] = e.start[i]! - k.words[addresses + i - run.from]!;
  }
}
