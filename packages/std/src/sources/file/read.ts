import type { LogBatch, LogColumns } from '@tailrace/core';
import type { Framed, ReadTime } from '@tailrace/kernel';
import { originOf } from './carry.ts';
import { createFraming } from './framing.ts';
import type { Run } from './options.ts';
import { membersOf, putPath } from './path-field.ts';
import type { Registry } from './registry.ts';
import { untilStored } from './stored.ts';
import { eventsAfter, faultsOf, moveOver, PRINT_BYTES, pointOf, printOf, type Tail } from './tail.ts';

/** What reading a tail once gave. `changed`: what stands before the place where it was read is not what was read there. */
export type Progress = 'read' | 'idle' | 'changed' | 'stopped';

/** Reads tails, one at a time, and emits what they hold. */
export interface Reader {
  /** Reads one chunk of a tail whose handle is open. */
  advance(tail: Tail): Promise<Progress>;
  /** Gives out what has no end: an unterminated last line, partial lines. `lost`: the file cannot be read any more. */
  finish(tail: Tail, lost: boolean): Promise<void>;
  /** Whether an event of the tail was due: no further line of it came in time. */
  isDue(tail: Tail): boolean;
  /** Gives out events that are due, after it is on the disk that they end where they do; all with `everything`. */
  cut(tail: Tail, everything?: boolean): Promise<void>;
  /** Resolves when all that was emitted has settled. */
  settled(): Promise<void>;
}

/** Usual bytes of a read, and so of a batch. */
const CHUNK = 1 << 19;
/** What the framer lets a line have beside its content, and some. */
const ENVELOPE = 128 << 10;
/** Bytes before the place of reading that are read again to see that the file is still what it was. */
const OVERLAP = PRINT_BYTES;
const NOTHING = new Uint8Array(0);

/** `meanwhile` runs while an emit waits for room; it settles when the emit does, or earlier. */
export function createReader(
  run: Run,
  registry: Registry,
  meanwhile: (emit: Promise<unknown>) => Promise<void>,
): Reader {
  const { options, io } = run;
  // UTF-16 has two bytes for what is one in UTF-8.
  const width = options.encoding.startsWith('utf-16') ? 2 : 1;
  const wide = Math.max(CHUNK, width * (options.maxEventBytes + ENVELOPE));
  const framing = createFraming(options);
  // One for all files: what is framed is copied.
  const buffer = new Uint8Array(wide + OVERLAP);
  const waiting = new Set<Promise<void>>();

  async function emit(tail: Tail, framed: Framed, bytes: number, passed?: () => void): Promise<void> {
    const batch = batchOf(run, tail, framed);
    const settle = tail.range.add(pointOf(tail), passed);
    const emitted = io.emit(batch, { bytes, merged: framed.mergedLines });
    const accepted = emitted.then(({ settled }) => {
      const ended: Promise<void> = settled.then((outcome) => {
        waiting.delete(ended);
        settle(outcome);
      });
      waiting.add(ended);
    });
    await meanwhile(accepted);
    await accepted;
  }

  /** `completed`: the lines that another file left have their ends now. */
  async function give(tail: Tail, framed: Framed, from: number, final: boolean, completed: boolean): Promise<void> {
    const { doneTo } = tail.instance.record;
    const resuming = !final && from < doneTo && tail.instance.restored;
    // A framer that joins lines leaves out what was settled by itself.
    const events = resuming && !tail.joiner ? eventsAfter(framed, doneTo) : framed;
    const bytes = tail.position - Math.max(from, resuming ? Math.min(doneTo, tail.position) : from);
    const carry = completed ? tail.carry : null;
    if (events.length > 0) return await emit(tail, events, bytes, carry?.settle);
    if (tail.position > doneTo) tail.range.add(pointOf(tail))('delivered');
    // What it was carried for was settled in an earlier run.
    carry?.settle();
  }

  /** Frames a chunk that begins at the tail's position, until it is used up as far as it has whole lines. */
  async function frame(tail: Tail, chunk: Uint8Array, final: boolean): Promise<number> {
    if (!tail.framer && !(await prepare(tail, chunk, final))) return 0;
    const start = tail.position;
    for (let rest = chunk, more = true; more; ) {
      if (io.signal.aborted) break;
      const from = tail.position;
      const framed = tail.framer!.frame(rest, from, now(), final);
      const completed = moveOver(tail, rest, framed);
      count(run, framed, tail.joiner?.takeSplits() ?? 0);
      if (framed.consumed > 0 || framed.length > 0) await give(tail, framed, from, final, completed);
      rest = rest.subarray(framed.consumed);
      more = framed.more;
    }
    return tail.position - start;
  }

  async function prepare(tail: Tail, chunk: Uint8Array, final: boolean): Promise<boolean> {
    const own = membersOf(tail, options.pathField);
    const made = framing(tail, {
      chunk,
      head: await headOf(tail, chunk),
      isFull: chunk.length >= wide,
      final,
      own,
    });
    if (!made) return false;
    tail.framer = made.framer;
    tail.framedAs = tail.path;
    tail.joiner = made.joiner;
    tail.documents = made.documents;
    const { format, print } = tail.instance.record;
    if (format !== made.format) registry.update(tail.instance, { format: made.format });
    // It was empty when it was first seen. Its head is what it is known by until more is settled: without it, other lines that come after a
    // kill and another truncation would get the same ids.
    if (print.bytes === 0 && tail.position === 0) {
      registry.update(tail.instance, { print: headPrint(chunk), size: Math.max(tail.most, chunk.length) });
      await untilStored(run, registry);
    }
    return true;
  }

  /** The first bytes of a file, as far as they matter. */
  async function headOf({ handle, position }: Tail, chunk: Uint8Array): Promise<Uint8Array> {
    if (position === 0 || width === 1 || !handle) return chunk.subarray(0, 2);
    const head = new Uint8Array(2);
    const { bytesRead } = await handle.read(head, 0, 2, 0);
    return head.subarray(0, bytesRead);
  }

  async function cut(tail: Tail, everything = false): Promise<void> {
    const { joiner, instance } = tail;
    const ends = joiner?.due(everything ? Number.POSITIVE_INFINITY : Date.now()) ?? [];
    if (!joiner || ends.length === 0 || io.signal.aborted) return;
    // Without it, lines that come later would join the event when it is read again: one id, two contents.
    registry.update(instance, { cuts: [...instance.record.cuts.filter(joiner.isNeeded), ...ends] });
    await untilStored(run, registry);
    if (io.signal.aborted) return;
    const framed = joiner.giveOut(ends);
    count(run, framed, 0);
    const completed = moveOver(tail, NOTHING, framed);
    await give(tail, framed, tail.position, true, completed);
  }

  return {
    // What is read once has no time: its last line may be one without an end.
    isDue: ({ joiner }) => !io.once && joiner !== null && joiner.dueAt <= Date.now(),
    cut,
    async advance(tail) {
      if (io.signal.aborted) return 'stopped';
      tail.dirty = false;
      const overlap = Math.min(OVERLAP, tail.before.length);
      const want = overlap + (tail.wide ? wide : CHUNK);
      const { bytesRead } = await tail.handle!.read(buffer, 0, want, tail.position - overlap);
      if (!endsWith(tail.before, buffer.subarray(0, Math.min(overlap, bytesRead)), overlap)) return 'changed';
      if (bytesRead < want) tail.ends++;
      if (bytesRead === overlap) return 'idle';
      const reached = tail.position - overlap + bytesRead;
      if (reached > tail.reached) tail.grewAt = Date.now();
      tail.reached = reached;
      const used = await frame(tail, buffer.subarray(overlap, bytesRead), false);
      if (io.signal.aborted) return 'stopped';
      if (bytesRead === want && (used > 0 || !tail.wide)) tail.dirty = true;
      tail.wide = used === 0 && bytesRead === want;
      return used > 0 || tail.wide ? 'read' : 'idle';
    },
    async finish(tail, lost) {
      if (io.signal.aborted) return;
      const { bytesRead } =
        lost || !tail.handle ? { bytesRead: 0 } : await tail.handle.read(buffer, 0, wide, tail.position);
      if (bytesRead > 0 || tail.framer || tail.carry) await frame(tail, buffer.subarray(0, bytesRead), true);
      await cut(tail, true);
    },
    async settled() {
      while (waiting.size > 0) await Promise.all(waiting);
    },
  };
}

const headPrint = (chunk: Uint8Array) => {
  const head = chunk.subarray(0, PRINT_BYTES);
  return printOf(head, head.length);
};

function batchOf({ context, options }: Run, tail: Tail, framed: Framed): LogBatch {
  const { length, seconds, nanos, flags } = framed;
  const batch = context.newBatch(framed, {
    ...placesOf(tail, framed),
    sub: new Uint32Array(length),
    seconds,
    nanos,
    flags,
  });
  if (options.pathField) putPath(batch, options.pathField, tail.framedAs);
  if (options.oversize === 'dead_letter' && framed.truncated > 0) {
    const { oversize } = faultsOf(framed);
    const message = `longer than max_event_bytes (${options.maxEventBytes} bytes); only its beginning is kept here`;
    if (oversize.length > 0) context.reject(batch, oversize, 'line_oversize', message);
  }
  return batch;
}

/** Where the events stand; those whose first lines came from a file before this one stand there. */
function placesOf(
  tail: Tail,
  { length, offset, endOffset }: Framed,
): Pick<LogColumns, 'streams' | 'stream' | 'offset' | 'endOffset'> {
  const stream = new Uint16Array(length);
  const { carry } = tail;
  if (!carry) return { streams: [tail.stream], stream, offset, endOffset };
  for (let i = 0; i < length; i++) {
    if (offset[i]! >= 0) continue;
    const origin = originOf(carry, offset[i]!);
    stream[i] = 1 + origin.index;
    offset[i] = origin.offset;
    endOffset[i] = carry.origins[origin.index]!.end;
  }
  return { streams: [tail.stream, ...carry.origins.map((origin) => origin.stream)], stream, offset, endOffset };
}

/** Counts what was wrong with the lines of a call; the runner counts what is rejected. */
function count({ context, options }: Run, framed: Framed, splits: number): void {
  if (splits > 0) context.countErrors('multiline_split', splits);
  if (framed.misfits > 0) context.countErrors('line_misfit', framed.misfits);
  if (framed.truncated > 0 && options.oversize === 'truncate') context.countErrors('line_truncated', framed.truncated);
  const { repaired } = faultsOf(framed);
  if (repaired > 0) context.countErrors('invalid_utf8_replaced', repaired);
}

function endsWith(bytes: Uint8Array, end: Uint8Array, length: number): boolean {
  return end.length === length && Buffer.compare(bytes.subarray(bytes.length - length), end) === 0;
}

function now(): ReadTime {
  const milliseconds = Date.now();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
}
