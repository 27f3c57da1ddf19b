import type { LogBatch } from '@tailrace/core';
import type { Framed, ReadTime } from '@tailrace/kernel';
import { containerNames } from './container-path.ts';
import type { Run } from './options.ts';
import type { Registry } from './registry.ts';
import { eventsAfter, faultsOf, framerFor, moveOver, printOf, type Tail } from './tail.ts';

/** What reading a tail once gave. `changed`: what stands before the place where it was read is not what was read there. */
export type Progress = 'read' | 'idle' | 'changed' | 'stopped';

/** Reads tails, one at a time, and emits what they hold. */
export interface Reader {
  /** Reads one chunk of a tail whose handle is open. */
  advance(tail: Tail): Promise<Progress>;
  /** Gives out what has no end: an unterminated last line, partial lines. `lost`: the file cannot be read any more. */
  finish(tail: Tail, lost: boolean): Promise<void>;
  /** Resolves when all that was emitted has settled. */
  settled(): Promise<void>;
}

/** Usual bytes of a read, and so of a batch. */
const CHUNK = 1 << 19;
/** What the framer lets a line have beside its content, and some. */
const ENVELOPE = 128 << 10;
/** Bytes before the place of reading that are read again to see that the file is still what it was. */
const OVERLAP = 64;
const NOTHING = new Uint8Array(0);

/** `meanwhile` runs while an emit waits for room; it settles when the emit does, or earlier. */
export function createReader(
  run: Run,
  registry: Registry,
  meanwhile: (emit: Promise<unknown>) => Promise<void>,
): Reader {
  const { options, io } = run;
  const wide = Math.max(CHUNK, options.maxEventBytes + ENVELOPE);
  // One for all files: what is framed is copied.
  const buffer = new Uint8Array(wide + OVERLAP);
  const waiting = new Set<Promise<void>>();

  async function emit(tail: Tail, batch: LogBatch, framed: Framed, bytes: number): Promise<void> {
    const settle = tail.range.add(pointOf(tail));
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

  async function give(tail: Tail, framed: Framed, from: number, final: boolean): Promise<void> {
    const { doneTo } = tail.instance.record;
    const resuming = !final && from < doneTo && tail.instance.restored;
    const events = resuming ? eventsAfter(framed, doneTo) : framed;
    const bytes = tail.position - Math.max(from, resuming ? Math.min(doneTo, tail.position) : from);
    if (events.length > 0) await emit(tail, batchOf(run, tail, events), events, bytes);
    else if (tail.position > doneTo) tail.range.add(pointOf(tail))('delivered');
  }

  /** Frames a chunk that begins at the tail's position, until it is used up as far as it has whole lines. */
  async function frame(tail: Tail, chunk: Uint8Array, final: boolean): Promise<number> {
    if (!prepare(tail, chunk, final)) return 0;
    const start = tail.position;
    for (let rest = chunk, more = true; more; ) {
      if (io.signal.aborted) break;
      const from = tail.position;
      const framed = tail.framer!.frame(rest, from, now(), final);
      moveOver(tail, rest, framed);
      count(run, framed);
      if (framed.consumed > 0 || framed.length > 0) await give(tail, framed, from, final);
      rest = rest.subarray(framed.consumed);
      more = framed.more;
    }
    return tail.position - start;
  }

  function prepare(tail: Tail, chunk: Uint8Array, final: boolean): boolean {
    if (tail.framer) return true;
    const enough = final || chunk.length >= wide;
    const members = membersOf(tail, run);
    const made = framerFor(tail, chunk, { ...options, members, enough });
    if (!made) return false;
    tail.framer = made.framer;
    if (tail.instance.record.format !== made.format) registry.update(tail.instance, { format: made.format });
    return true;
  }

  return {
    async advance(tail) {
      if (io.signal.aborted) return 'stopped';
      tail.dirty = false;
      const overlap = Math.min(OVERLAP, tail.before.length);
      const want = overlap + (tail.wide ? wide : CHUNK);
      const { bytesRead } = await tail.handle!.read(buffer, 0, want, tail.position - overlap);
      if (!endsWith(tail.before, buffer.subarray(0, Math.min(overlap, bytesRead)), overlap)) return 'changed';
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
      if (bytesRead > 0 || tail.framer) await frame(tail, buffer.subarray(0, bytesRead), true);
    },
    async settled() {
      while (waiting.size > 0) await Promise.all(waiting);
    },
  };
}

function pointOf(tail: Tail): { readFrom: number; doneTo: number; print: ReturnType<typeof printOf> } {
  return { readFrom: tail.pendingFrom, doneTo: tail.position, print: printOf(tail.before, tail.position) };
}

function batchOf({ context, options }: Run, tail: Tail, framed: Framed): LogBatch {
  const { length, offset, endOffset, seconds, nanos, flags } = framed;
  const batch = context.newBatch(framed, {
    streams: [tail.stream],
    stream: new Uint16Array(length),
    offset,
    endOffset,
    sub: new Uint32Array(length),
    seconds,
    nanos,
    flags,
  });
  if (options.oversize === 'dead_letter' && framed.truncated > 0) {
    const { oversize } = faultsOf(framed);
    const message = `longer than max_event_bytes (${options.maxEventBytes} bytes); only its beginning is kept here`;
    if (oversize.length > 0) context.reject(batch, oversize, 'line_oversize', message);
  }
  return batch;
}

/** Counts what was wrong with the lines of a call; the runner counts what is rejected. */
function count({ context, options }: Run, framed: Framed): void {
  if (framed.misfits > 0) context.countErrors('line_misfit', framed.misfits);
  if (framed.truncated > 0 && options.oversize === 'truncate') context.countErrors('line_truncated', framed.truncated);
  const { repaired } = faultsOf(framed);
  if (repaired > 0) context.countErrors('invalid_utf8_replaced', repaired);
}

/** Members that every event of a file gets, without the braces around them. */
function membersOf(tail: Tail, { options }: Run): Uint8Array {
  const members: Record<string, unknown> = { ...containerNames(tail.path, tail.place) };
  const steps = options.pathField?.steps ?? [];
  let target = members;
  for (const step of steps.slice(0, -1)) {
    const inner = { ...(target[String(step)] as object | undefined) };
    target[String(step)] = inner;
    target = inner as Record<string, unknown>;
  }
  if (steps.length > 0) target[String(steps.at(-1))] = tail.path;
  const text = JSON.stringify(members);
  return text === '{}' ? NOTHING : Buffer.from(text.slice(1, -1));
}

function endsWith(bytes: Uint8Array, end: Uint8Array, length: number): boolean {
  return end.length === length && Buffer.compare(bytes.subarray(bytes.length - length), end) === 0;
}

function now(): ReadTime {
  const milliseconds = Date.now();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
}
