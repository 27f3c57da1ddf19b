import type { Events, Run } from './events.ts';
import { joiner } from './join.ts';
import { type Kernel, REGION } from './memory.ts';
import { ABOUT, aboutEvents } from './resident.ts';
import { forRuns, MAX_RUN } from './runs.ts';
import { ERR } from './types.ts';
import { loadUnpackOptions, type UnpackOptions } from './unpack-options.ts';

/** Events after unpack. `status`: 0: the field is missing or no string; 1: unpacked; 1 + ERR: refused. All but 1 are untouched, save that `keep: never` removes a refused field. */
export interface Unpacked extends Events {
  readonly status: Uint8Array;
}

interface Pass extends Unpacked {
  /** Levels left for events whose unpacked object has the field again, else 0. */
  readonly levels: Uint8Array;
}

const UNPACKED = 1;

/**
 * Lifts the JSON text that a field holds into its event: un-escaped, validated (RFC 8259, UTF-8), of repeated keys the last one
 * kept at any depth, all values byte for byte as they were. The event's own members come first. While levels are left, a string
 * that is JSON text itself is opened too, and so is the field that the unpacked object brings; when that is no JSON it stays.
 */
export function unpack(k: Kernel, e: Events, options: UnpackOptions): Unpacked {
  const depth = Math.max(1, Math.min(options.depth, 255));
  let all = pass(k, e, options, new Uint8Array(e.length).fill(depth), true);
  let open = eventsLeft(all, (i) => i);
  while (open.length > 0) {
    const { levels } = all;
    const again = pass(
      k,
      select(all, open),
      options,
      Uint8Array.from(open, (i) => levels[i]!),
      false,
    );
    all = replace(k, all, open, again);
    const before = open;
    open = eventsLeft(again, (j) => before[j]!);
  }
  return { text: all.text, start: all.start, end: all.end, length: all.length, status: all.status };
}

function pass(k: Kernel, e: Events, options: UnpackOptions, levels: Uint8Array, first: boolean): Pass {
  loadUnpackOptions(k, options, first);
  const out = joiner(k, e.length);
  const status = new Uint8Array(e.length);
  const { rows } = REGION;
  let noted = false;
  const opensLog = options.field.length === 1 && options.field[0] === 'log';
  k.opensLogs ||= opensLog;
  const each = (run: Run): number => {
    const n = run.to - run.from;
    const starts = run.rowsAt;
    const ends = starts + 4 * n;
    const codes = ends + 4 * n;
    const left = codes + n;
    k.bytes.set(levels.subarray(run.from, run.to), left);
    const textEnd = k.words[(rows.at >>> 2) + 2 * n - 1]!;
    noted = options.into === null && (textEnd <= ABOUT.notes.at || textEnd > REGION.input.end);
    const done = k.wasm.unpack(
      rows.at,
      rows.at + 4 * n,
      n,
      left,
      opensLog ? aboutEvents(k, 'contents', e, run.from) : 0,
      run.outputAt,
      starts,
      ends,
      codes,
      noted ? ABOUT.notes.at : 0,
      REGION.input.end,
    );
    const used = k.words[(ends >>> 2) + done - 1]!;
    out.add(k.bytes.subarray(run.outputAt, used), done, k.words, starts >>> 2, ends >>> 2, run.outputAt);
    status.set(k.bytes.subarray(codes, codes + done), run.from);
    levels.set(k.bytes.subarray(left, left + done), run.from);
    return done;
  };
  const oversize = (i: number): void => {
    status[i] = UNPACKED + ERR.tooLarge;
    levels[i] = 0;
    out.addOne(e.text.subarray(e.start[i], e.end[i]));
  };
  forRuns(k, e, MAX_RUN, each, oversize);
  const events = out.events();
  if (k.resident && noted)
    k.resident = { ...k.resident, about: { kind: 'notes', start: events.start, end: events.end } };
  return { ...events, status, levels };
}

/** Where those events stand that have levels left, `place` saying where event i of a pass does. */
function eventsLeft({ levels, length }: Pass, place: (i: number) => number): number[] {
  const left: number[] = [];
  for (let i = 0; i < length; i++) if (levels[i]! > 0) left.push(place(i));
  return left;
}

function select(e: Events, indices: readonly number[]): Events {
  return {
    text: e.text,
    start: Uint32Array.from(indices, (i) => e.start[i]!),
    end: Uint32Array.from(indices, (i) => e.end[i]!),
    length: indices.length,
  };
}

/** `all` with the events at `indices` replaced by those of `by`, as far as they were unpacked. */
function replace(k: Kernel, all: Pass, indices: readonly number[], by: Pass): Pass {
  const out = joiner(k, all.length);
  const levels = new Uint8Array(all.length);
  let j = 0;
  for (let i = 0; i < all.length; i++) {
    const replaced = indices[j] === i && by.status[j] === UNPACKED;
    const from = replaced ? by : all;
    const at = replaced ? j : i;
    out.addOne(from.text.subarray(from.start[at], from.end[at]));
    if (indices[j] !== i) continue;
    levels[i] = replaced ? by.levels[j]! : 0;
    j++;
  }
  return { ...out.events(), status: all.status, levels };
}
