import { randomBytes } from 'node:crypto';
import type { ErrorCode, LogColumns, SourceContext, SourceIo, Stream } from '@tailrace/core';
import { createFramer, FLAG, type Format, type Framed, type Framer, kernel } from '@tailrace/kernel';

/** How one run of an input, such as standard input from start to end, becomes events. */
export interface RunOptions {
  readonly format: Format;
  /** What a person knows the input by. */
  readonly label: string;
  readonly maxEventBytes: number;
  /** JSON members put into each event, without braces. */
  readonly members?: Uint8Array;
}

/** Positions in the input of the lines of a rewritten chunk, one per line, and the input bytes that it stands for. */
export interface Places {
  readonly offset: readonly number[];
  readonly endOffset: readonly number[];
  readonly bytes: number;
}

const NOTHING = new Uint8Array(0);

/**
 * One run of an input that cannot be read again: bytes pushed in, batches emitted. Its stream id is drawn at random, offsets are
 * bytes from its start.
 */
export class FramedRun {
  readonly #context: SourceContext;
  readonly #io: SourceIo;
  readonly #framer: Framer;
  readonly #streams: readonly Stream[];
  readonly #underWay = new Set<Promise<void>>();
  #rest: Uint8Array = NOTHING;
  #base = 0;
  #bytes = 0;
  #merged = 0;

  constructor(context: SourceContext, io: SourceIo, options: RunOptions) {
    const { format, label, maxEventBytes, members = NOTHING } = options;
    this.#context = context;
    this.#io = io;
    this.#framer = createFramer(kernel(), { format, maxEventBytes, members });
    const id = randomBytes(12).toString('base64url');
    const firstSeen = Math.floor(Date.now() / 1000);
    this.#streams = [{ id, source: context.componentId, label, firstSeen, replayBelow: 0 }];
  }

  /**
   * Frames the whole lines of a chunk and emits them; awaiting it is back-pressure. `final`: the input has ended. `places` tells
   * where the lines stand in the input when the chunk is not the input's own bytes.
   */
  async push(chunk: Uint8Array, final: boolean, places?: Places): Promise<void> {
    let part = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let lines = 0;
    if (places) this.#bytes += places.bytes;
    for (let more = true; more && !this.#io.signal.aborted; ) {
      const framed = this.#framer.frame(part, this.#base, now(), final);
      countFaults(this.#context, framed);
      if (!places) this.#bytes += framed.consumed;
      this.#merged += framed.mergedLines;
      this.#base += framed.consumed;
      part = part.subarray(framed.consumed);
      more = framed.more;
      if (framed.length > 0) await this.#emit(framed, columnsOf(framed, this.#streams, places, lines));
      lines += framed.length;
    }
    // A copy, because the caller may use its buffer again; slice of a Buffer would be a view.
    this.#rest = new Uint8Array(part);
  }

  /** Resolves when all that was emitted has settled, however it did: the input cannot be read again. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #emit(framed: Framed, columns: LogColumns): Promise<void> {
    const received = { bytes: this.#bytes, merged: this.#merged };
    this.#bytes = 0;
    this.#merged = 0;
    const { settled } = await this.#io.emit(this.#context.newBatch(framed, columns), received);
    const ended = settled.then(() => void this.#underWay.delete(ended));
    this.#underWay.add(ended);
  }
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
