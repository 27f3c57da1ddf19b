import type { Events, Run } from './events.ts';
import { joiner } from './join.ts';
import { type Kernel, REGION } from './memory.ts';
import { forRuns, MAX_RUN, writeShifts } from './runs.ts';
import { ERR } from './types.ts';

/** Kinds of edits. */
export const EDIT = { replace: 0, remove: 1, insert: 2 } as const;

/** u32 columns of an edit: event, kind, at, end, data start, data end. */
export const EDIT_ROW = 6;

/**
 * Edits sorted by event, then by position, not overlapping; positions are those of the events' text.
 * `replace`: text[at, end) becomes data[start, end). `remove`: the member from its key's quote `at` to its value's end, with
 * the comma that it no longer needs. `insert`: `at` is an object's `{`; the data, one or more members without braces, comes first in it.
 */
export interface Edits {
  readonly rows: Uint32Array;
  readonly count: number;
  readonly data: Uint8Array;
}

/** Bytes at the front of the rows region for the columns of a run, the rest holds its edits. */
const EDITS_AT = REGION.rows.at + REGION.rows.size / 2;
const MAX_EDITS = Math.floor((REGION.rows.end - EDITS_AT) / (4 * EDIT_ROW));

/**
 * Applies edits; untouched bytes stay as they are. `status` is ERR.tooLarge for an event that is or would become larger than
 * MAX_EVENT_BYTES, or has more edits than a run can hold (about 170,000): it stays as it was. Throws a RangeError when a row
 * names data that is not there.
 */
export function splice(k: Kernel, e: Events, edits: Edits): Events & { readonly status: Uint8Array } {
  const out = joiner(k, e.length);
  const status = new Uint8Array(e.length);
  const at = { edit: 0 };
  const runEdits = (run: Run): number => {
    const count = editsOf(k, run, edits, at.edit);
    if (count.events > 0) return spliceRun(k, e, run, count, status, out, at, edits);
    keep(run.from);
    return 1;
  };
  const keep = (i: number): void => {
    status[i] = ERR.tooLarge;
    out.addOne(e.text.subarray(e.start[i], e.end[i]));
    at.edit = pastEvent(edits, at.edit, i);
  };
  forRuns(k, e, MAX_RUN, runEdits, keep);
  return { ...out.events(), status };
}

interface Loaded {
  readonly events: number;
  readonly edits: number;
}

function pastEvent(edits: Edits, edit: number, event: number): number {
  while (edit < edits.count && edits.rows[EDIT_ROW * edit]! <= event) edit++;
  return edit;
}

/** Writes the edits of a run from edit `from` on, and their data, to the kernel; answers for how many whole events they fitted. */
function editsOf(k: Kernel, run: Run, edits: Edits, from: number): Loaded {
  const { rows, data } = edits;
  const { words } = k;
  const whole = data.length <= REGION.scratch.size;
  if (whole) k.bytes.set(data, REGION.scratch.at);
  let used = 0;
  let to = EDITS_AT >>> 2;
  let edit = from;
  for (; edit < edits.count; edit++, to += EDIT_ROW) {
    const row = EDIT_ROW * edit;
    const event = rows[row]!;
    if (event >= run.to) break;
    const start = rows[row + 4]!;
    const end = rows[row + 5]!;
    if (start > end || end > data.length || event < run.from) throw badEdit(edit, event, start, end, data.length);
    if (edit - from === MAX_EDITS || (!whole && used + end - start > REGION.scratch.size)) {
      return { events: event - run.from, edits: edit - from };
    }
    if (!whole) k.bytes.set(data.subarray(start, end), REGION.scratch.at + used);
    words[to] = event - run.from;
    words[to + 1] = rows[row + 1]!;
    words[to + 2] = rows[row + 2]!;
    words[to + 3] = rows[row + 3]!;
    words[to + 4] = whole ? start : used;
    words[to + 5] = (whole ? start : used) + end - start;
    used += end - start;
  }
  return { events: run.to - run.from, edits: edit - from };
}

function badEdit(edit: number, event: number, start: number, end: number, size: number): RangeError {
  return new RangeError(`edit ${edit} (event ${event}): data [${start}, ${end}) of ${size} bytes, or not in order`);
}

function spliceRun(
  k: Kernel,
  e: Events,
  run: Run,
  loaded: Loaded,
  status: Uint8Array,
  out: ReturnType<typeof joiner>,
  at: { edit: number },
  edits: Edits,
): number {
  const n = run.to - run.from;
  const { rows, scratch } = REGION;
  const { outputAt } = run;
  const shifts = run.rowsAt;
  const starts = shifts + 4 * n;
  const ends = starts + 4 * n;
  const codes = ends + 4 * n;
  writeShifts(k, e, run, shifts);
  const editsEnd = EDITS_AT + 4 * EDIT_ROW * loaded.edits;
  const done = k.wasm.splice(
    rows.at,
    rows.at + 4 * n,
    shifts,
    loaded.events,
    EDITS_AT,
    editsEnd,
    scratch.at,
    outputAt,
    starts,
    ends,
    codes,
  );
  const used = done === 0 ? outputAt : k.words[(ends >>> 2) + done - 1]!;
  out.add(k.bytes.subarray(outputAt, used), done, k.words, starts >>> 2, ends >>> 2, outputAt);
  for (let i = 0; i < done; i++) if (k.bytes[codes + i] !== 0) status[run.from + i] = ERR.tooLarge;
  at.edit = pastEvent(edits, at.edit, run.from + done - 1);
  return done;
}
