import { type Kernel, PAD, REGION } from './memory.ts';
import type { Resident } from './resident.ts';

/** Events as JSON text: event i is text.subarray(start[i], end[i]). The columns may be longer than `length`; the ranges ascend and do not overlap, but need not touch. Once made, neither text nor columns change. */
export interface Events {
  readonly text: Uint8Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly length: number;
}

/** A run of events [from, to) that stands in the kernel's memory; `to === from`: the next event alone is larger than `maxBytes`. */
export interface Run {
  readonly from: number;
  readonly to: number;
  /** First free byte of the rows region, 8-aligned: the run's start and end addresses (u32 each) stand before it. */
  readonly rowsAt: number;
  /** First byte of the output region that may be written, 64-aligned. */
  readonly outputAt: number;
}

/**
 * Copies as many whole events from `from` on as fit: text into the input region, then the addresses of their starts
 * (u32 × count, from REGION.rows.at) and of their ends (u32 × count, right behind) into the rows region.
 * Zero bytes follow the text, so that a scan always meets a control character. `maxRows` bounds the count.
 */
export function loadRun(k: Kernel, e: Events, from: number, to: number, maxBytes: number, maxRows: number): Run {
  k.resident = null;
  const limit = Math.min(maxBytes, REGION.input.size);
  const last = Math.min(to, from + maxRows);
  const span = spanOf(e, from, last, limit);
  const at = REGION.input.at;
  if (span.dense) k.bytes.set(e.text.subarray(e.start[from]!, e.end[span.to - 1]!), at);
  const starts = REGION.rows.at >>> 2;
  const ends = starts + (span.to - from);
  let next = at;
  for (let i = from; i < span.to; i++) {
    const start = e.start[i]!;
    const length = e.end[i]! - start;
    if (span.dense) next = at + start - e.start[from]!;
    else k.bytes.set(e.text.subarray(start, start + length), next);
    k.words[starts + i - from] = next;
    next += length;
    k.words[ends + i - from] = next;
  }
  k.bytes.fill(0, next, next + PAD / 2);
  return { from, to: span.to, rowsAt: rowsBehind(span.to - from), outputAt: REGION.output.at };
}

function rowsBehind(events: number): number {
  return (REGION.rows.at + 8 * events + 7) & ~7;
}

/** The run of the events [from, to), whose text stands in the kernel's memory already. */
export function residentRun(k: Kernel, e: Events, from: number, to: number, resident: Resident): Run {
  const starts = REGION.rows.at >>> 2;
  const ends = starts + (to - from);
  for (let i = from; i < to; i++) {
    k.words[starts + i - from] = resident.at + e.start[i]!;
    k.words[ends + i - from] = resident.at + e.end[i]!;
  }
  return { from, to, rowsAt: rowsBehind(to - from), outputAt: resident.outputAt };
}

// One copy of the whole stretch is cheaper than a copy per event, unless most of the stretch is gaps.
function spanOf(e: Events, from: number, to: number, limit: number): { to: number; dense: boolean } {
  let sum = 0;
  let i = from;
  for (; i < to; i++) {
    const length = e.end[i]! - e.start[i]!;
    if (sum + length > limit) break;
    sum += length;
  }
  if (i === from) return { to: from, dense: false };
  const stretch = e.end[i - 1]! - e.start[from]!;
  return { to: i, dense: stretch <= limit && stretch <= 2 * sum + 4096 };
}
