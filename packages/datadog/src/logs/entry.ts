import type { ByteWriter } from '@tailrace/core';
import { TIME_BYTES } from './frame.ts';

/** The pieces that one entry is put together from, and how many bytes they have. */
export class Pieces {
  readonly #from: Buffer[] = [];
  readonly #start: number[] = [];
  readonly #end: number[] = [];
  #count = 0;
  bytes = 0;

  clear(): void {
    this.#count = 0;
    this.bytes = 0;
  }

  /** Adds bytes `[start, end)`; nothing is copied or made until the entry is written. */
  add(from: Buffer, start = 0, end = from.length): void {
    const k = this.#count++;
    this.#from[k] = from;
    this.#start[k] = start;
    this.#end[k] = end;
    this.bytes += end - start;
  }

  /** The entry as bytes of their own. */
  joined(): Buffer {
    const whole = Buffer.allocUnsafe(this.bytes);
    this.#write(whole, 0);
    return whole;
  }

  #write(to: Buffer, at: number): void {
    for (let k = 0, next = at; k < this.#count; k++) {
      this.#from[k]!.copy(to, next, this.#start[k]!, this.#end[k]!);
      next += this.#end[k]! - this.#start[k]!;
    }
  }

  /**
   * Appends the entry to a body whose bytes are `to`, `time` (milliseconds since 1970) in front of it unless it is null; false (and
   * nothing written) when it does not fit.
   */
  appendTo(out: ByteWriter, to: Buffer, time: number | null): boolean {
    const { used } = out;
    const at = used + (time === null ? 0 : TIME_BYTES);
    const end = at + this.bytes;
    if (out.full || end > to.length) return false;
    if (time !== null) to.writeDoubleLE(time, used);
    this.#write(to, at);
    out.used = end;
    out.marks[out.entries++] = end;
    return true;
  }
}
