import { type AnySink, type Batch, ByteWriter, type ErrorCode } from '@tailrace/core';
import { thrownText } from '../plugin-fault.ts';
import { timerMs } from './backoff.ts';
import { type Body, bodyOf, type Slice } from './body.ts';
import type { SinkQueue } from './queue.ts';

/** Cuts bodies from a queue by encoded size, count and time. */
export interface Cutter {
  /** The next body, if one is full or has waited long enough; `hurry`: any that there is. */
  next(hurry: boolean): Body | null;
  /** Until a batch arrives, or the open body has waited long enough. */
  wait(hurry: boolean): Promise<void>;
  /** Whether nothing that was taken waits to be sent. */
  empty(): boolean;
  /** What was taken and never sent: the open body and the rest of the batch. */
  abandon(): Slice[];
}

/** Events that cannot be encoded are left out and told to `refuse`. */
export function cutter(
  sink: AnySink,
  queue: Pick<SinkQueue, 'take' | 'arrival' | 'wake'>,
  refuse: (batch: Batch, index: number, code: ErrorCode, message: string) => void,
): Cutter {
  const writers: ByteWriter[] = [];
  let writer: ByteWriter | null = null;
  let slices: Slice[] = [];
  /** The batch that is being encoded; its events before the cursor are. */
  let current: Batch | undefined;
  let cursor = 0;
  let deadline = 0;

  function release(used: ByteWriter): void {
    used.reset();
    writers.push(used);
  }
  function close(): Body | null {
    if (!writer || writer.entries === 0) return null;
    const full = writer;
    const body = bodyOf(full, slices, () => release(full));
    writer = null;
    slices = [];
    return body;
  }
  /** Encodes `[cursor, to)` as far as it fits; throws when the sink does, with nothing written. */
  function encode(batch: Batch, to: number, into: ByteWriter): void {
    const { entries, used } = into;
    try {
      const next = sink.encode(batch, cursor, to, into);
      const made = into.entries - entries;
      if (made !== next - cursor) throw new Error(`encode made ${made} entries of ${next - cursor} events`);
      if (made > 0) slices.push({ batch, from: cursor, to: next, entry: entries });
      cursor = next;
    } catch (error) {
      into.entries = entries;
      into.used = used;
      throw error;
    }
  }
  /** After a throw: one event after the other, without those that throw. */
  function encodeEach(batch: Batch, into: ByteWriter): void {
    while (cursor < batch.length) {
      const before = cursor;
      try {
        encode(batch, cursor + 1, into);
      } catch (error) {
        refuse(batch, cursor++, 'encode_threw', thrownText(error));
        continue;
      }
      if (cursor === before) return;
    }
  }
  /** Encodes as much of one batch as fits; true when the writer is full. */
  function fill(batch: Batch): boolean {
    if (slices[0] && slices[0].batch.signal !== batch.signal) return true;
    writer ??= writers.pop() ?? new ByteWriter(sink.limits.bytes, sink.limits.events);
    if (writer.entries === 0) deadline = performance.now() + sink.limits.waitMs;
    try {
      encode(batch, batch.length, writer);
    } catch {
      encodeEach(batch, writer);
    }
    const isWhole = cursor === batch.length;
    if (!isWhole && writer.entries === 0) {
      const message = `the event alone needs more than the ${sink.limits.bytes} bytes of a request`;
      refuse(batch, cursor++, 'event_too_large', message);
    }
    if (cursor === batch.length) {
      current = undefined;
      cursor = 0;
    }
    return isWhole ? writer.entries === writer.marks.length : writer.entries > 0;
  }

  return {
    next(hurry) {
      for (current ??= queue.take(); current; current ??= queue.take()) if (fill(current)) return close();
      return hurry || performance.now() >= deadline ? close() : null;
    },
    async wait(hurry) {
      const arrival = queue.arrival();
      if (hurry || !writer || writer.entries === 0) return arrival;
      const timer = setTimeout(() => queue.wake(), Math.max(1, timerMs(deadline - performance.now())));
      await arrival;
      clearTimeout(timer);
    },
    empty: () => !current && (!writer || writer.entries === 0),
    abandon() {
      const rest = slices;
      if (current) rest.push({ batch: current, from: cursor, to: current.length, entry: 0 });
      current = undefined;
      cursor = 0;
      writer = null;
      slices = [];
      return rest;
    },
  };
}
