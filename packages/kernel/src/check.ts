import type { Events, Run } from './events.ts';
import type { KnownPaths } from './known-paths.ts';
import { type Kernel, REGION } from './memory.ts';
import { loadPaths, type Paths } from './paths.ts';
import { aboutEvents } from './resident.ts';
import { forRuns, MAX_RUN, writeShifts } from './runs.ts';

/** u32 columns of an exception: event, path, key start, value start, value end, type. */
export const EXCEPTION_ROW = 6;
/** u32 columns of an undeclared member: event, key start, value start, value end, type, path hash low, path hash high, flags. */
export const UNKNOWN_ROW = 8;

/** What check found; positions are those of the events' text, types have the bits ESCAPED and KEY_ESCAPED. */
export interface Checked {
  /** Declared members whose value does not have the declared type, in the order of the text. */
  readonly exceptions: Uint32Array;
  /** Leaves (scalars, arrays, empty objects) that no path is declared for, in the order of the text, with the flags of UNKNOWN; those that are known and have no flag are left out. */
  readonly unknown: Uint32Array;
  /** Events without rows because they could not be checked: damaged, above MAX_EVENT_BYTES, or with more rows than the kernel holds (350,000 to 500,000, fewer behind a text that stands in its memory). */
  readonly unchecked: readonly number[];
}

const EXPECTS_AT = REGION.rows.at + REGION.rows.size / 2;
const KNOWN_AT = EXPECTS_AT + (1 << 20);
const SEEN_AT = KNOWN_AT + (1 << 20);
const WATCHED_AT = SEEN_AT + (1 << 19);
const NOTHING_KNOWN = new Uint32Array(2);
const NOTHING_WATCHED = new Uint32Array(0);

/**
 * Compares events with the type expected (an EXPECT) at each path. An array fits when all its items do; null always fits. Of
 * members that occur twice both are looked at. The 64-bit hash of an undeclared member stands for its path from the root, keys
 * un-escaped. The events must be valid JSON objects.
 *
 * `known`: undeclared members that need no row. `watched`: paths of which an event with a path that is always reported gets a row
 * of the type `present`, if it has them.
 */
export function check(
  k: Kernel,
  e: Events,
  paths: Paths,
  expect: Uint8Array,
  wantUnknown: boolean,
  more: { readonly known?: KnownPaths; readonly watched?: Uint32Array } = {},
): Checked {
  if (expect.length < paths.count) {
    throw new RangeError(`${paths.count} paths have only ${expect.length} expected types: give one for each`);
  }
  loadPaths(k, paths);
  const slots = more.known?.slots ?? NOTHING_KNOWN;
  const watched = more.watched ?? NOTHING_WATCHED;
  const exceptions: Uint32Array[] = [];
  const unknown: Uint32Array[] = [];
  const unchecked: number[] = [];
  const each = (run: Run): number => {
    const n = run.to - run.from;
    k.bytes.set(expect.subarray(0, paths.count), EXPECTS_AT);
    k.words.set(slots, KNOWN_AT >>> 2);
    k.words.set(watched, WATCHED_AT >>> 2);
    writeShifts(k, e, run, run.rowsAt);
    const counts = run.rowsAt + 4 * n;
    const codes = counts + 8;
    const { rows, output } = REGION;
    const { outputAt } = run;
    const unknownsEnd = outputAt + Math.floor((((output.end - outputAt) / 3) * 2) / 32) * 32;
    const done = k.wasm.check(
      rows.at,
      rows.at + 4 * n,
      run.rowsAt,
      n,
      run.from,
      EXPECTS_AT,
      wantUnknown ? 1 : 0,
      unknownsEnd,
      output.end,
      outputAt,
      unknownsEnd,
      KNOWN_AT,
      slots.length / 2,
      SEEN_AT,
      paths.count,
      WATCHED_AT,
      watched.length,
      counts,
      codes,
      aboutEvents(k, 'notes', e, run.from),
    );
    exceptions.push(rowsAt(k, unknownsEnd, k.words[counts >>> 2]! * EXCEPTION_ROW));
    unknown.push(rowsAt(k, outputAt, k.words[(counts >>> 2) + 1]! * UNKNOWN_ROW));
    for (let i = 0; i < done; i++) if (k.bytes[codes + i] !== 0) unchecked.push(run.from + i);
    return done;
  };
  forRuns(k, e, MAX_RUN, each, (i) => unchecked.push(i));
  return { exceptions: join(exceptions), unknown: join(unknown), unchecked };
}

function rowsAt(k: Kernel, at: number, words: number): Uint32Array {
  return k.words.slice(at >>> 2, (at >>> 2) + words);
}

function join(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
