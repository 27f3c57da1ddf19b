import { OtlpError } from './error.ts';
import { PLAIN } from './plain-bytes.ts';
import { nanosOf, secondsOf } from './time.ts';
import { sequenceSize } from './utf8.ts';
import type { Wire } from './wire.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT: Readonly<Record<number, string>> = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' };
const HEX_DIGITS = '0123456789abcdef';
const DAY = 86_400;
const MOST_DIGITS = 10;

/** JSON text under construction, as UTF-8 bytes. */
export class TextOut {
  bytes: Uint8Array;
  length = 0;
  private readonly digits = new Uint8Array(MOST_DIGITS);
  /** The day that was printed last, since neighbours mostly share it. */
  private day = -1;
  private date = '';
  /** Most bytes that it may have. */
  private readonly most: number;

  constructor(capacity: number, most = Number.POSITIVE_INFINITY) {
    this.bytes = new Uint8Array(Math.max(Math.min(capacity, most), 64));
    this.most = most;
  }

  /** The text so far, as a view. */
  text(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private ensure(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    if (this.length + count > this.most)
      throw new OtlpError(`the JSON of this would have more than ${this.most} bytes`, 0);
    const larger = new Uint8Array(Math.max(this.length + count, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Text that is ASCII. */
  ascii(text: string): void {
    this.ensure(text.length);
    const { bytes } = this;
    let at = this.length;
    for (let k = 0; k < text.length; k++) bytes[at++] = text.charCodeAt(k);
    this.length = at;
  }

  /** One byte of ASCII. */
  byte(byte: number): void {
    this.ensure(1);
    this.bytes[this.length++] = byte;
  }

  /** Bytes as they are. */
  raw(piece: Uint8Array): void {
    this.ensure(piece.length);
    this.bytes.set(piece, this.length);
    this.length += piece.length;
  }

  /** UTF-8 bytes as a JSON string; throws an {@link OtlpError} where they are none. */
  quoted(from: Uint8Array, start: number, end: number): void {
    let i = start;
    this.byte(QUOTE);
    for (;;) {
      this.ensure(end - i + 1);
      const { bytes } = this;
      let at = this.length;
      while (i < end && PLAIN[from[i]!] === 1) bytes[at++] = from[i++]!;
      this.length = at;
      if (i === end) break;
      i = from[i]! < 0x80 ? this.escaped(from, i) : this.sequences(from, i, end);
    }
    this.byte(QUOTE);
  }

  private escaped(from: Uint8Array, i: number): number {
    const byte = from[i]!;
    if (byte === QUOTE) this.ascii('\\"');
    else if (byte === BACKSLASH) this.ascii('\\\\');
    else this.ascii(SHORT[byte] ?? `\\u00${byte < 16 ? '0' : ''}${byte.toString(16)}`);
    return i + 1;
  }

  /** Copies characters beyond ASCII up to one that is not. */
  private sequences(from: Uint8Array, i: number, end: number): number {
    while (i < end && from[i]! >= 0x80) {
      const size = sequenceSize(from, i, end);
      if (size === 0) throw new OtlpError('a text is not UTF-8', i);
      for (let k = 0; k < size; k++) this.bytes[this.length++] = from[i + k]!;
      i += size;
    }
    return i;
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(value: number): void {
    const { digits } = this;
    let k = MOST_DIGITS;
    do {
      const rest = Math.floor(value / 10);
      digits[--k] = 0x30 + (value - rest * 10);
      value = rest;
    } while (value > 0);
    this.ensure(MOST_DIGITS);
    while (k < MOST_DIGITS) this.bytes[this.length++] = digits[k++]!;
  }

  /** The 64-bit integer that the wire read last. */
  int64({ lo, hi }: Wire, signed: boolean): void {
    const high = signed ? hi | 0 : hi;
    if (high === 0) this.uint32(lo);
    else if (Math.abs(high) < 0x20_0000) this.ascii(String(high * 4_294_967_296 + lo));
    else this.ascii(String(BigInt(high) * 4_294_967_296n + BigInt(lo)));
  }

  /** A double that JSON has a form for, always with a point or an exponent: that tells it from an integer. */
  double(value: number): void {
    if (Object.is(value, -0)) this.ascii('-0.0');
    else if (Number.isInteger(value) && Math.abs(value) < 1e21) this.ascii(`${value}.0`);
    else this.ascii(String(value));
  }

  /** Bytes as a string of lowercase hexadecimal digits. */
  hex(from: Uint8Array, start: number, end: number): void {
    this.ensure(2 * (end - start) + 2);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      bytes[at++] = HEX_DIGITS.charCodeAt(from[i]! >> 4);
      bytes[at++] = HEX_DIGITS.charCodeAt(from[i]! & 15);
    }
    bytes[at++] = QUOTE;
    this.length = at;
  }

  /** Bytes as a string of base64 (RFC 4648, with padding). */
  base64(from: Uint8Array, start: number, end: number): void {
    this.byte(QUOTE);
    this.ascii(Buffer.from(from.buffer, from.byteOffset + start, end - start).toString('base64'));
    this.byte(QUOTE);
  }

  /** Nanoseconds since 1970 as a string of RFC 3339 with nine digits of a second, in UTC. */
  timestamp(lo: number, hi: number): void {
    const seconds = secondsOf(lo, hi);
    const day = Math.floor(seconds / DAY);
    if (day !== this.day) {
      this.day = day;
      this.date = new Date(day * DAY * 1000).toISOString().slice(0, 11);
    }
    const inDay = seconds - day * DAY;
    this.byte(QUOTE);
    this.ascii(this.date);
    this.padded(Math.floor(inDay / 3600), 2, 0x3a);
    this.padded(Math.floor(inDay / 60) % 60, 2, 0x3a);
    this.padded(inDay % 60, 2, 0x2e);
    this.padded(nanosOf(lo, hi), 9, 0x5a);
    this.byte(QUOTE);
  }

  /** `width` digits and what stands behind them. */
  private padded(value: number, width: number, behind: number): void {
    this.ensure(width + 1);
    for (let k = this.length + width - 1; k >= this.length; k--) {
      const rest = Math.floor(value / 10);
      this.bytes[k] = 0x30 + (value - rest * 10);
      value = rest;
    }
    this.length += width;
    this.bytes[this.length++] = behind;
  }
}
