import { OtlpError } from './error.ts';

/** Most messages (and groups of unknown fields) within one another, as protobuf's own runtimes have it. */
export const MAX_DEPTH = 100;

/**
 * Most records in a request, items in a list and members in an object. A record can be as small as two bytes: what is kept for each
 * would be many times the body.
 */
export const MOST_ITEMS = 1_000_000;

/** A place in protobuf bytes (https://protobuf.dev/programming-guides/encoding), moved by reading; what does not fit before `end` throws an {@link OtlpError}. */
export class Wire {
  readonly bytes: Uint8Array;
  pos: number;
  /** The last 64-bit value read: its low and high 32 bits, unsigned. */
  lo = 0;
  hi = 0;

  constructor(bytes: Uint8Array, pos = 0) {
    this.bytes = bytes;
    this.pos = pos;
  }

  /** A field's number and wire type, `number << 3 | type`. */
  tag(end: number): number {
    const tag = this.uint32(end);
    if (tag < 8) throw new OtlpError('a field has the number 0', this.pos - 1);
    return tag;
  }

  /** A varint that fits 32 bits. */
  uint32(end: number): number {
    const { pos } = this;
    if (pos < end) {
      const byte = this.bytes[pos]!;
      if (byte < 0x80) {
        this.pos = pos + 1;
        return byte;
      }
    }
    this.varint64(end);
    if (this.hi !== 0) throw new OtlpError('a field number or length has more than 32 bits', pos);
    return this.lo;
  }

  /** The length of what follows, as the place where it ends. */
  limit(end: number): number {
    const { pos } = this;
    const length = this.uint32(end);
    if (length > end - this.pos) throw new OtlpError(`a length of ${length} bytes reaches beyond its message`, pos);
    return this.pos + length;
  }

  /** Goes past a value with a length; notes in `places` where it starts and ends. */
  note(places: number[], end: number): void {
    const limit = this.limit(end);
    if (places.length >= 2 * MOST_ITEMS) {
      throw new OtlpError(`more than ${MOST_ITEMS} records, items or members in one message`, this.pos);
    }
    places.push(this.pos, limit);
    this.pos = limit;
  }

  /** A varint into `lo` and `hi`. */
  varint64(end: number): void {
    const { bytes } = this;
    const start = this.pos;
    let lo = 0;
    let hi = 0;
    for (let k = 0; k < 10; k++) {
      if (start + k >= end) throw new OtlpError('the bytes end within a number', start);
      const byte = bytes[start + k]!;
      const bits = byte & 0x7f;
      if (k < 4) lo |= bits << (7 * k);
      else if (k > 4) hi |= bits << (7 * k - 32);
      else {
        lo |= bits << 28;
        hi |= bits >>> 4;
      }
      if (byte >= 0x80) continue;
      if (k === 9 && bits > 1) break;
      this.lo = lo >>> 0;
      this.hi = hi >>> 0;
      this.pos = start + k + 1;
      return;
    }
    throw new OtlpError('a number has more than 64 bits', start);
  }

  /** Goes past a varint. */
  skipVarint(end: number): void {
    const { pos } = this;
    if (pos < end && this.bytes[pos]! < 0x80) this.pos = pos + 1;
    else this.varint64(end);
  }

  /** 8 bytes into `lo` and `hi`. */
  fixed64(end: number): void {
    this.lo = this.fixed32(end);
    this.hi = this.fixed32(end);
  }

  /** 4 bytes, unsigned. */
  fixed32(end: number): number {
    const { bytes, pos } = this;
    if (end - pos < 4) throw new OtlpError('the bytes end within a number', pos);
    this.pos = pos + 4;
    return (bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24)) >>> 0;
  }

  /** Goes past `count` bytes. */
  advance(count: number, end: number): void {
    if (end - this.pos < count) throw new OtlpError('the bytes end within a number', this.pos);
    this.pos += count;
  }

  /** Goes past the value that `tag` begins; `depth` is that of the message around it. */
  skip(tag: number, end: number, depth: number): void {
    const type = tag & 7;
    if (type === 2) this.pos = this.limit(end);
    else if (type === 0) this.skipVarint(end);
    else if (type === 1) this.advance(8, end);
    else if (type === 5) this.advance(4, end);
    else if (type === 3) this.skipGroup(tag, end, depth + 1);
    else throw new OtlpError(`wire type ${type} does not begin a value`, this.pos - 1);
  }

  /** An unknown field of the long deprecated group kind: fields up to the end tag of the same number. */
  private skipGroup(start: number, end: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new OtlpError(`more than ${MAX_DEPTH} messages within one another`, this.pos);
    for (;;) {
      const tag = this.tag(end);
      if (tag === start + 1) return;
      this.skip(tag, end, depth);
    }
  }
}
