import { randomBytes } from 'node:crypto';
import {
  type ErrorCode,
  type LogColumns,
  type Outcome,
  type SourceContext,
  type SourceIo,
  type Stream,
  worst,
} from '@tailrace/core';
import { createFramer, FLAG, type Format, type Framed, kernel } from '@tailrace/kernel';

/** How one run of an input, such as standard input from start to end, becomes events. */
export interface RunOptions {
  readonly format: Format;
  /** What a person knows the input by. */
  readonly label: string;
  readonly maxEventBytes: number;
  /** JSON members put into each event, without braces. */
  readonly members?: Uint8Array;
}

/** Bytes pushed in, batches emitted. */
export interface FramedRun {
  /**
   * Frames the whole lines of a chunk and emits them; awaiting it is back-pressure. `final`: the input has ended. `places` tells
   * where the lines stand in the input when the chunk is not the input's own bytes.
   */
  push(chunk: Uint8Array, final: boolean, places?: Places): Promise<void>;
  /** Resolves with the worst outcome when all that was emitted has settled. */
  settled(): Promise<Outcome>;
}

/** Positions in the input of the lines of a rewritten chunk, one per line, and the input bytes that it stands for. */
export interface Places {
  readonly offset: readonly number[];
  readonly endOffset: readonly number[];
  readonly bytes: number;
}

const NOTHING = new Uint8Array(0);

/** A stream without a past: its id is drawn anew, because nobody could read its bytes again. */
function freshStream(source: string, label: string): Stream {
  const id = randomBytes(12).toString('base64url');
  return { id, source, label, firstSeen: Math.floor(Date.now() / 1000), replayBelow: 0 };
}

/** Starts a run: one framer, one stream, offsets counted in bytes from 0. */
export function startRun(context: SourceContext, io: SourceIo, options: RunOptions): FramedRun {
  const { format, label, maxEventBytes, members = NOTHING } = options;
  const framer = createFramer(kernel(), { format, maxEventBytes, members });
  const streams = [freshStream(context.componentId, label)];
  const waiting = new Set<Promise<void>>();
  const received = { bytes: 0, merged: 0 };
  let rest: Uint8Array = NOTHING;
  let base = 0;
  let outcome: Outcome = 'delivered';

  const emit = async (framed: Framed, columns: LogColumns): Promise<void> => {
    const { bytes, merged } = received;
    received.bytes = 0;
    received.merged = 0;
    const { settled } = await io.emit(context.newBatch(framed, columns), { bytes, merged });
    const ended = settled.then((how) => {
      outcome = worst(outcome, how);
      waiting.delete(ended);
    });
    waiting.add(ended);
  };

  return {
    async push(chunk, final, places) {
      let part = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let lines = 0;
      if (places) received.bytes += places.bytes;
      for (let more = true; more && !io.signal.aborted; ) {
        const framed = framer.frame(part, base, now(), final);
        countFaults(context, framed);
        if (!places) received.bytes += framed.consumed;
        received.merged += framed.mergedLines;
        base += framed.consumed;
        part = part.subarray(framed.consumed);
        more = framed.more;
        if (framed.length > 0) await emit(framed, columnsOf(framed, streams, places, lines));
        lines += framed.length;
      }
      // A copy: the caller may use its buffer again.
      rest = part.slice();
    },
    async settled() {
      while (waiting.size > 0) await Promise.all(waiting);
      return outcome;
    },
  };
}

function columnsOf(framed: Framed, streams: readonly Stream[], places: Places | undefined, from: number): LogColumns {
  const { length, seconds, nanos, flags } = framed;
  const place = (all: readonly number[]) => Float64Array.from(all.slice(from, from + length));
  return {
    streams,
    stream: new Uint16Array(length),
    offset: places ? place(places.offset) : framed.offset,
    endOffset: places ? place(places.endOffset) : framed.endOffset,
    sub: new Uint32Array(length),
    seconds,
    nanos,
    flags,
  };
}

function countFaults(context: SourceContext, framed: Framed): void {
  const count = (code: ErrorCode, times: number) => {
    if (times > 0) context.countErrors(code, times);
  };
  let repaired = 0;
  for (let i = 0; i < framed.length; i++) if ((framed.flags[i]! & FLAG.repaired) !== 0) repaired++;
  count('line_misfit', framed.misfits);
  count('line_truncated', framed.truncated);
  count('invalid_utf8_replaced', repaired);
}

function now(): { seconds: number; nanos: number } {
  const milliseconds = Date.now();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
}
