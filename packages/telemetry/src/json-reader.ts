import { OtlpError } from './error.ts';
import { PLAIN } from './plain-bytes.ts';
import { sequenceSize } from './utf8.ts';

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
/** A number as RFC 8259 writes it. */
export const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Most arrays and objects within one another in what is passed over. */
const MAX_NESTING = 1000;

/** What a value begins with. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null';

/** A place in JSON text (RFC 8259, UTF-8), moved by reading; what is no JSON throws an {@link OtlpError}. */
export class JsonReader {
  readonly bytes: Uint8Array;
  pos = 0;
  private readonly buffer: Buffer;
  /** The string that was read last: its bytes between the quotes, and whether they hold escapes. */
  private start = 0;
  private end = 0;
  private escaped = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next byte that is no white space; 0 at the end. */
  peek(): number {
    const { bytes } = this;
    for (; this.pos < bytes.length; this.pos++) {
      const byte = bytes[this.pos]!;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
    }
    return 0;
  }

  /** Tells what the next value is, without reading it. */
  kind(): JsonKind {
    const byte = this.peek();
    if (byte === QUOTE) return 'string';
    if (byte === OPEN_OBJECT) return 'object';
    if (byte === OPEN_ARRAY) return 'array';
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return 'number';
    for (const word of ['true', 'false', 'null'] as const) if (this.isNext(word)) return word;
    return this.fail('no value of JSON begins here');
  }

  fail(message: string): never {
    throw new OtlpError(this.pos < this.bytes.length ? message : `${message}: the text ends`, this.pos);
  }

  private isNext(word: string): boolean {
    return this.buffer.toString('latin1', this.pos, this.pos + word.length) === word;
  }

  /** Reads `true`, `false` or `null`. */
  word(word: 'true' | 'false' | 'null'): void {
    this.pos += word.length;
  }

  /** Enters an object or array; false when it has nothing in it, which is then read. */
  open(kind: 'object' | 'array'): boolean {
    this.pos++;
    if (this.peek() !== (kind === 'object' ? CLOSE_OBJECT : CLOSE_ARRAY)) return true;
    this.pos++;
    return false;
  }

  /** Reads what stands behind a member or item: true when another one follows. */
  more(kind: 'object' | 'array'): boolean {
    const byte = this.peek();
    if (byte === COMMA) {
      this.pos++;
      return true;
    }
    if (byte !== (kind === 'object' ? CLOSE_OBJECT : CLOSE_ARRAY)) this.fail(`this ${kind} goes on without a comma`);
    this.pos++;
    return false;
  }

  /** Reads a member's name and the colon behind it; the name is then the string read last. */
  name(): void {
    if (this.peek() !== QUOTE) this.fail('a member has no name in quotes');
    this.string();
    if (this.escaped) this.text();
    if (this.peek() !== COLON) this.fail('a name has no colon behind it');
    this.pos++;
  }

  /** Whether the string read last is this one, which is ASCII. */
  says(text: Uint8Array): boolean {
    if (this.escaped) return this.text() === Buffer.from(text).toString('latin1');
    const { bytes, start } = this;
    if (this.end - start !== text.length) return false;
    for (let k = 0; k < text.length; k++) if (bytes[start + k] !== text[k]) return false;
    return true;
  }

  /** Reads a string: what it says is then given by `text` or `utf8`. */
  string(): void {
    const { bytes } = this;
    const start = ++this.pos;
    let i = start;
    this.escaped = false;
    for (;;) {
      while (PLAIN[bytes[i]!] === 1) i++;
      if (i >= bytes.length || bytes[i] === QUOTE) break;
      i = this.character(i);
    }
    // An escape may be the last byte of all.
    this.pos = Math.min(i, bytes.length);
    if (i >= bytes.length) this.fail('a string has no end');
    this.start = start;
    this.end = i;
    this.pos = i + 1;
  }

  /** Where the character after the one at `i` stands. */
  private character(i: number): number {
    const byte = this.bytes[i]!;
    if (byte === BACKSLASH) {
      this.escaped = true;
      return i + 2;
    }
    if (byte >= 0x80) {
      const size = sequenceSize(this.bytes, i, this.bytes.length);
      if (size === 0) throw new OtlpError('a string is not UTF-8', i);
      return i + size;
    }
    if (byte < 0x20) throw new OtlpError('a control character stands in a string without an escape', i);
    return i + 1;
  }

  /** The string read last. */
  text(): string {
    const inside = this.buffer.toString('utf8', this.start, this.end);
    if (!this.escaped) return inside;
    try {
      return JSON.parse(`"${inside}"`) as string;
    } catch {
      throw new OtlpError('a string has an escape that JSON does not know', this.start);
    }
  }

  /** The string read last as UTF-8; half of a surrogate pair, which that has no form for, becomes U+FFFD. */
  utf8(): Uint8Array {
    return this.escaped ? Buffer.from(this.text()) : this.bytes.subarray(this.start, this.end);
  }

  /** Reads a number, as it is written. */
  number(): string {
    const start = this.pos;
    while (isNumeric(this.bytes[this.pos])) this.pos++;
    const text = this.buffer.toString('latin1', start, this.pos);
    if (!NUMBER.test(text)) throw new OtlpError('this is not a number as JSON has it', start);
    return text;
  }

  /** Passes over a value of any kind. */
  skip(): void {
    const around: ('object' | 'array')[] = [];
    for (;;) {
      const kind = this.kind();
      if (kind === 'object' || kind === 'array') {
        if (around.length === MAX_NESTING) this.fail(`more than ${MAX_NESTING} arrays and objects within one another`);
        if (this.open(kind)) {
          around.push(kind);
          if (kind === 'object') this.name();
          continue;
        }
      } else if (kind === 'string') {
        this.string();
        if (this.escaped) this.text();
      } else if (kind === 'number') this.number();
      else this.word(kind);
      while (around.length > 0 && !this.more(around.at(-1)!)) around.pop();
      if (around.length === 0) return;
      if (around.at(-1) === 'object') this.name();
    }
  }
}

/** Whether a byte can be part of a number: digits, signs, point and exponent. */
function isNumeric(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || (byte | 32) === 0x65;
}
