import { randomBytes } from 'node:crypto';
import type { ErrorCode, LogColumns, SourceContext, SourceIo, Stream } from '@tailrace/core';
import { FLAG, type Format, type Framed, type Framer } from '@tailrace/kernel';
import { type JoiningFramer, joiningFramer } from '../multiline/joining-framer.ts';
import type { Multiline } from '../multiline/options.ts';
import { documentFramer } from './document-framer.ts';
import { lineFramer } from './line-framer.ts';

/** How one run of an input, such as standard input from start to end, becomes events. */
export interface RunOptions {
  readonly format: Format | 'json';
  /** What a person knows the input by. */
  readonly label: string;
  readonly maxEventBytes: number;
  /** JSON members put into each event, without braces. */
  readonly members?: Uint8Array;
  /** How lines become events of several lines; documents do not. */
  readonly multiline?: Multiline | null;
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
  readonly #joiner: JoiningFramer | null;
  readonly #streams: readonly Stream[];
  readonly #underWay = new Set<Promise<void>>();
  #rest: Uint8Array = NOTHING;
  #base = 0;
  #bytes = 0;
  #merged = 0;

  constructor(context: SourceContext, io: SourceIo, options: RunOptions) {
    const { format, label, maxEventBytes, members = NOTHING, multiline } = options;
    this.#context = context;
    this.#io = io;
    const framer =
      format === 'json' ? documentFramer({ maxEventBytes, members }) : lineFramer({ format, maxEventBytes, members });
    this.#joiner = multiline && format !== 'json' ? joiningFramer(framer, format, multiline) : null;
    this.#framer = this.#joiner ?? framer;
    const id = randomBytes(12).toString('base64url');
    const firstSeen = Math.floor(Date.now() / 1000);
    this.#streams = [{ id, source: context.componentId, label, firstSeen, replayBelow: 0 }];
  }

  /** Frames the whole events of a chunk and emits them; awaiting it is back-pressure. `final`: the input has ended. */
  async push(chunk: Uint8Array, final: boolean): Promise<void> {
    let part = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let more = true; more && !this.#io.signal.aborted; ) {
      const framed = this.#framer.frame(part, this.#base, now(), final);
      part = part.subarray(framed.consumed);
      more = framed.more;
      await this.#take(framed);
    }
    // A copy, because the caller may use its buffer again; slice of a Buffer would be a view.
    this.#rest = new Uint8Array(part);
    if (final) await this.giveOutDue(Number.POSITIVE_INFINITY);
  }

  /** Unix milliseconds when the first event that waits for lines is complete without them; `Infinity` when none does. */
  get dueAt(): number {
    return this.#joiner?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** Emits the events that are complete by then. Not while a push is under way. */
  async giveOutDue(at: number): Promise<void> {
    if (!this.#joiner || this.#io.signal.aborted) return;
    await this.#take(this.#joiner.giveOut(this.#joiner.due(at)));
  }

  /** Resolves when all that was emitted has settled, however it did: the input cannot be read again. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #take(framed: Framed): Promise<void> {
    countFaults(this.#context, framed);
    const splits = this.#joiner?.takeSplits() ?? 0;
    if (splits > 0) this.#context.countErrors('multiline_split', splits);
    this.#bytes += framed.consumed;
    this.#merged += framed.mergedLines;
    this.#base += framed.consumed;
    if (framed.length > 0) await this.#emit(framed, columnsOf(framed, this.#streams));
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

function columnsOf(framed: Framed, streams: readonly Stream[]): LogColumns {
  const { length, offset, endOffset, seconds, nanos, flags } = framed;
  const [stream, sub] = [new Uint16Array(length), new Uint32Array(length)];
  return { streams, stream, offset, endOffset, sub, seconds, nanos, flags };
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
