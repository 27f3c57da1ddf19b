import type { Events } from './events.ts';
import { type Kernel, PAD, REGION } from './memory.ts';

/** A text that stands in the output region as well, where an operation wrote it: `text[i]` is at the address `at` + i, zero bytes behind it. */
export interface Resident {
  readonly text: Uint8Array;
  readonly at: number;
  /** First byte of the output region behind it that an operation may write. */
  readonly outputAt: number;
  /** What the input region says of the events in these very columns: the framer's contents, or unpack's notes. */
  readonly about: ({ readonly kind: keyof typeof ABOUT } & Pick<Events, 'start' | 'end'>) | null;
}

const MIB = 1 << 20;

/**
 * Where that stands in the input region, and its bytes per event at the front: assembly/contents.ts and assembly/notes.ts say what they hold. With
 * contents the chunk, of MOST_CONTENTS at most, stands before them and what was un-escaped 3 MiB behind their beginning; with notes a text that was
 * copied in has to end before them.
 */
export const ABOUT = {
  contents: { at: REGION.input.at + 5 * MIB, bytes: 8 },
  notes: { at: REGION.input.at + 12 * MIB, bytes: 12 },
} as const;

/** Bytes of the largest chunk whose contents are kept: un-escaped they take as much at most, and a few bytes each. */
export const MOST_CONTENTS = 3 * MIB;

/** Bytes of the output region that resident texts may take. */
const RESIDENT_BYTES = 8 * MIB;

/** Bytes of the output region that an operation finds free at least. */
export const LEAST_OUTPUT = REGION.output.size - RESIDENT_BYTES - 2 * PAD;

/** Notes that `text` stands at `at` in the output region too, if that leaves enough of the region free. */
export function keepResident(k: Kernel, text: Uint8Array, at: number, about: Resident['about'] = null): void {
  const end = at + text.length;
  const outputAt = (end + PAD + 63) & ~63;
  k.resident = end <= REGION.output.at + RESIDENT_BYTES ? { text, at, outputAt, about } : null;
  if (k.resident) k.bytes.fill(0, end, end + PAD / 2);
}

/** Address of what the input region says of the events from `from` on; 0: nothing. */
export function aboutEvents({ resident }: Kernel, kind: keyof typeof ABOUT, e: Events, from: number): number {
  const about = resident?.about;
  if (resident?.text !== e.text || about?.kind !== kind || about.start !== e.start || about.end !== e.end) return 0;
  return ABOUT[kind].at + ABOUT[kind].bytes * from;
}
