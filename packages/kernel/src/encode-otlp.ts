import type { Encoded, Target } from './encode-runs.ts';
import { type Events, loadRun, type Run } from './events.ts';
import { type Kernel, MAX_EVENT_BYTES, REGION } from './memory.ts';
import type { CompiledOtlpMapping } from './otlp-mapping.ts';

/** What stands beside the text of each event: its time, and in `flags` whether it is its own (FLAG.ownTime). */
export interface OtlpLogColumns {
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  readonly flags: Uint8Array;
}

/**
 * Makes the packed envelope of a resource and a scope: the protobuf bytes of a ResourceLogs without its scopes and of a ScopeLogs
 * without its records.
 */
export type PackEnvelope = (resource: Uint8Array, scope: Uint8Array) => Uint8Array;

// Why a call ended before the last event; the same numbers in assembly/otlp.ts.
const STOP = { done: 0, room: 1, envelope: 2, table: 3, refused: 4 } as const;

const MAX_ROWS = 32_768;
/** Words of the state that a call leaves: why it ended, the envelope that it asks for (5), the number of doubles to fill in. */
const STATE_WORDS = 7;
const TABLE_HEAD = 8 + 4 * 4096;
const FIX_WORDS = 3;
const MAX_RUN_BYTES = 12 << 20;
const MIN_RUN_BYTES = 64 << 10;

/**
 * Writes events [from, to) as entries of OTLP log records: u32 length of the envelope (little-endian), the envelope, the bytes of a
 * LogRecord. Stops before `out` or `marks` would overflow; marks[j] is the end of the j-th entry in `out`. Also stops before an event
 * that it cannot write at all: above MAX_EVENT_BYTES, with more than about 230,000 values, or not valid JSON. `now`: nanoseconds
 * since 1970, when events without such a time were observed.
 */
export function encodeOtlpLogs(
  k: Kernel,
  e: Events,
  columns: OtlpLogColumns,
  mapping: CompiledOtlpMapping,
  pack: PackEnvelope,
  now: bigint,
  from: number,
  to: number,
  { out, outAt, marks }: Target,
): Encoded {
  const last = Math.min(to, from + marks.length);
  const call: Call = { k, columns, mapping, pack, now, table: openTable(k, mapping) };
  let at = outAt;
  let i = from;
  while (i < last) {
    const room = out.length - at;
    const run = loadNext(k, e, i, last, room);
    if (run.to === i) break;
    const written = encodeRun(call, run, at, room, (size, count) => {
      out.set(k.bytes.subarray(REGION.output.at, REGION.output.at + size), at);
      const ends = run.rowsAt >>> 2;
      marks.set(k.words.subarray(ends, ends + count), i - from);
      at += size;
      i += count;
    });
    if (!written) break;
  }
  return { count: i - from, used: at - outAt };
}

// A record is about as long as its text: more than the room takes is not copied in, except for one event that may become shorter.
function loadNext(k: Kernel, e: Events, i: number, last: number, room: number): Run {
  const most = Math.min(last, i + MAX_ROWS);
  let to = i;
  while (to < most && e.end[to]! - e.start[to]! <= MAX_EVENT_BYTES) to++;
  const run = loadRun(k, e, i, to, Math.min(MAX_RUN_BYTES, Math.max(MIN_RUN_BYTES, room)), MAX_ROWS);
  return run.to > i || to === i ? run : loadRun(k, e, i, i + 1, MAX_EVENT_BYTES, 1);
}

interface Call {
  readonly k: Kernel;
  readonly columns: OtlpLogColumns;
  readonly mapping: CompiledOtlpMapping;
  readonly pack: PackEnvelope;
  readonly now: bigint;
  readonly table: number;
}

/** Encodes a loaded run, piece by piece where new envelopes come; false when the next event does not fit. */
function encodeRun(
  call: Call,
  run: Run,
  outAt: number,
  space: number,
  take: (size: number, count: number) => void,
): boolean {
  const { k } = call;
  const rows = run.to - run.from;
  const columns = (run.rowsAt + 4 * rows + 7) & ~7;
  const state = putColumns(call, run, columns);
  let at = outAt;
  let next = 0;
  let cleared = false;
  while (next < rows) {
    const ended = encodePiece(call, run, { columns, state, next, at, room: space - (at - outAt) });
    if (ended > next) {
      const size = k.words[(run.rowsAt >>> 2) + ended - next - 1]! - at;
      take(size, ended - next);
      at += size;
      next = ended;
      cleared = false;
      continue;
    }
    const stop = k.words[state >>> 2]!;
    if (stop === STOP.envelope && answerEnvelope(call, state)) continue;
    if ((stop !== STOP.envelope && stop !== STOP.table) || cleared) return false;
    openTable(k, call.mapping);
    cleared = true;
  }
  return true;
}

/** Where a call finds its columns and leaves its state, which event it begins with, and where that one's entry goes. */
interface Piece {
  readonly columns: number;
  readonly state: number;
  readonly next: number;
  readonly at: number;
  readonly room: number;
}

/** Encodes from one event of the run on; answers the event it ended at. The marks go to `run.rowsAt`. */
function encodePiece({ k, now, mapping, table }: Call, run: Run, { columns, state, next, at, room }: Piece): number {
  const rows = run.to - run.from;
  const marks = run.rowsAt - 4 * next;
  const fixes = state + 4 * STATE_WORDS;
  const { wasm } = k;
  const [addresses, end] = [REGION.rows.at, REGION.rows.end];
  const to = wasm.encodeOtlp(
    next,
    rows,
    rows,
    addresses,
    columns,
    marks,
    at,
    room,
    now,
    mapping.config,
    table,
    fixes,
    end,
    state,
  );
  fillIn(k, fixes, k.words[(state >>> 2) + STATE_WORDS - 1]!);
  return to;
}

/** Puts the time columns of a run behind each other; answers the first free address. */
function putColumns({ k, columns }: Call, run: Run, at: number): number {
  const rows = run.to - run.from;
  k.doubles.set(columns.seconds.subarray(run.from, run.to), at >>> 3);
  k.words.set(columns.nanos.subarray(run.from, run.to), (at + 8 * rows) >>> 2);
  k.bytes.set(columns.flags.subarray(run.from, run.to), at + 12 * rows);
  return (at + 13 * rows + 7) & ~7;
}

/** Writes the mapping and an empty table of envelopes behind it into the constants region; answers the table's address. */
function openTable(k: Kernel, mapping: CompiledOtlpMapping): number {
  const { constants } = REGION;
  k.bytes.set(mapping.bytes, constants.at);
  const table = (constants.at + mapping.bytes.length + 7) & ~7;
  k.bytes.fill(0, table, table + TABLE_HEAD);
  k.words[table >>> 2] = table + TABLE_HEAD;
  return table;
}

/** Packs the envelope that the kernel asks for and puts it into its table; false when there is no room. */
function answerEnvelope({ k, pack, table }: Call, state: number): boolean {
  const [resourceAt, resourceEnd, scopeAt, scopeEnd, entry] = k.words.subarray(
    (state >>> 2) + 1,
    (state >>> 2) + 6,
  ) as Uint32Array & [number, number, number, number, number];
  const packed = pack(k.bytes.slice(resourceAt, resourceEnd), k.bytes.slice(scopeAt, scopeEnd));
  const heap = k.words[table >>> 2]!;
  // The kernel copies 16 bytes at a time.
  const end = (heap + packed.length + 23) & ~7;
  if (end > REGION.constants.end) return false;
  k.bytes.set(packed, heap);
  k.words[table >>> 2] = end;
  k.words[(entry + 12) >>> 2] = heap;
  k.words[(entry + 16) >>> 2] = packed.length;
  return true;
}

/** Fills in the doubles whose text the kernel cannot round. */
function fillIn(k: Kernel, fixes: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const row = (fixes >>> 2) + FIX_WORDS * i;
    const text = Buffer.from(k.bytes.buffer, k.words[row + 1]!, k.words[row + 2]! - k.words[row + 1]!);
    Buffer.from(k.bytes.buffer, k.words[row]!, 8).writeDoubleLE(Number(text.toString('latin1')));
  }
}
