import { type Events, loadRun, type Run } from './events.ts';
import { type Kernel, REGION } from './memory.ts';

/** How many events were written, and how many bytes of `out` they took. */
export interface Encoded {
  readonly count: number;
  readonly used: number;
}

/** Where encoded events go: into `out` from `outAt` on, with the end of the j-th one in marks[j]. */
export interface Target {
  readonly out: Uint8Array;
  readonly outAt: number;
  readonly marks: Uint32Array;
}

/** The two ways an encoder writes: a run by the kernel, and one event that is too large for its regions. */
export interface RunWriter {
  /** Writes a loaded run to the output region, at most `room` bytes, with `base` + the end of each entry at `marksAt`; answers how many entries. */
  run(run: Run, marksAt: number, base: number, room: number): number;
  /** The bytes that stand before and behind an event. */
  around(i: number): { before: Uint8Array; behind: Uint8Array };
}

const MAX_ROWS = 131_072;
/** An event larger than this goes around the kernel: it would nearly fill the regions alone. */
const MAX_BYTES = 12 << 20;

/** Writes events [from, to) run by run until `out` or `marks` is full. */
export function encodeRuns(k: Kernel, e: Events, from: number, to: number, target: Target, writer: RunWriter): Encoded {
  const { out, outAt, marks } = target;
  const last = Math.min(to, from + marks.length);
  let at = outAt;
  let i = from;
  while (i < last) {
    const room = out.length - at;
    const run = loadRun(k, e, i, last, Math.min(room, MAX_BYTES), MAX_ROWS);
    if (run.to === i) {
      const end = encodeLarge(e, i, out, at, writer);
      if (end === 0) break;
      at = end;
      marks[i - from] = at;
      i++;
      continue;
    }
    const count = writer.run(run, run.rowsAt, at, room);
    if (count === 0) break;
    const ends = run.rowsAt >>> 2;
    const size = k.words[ends + count - 1]! - at;
    out.set(k.bytes.subarray(REGION.output.at, REGION.output.at + size), at);
    marks.set(k.words.subarray(ends, ends + count), i - from);
    at += size;
    i += count;
  }
  return { count: i - from, used: at - outAt };
}

// Answers the end of the entry in `out`, or 0 when it does not fit.
function encodeLarge(e: Events, i: number, out: Uint8Array, at: number, writer: RunWriter): number {
  const event = e.text.subarray(e.start[i]!, e.end[i]!);
  const { before, behind } = writer.around(i);
  const end = at + before.length + event.length + behind.length;
  if (end > out.length) return 0;
  out.set(before, at);
  out.set(event, at + before.length);
  out.set(behind, end - behind.length);
  return end;
}
