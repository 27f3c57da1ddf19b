import type { ByteWriter } from '@tailrace/core';
import { HEAD_BYTES } from './frame.ts';

/** The pieces that one entry is put together from, and how many bytes they have. */
export class Pieces {
  readonly #pieces: Uint8Array[] = [];
  #count = 0;
  bytes = 0;

  clear(): void {
    this.#count = 0;
    this.bytes = 0;
  }

  add(piece: Uint8Array): void {
    this.#pieces[this.#count++] = piece;
    this.bytes += piece.length;
  }

  /** The entry as bytes of their own. */
  joined(): Buffer {
    return Buffer.concat(this.#pieces.slice(0, this.#count));
  }

  /** Appends the entry to a body; false (and nothing written) when it does not fit. */
  appendTo(out: ByteWriter, milliseconds: number): boolean {
    const { bytes, used } = out;
    if (out.full || used + HEAD_BYTES + this.bytes > bytes.length) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset + used, HEAD_BYTES);
    view.setFloat64(0, milliseconds, true);
    let at = used + HEAD_BYTES;
    for (let k = 0; k < this.#count; k++) {
      bytes.set(this.#pieces[k]!, at);
      at += this.#pieces[k]!.length;
    }
    out.used = at;
    out.marks[out.entries++] = at;
    return true;
  }
}
