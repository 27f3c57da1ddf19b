import { FLAG } from '@tailrace/kernel';
import type { Stream } from './batch.ts';
import { type Lineage, type Merged, type Ticket, ticketAt } from './lineage.ts';
import { joinTexts, LogBatch, type LogColumns } from './log-batch.ts';

/** An event of a batch. */
export interface EventOf {
  readonly batch: LogBatch;
  readonly index: number;
}

/**
 * A batch of new events, each made of one or more events of any batches that its transform holds. A new event has the text, the place and
 * the time of the first it is made of; it ends where the last one ends, and it settles all of them. One that is made of several has their
 * number as its sub-index, so that it is another one when it is made anew of more of them.
 */
export function joinEvents(made: readonly (readonly EventOf[])[]): LogBatch {
  const firsts = made.map((parts) => parts[0]!);
  const { streams, stream } = streamsOf(firsts);
  const columns: LogColumns = {
    streams,
    stream,
    offset: Float64Array.from(firsts, ({ batch, index }) => batch.columns.offset[index]!),
    endOffset: Float64Array.from(made, endOf),
    sub: Uint32Array.from(made, subOf),
    seconds: Float64Array.from(firsts, ({ batch, index }) => batch.columns.seconds[index]!),
    nanos: Uint32Array.from(firsts, ({ batch, index }) => batch.columns.nanos[index]!),
    flags: Uint8Array.from(made, flagsOf),
  };
  const pieces = firsts.map(({ batch, index }) => {
    const events = batch.events();
    return events.text.subarray(events.start[index]!, events.end[index]!);
  });
  return new LogBatch(joinTexts(pieces), columns, lineageOf(made));
}

function streamsOf(firsts: readonly EventOf[]): Pick<LogColumns, 'streams' | 'stream'> {
  const index = new Map<Stream, number>();
  const stream = Uint16Array.from(firsts, ({ batch, index: i }) => {
    const of = batch.columns.streams[batch.columns.stream[i]!]!;
    if (!index.has(of)) index.set(of, index.size);
    return index.get(of)!;
  });
  return { streams: [...index.keys()], stream };
}

function endOf(parts: readonly EventOf[]): number {
  const [first] = parts;
  const { stream } = first!.batch.position(first!.index);
  let end = 0;
  for (const { batch, index } of parts) {
    const position = batch.position(index);
    if (position.stream.id === stream.id) end = Math.max(end, position.end);
  }
  return end;
}

function subOf(parts: readonly EventOf[]): number {
  const { batch, index } = parts[0]!;
  const sub = batch.columns.sub[index]!;
  return parts.length > 1 && sub === 0 ? parts.length : sub;
}

function flagsOf(parts: readonly EventOf[]): number {
  const { batch, index } = parts[0]!;
  let flags = batch.columns.flags[index]!;
  if (parts.length === 1) return flags;
  for (const part of parts) flags |= part.batch.columns.flags[part.index]! & ~FLAG.ownTime;
  // Events that are none of these can stand between them.
  return flags | FLAG.merged;
}

function lineageOf(made: readonly (readonly EventOf[])[]): Lineage {
  const tickets = new Map<Ticket, number>();
  const merged = new Map<number, Merged>();
  const ticketOf = Uint16Array.from(made, (parts, k) => {
    const [first, ...rest] = parts.map(({ batch, index }) => ticketAt(batch.lineage, index));
    const brought = parts.flatMap(({ batch, index }) => batch.lineage.merged?.get(index)?.tickets ?? []);
    // The tickets of inputs come first.
    const inputs = parts.slice(1).map(({ batch, index }) => batch.lineage.input?.[index] ?? index);
    if (rest.length + brought.length > 0) merged.set(k, { inputs, tickets: [...rest, ...brought] });
    if (!tickets.has(first!)) tickets.set(first!, tickets.size);
    return tickets.get(first!)!;
  });
  return { tickets: [...tickets.keys()], ticketOf, input: null, merged: merged.size > 0 ? merged : null };
}
