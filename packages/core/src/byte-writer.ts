/**
 * A request body under construction: a fixed buffer, and where each entry ends in it, so that single entries can be sent again
 * without encoding them anew.
 */
export class ByteWriter {
  /** Fixed; only `[0, used)` is written. */
  readonly bytes: Uint8Array;
  /** End of each entry in `bytes`; the first `entries` are set. */
  readonly marks: Uint32Array;
  used = 0;
  entries = 0;

  constructor(maxBytes: number, maxEntries: number) {
    this.bytes = new Uint8Array(maxBytes);
    this.marks = new Uint32Array(maxEntries);
  }

  get full(): boolean {
    return this.entries === this.marks.length || this.used === this.bytes.length;
  }

  /** Appends one entry; false (and nothing written) when it does not fit. */
  append(entry: Uint8Array): boolean {
    if (this.entries === this.marks.length || this.used + entry.length > this.bytes.length) return false;
    this.bytes.set(entry, this.used);
    this.used += entry.length;
    this.marks[this.entries++] = this.used;
    return true;
  }

  reset(): void {
    this.used = 0;
    this.entries = 0;
  }
}
