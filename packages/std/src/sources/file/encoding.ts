import { markLength } from '../first-line.ts';

/** How the text of files may be encoded, beside UTF-8; names of the WHATWG Encoding standard. */
export type Encoding = 'utf-16le' | 'utf-16be' | 'latin1' | 'shift_jis';

/** Text as UTF-8, and where each byte of it came from. It is valid until the next call. */
export interface Decoded {
  readonly text: Uint8Array;
  /** Bytes that were used up; fewer than there were when they end within a character. */
  readonly used: number;
  /** Where the character begins that the byte at an offset of the text belongs to; behind the last one, `used`. */
  placeOf(textOffset: number): number;
}

/** Turns bytes into UTF-8. A sequence that means nothing becomes one byte that is no UTF-8, so that it is replaced and counted like one. */
export type Decode = (bytes: Uint8Array, final: boolean) => Decoded;

const BROKEN = -1;
/** No byte of UTF-8. */
const NO_UTF8 = 0xff;
/** A character of one or two bytes becomes three at most; a pair of surrogates, four. */
const MOST_PER_BYTE = 3;

/** Reads the character at `at`: its code point or BROKEN, and in `took.bytes` its length, 0 when its end is not there yet. */
type ReadCharacter = (bytes: Uint8Array, at: number, took: { bytes: number }) => number;

/** Creates a decoder; throws a RangeError when this Node has no tables for the encoding. */
export function createDecoder(encoding: Encoding): Decode {
  const read = readerOf(encoding);
  let text = new Uint8Array(0);
  let places = new Uint32Array(0);
  return (bytes, final) => {
    if (text.length < bytes.length * MOST_PER_BYTE) {
      text = new Uint8Array(bytes.length * MOST_PER_BYTE);
      places = new Uint32Array(text.length);
    }
    const took = { bytes: 0 };
    let at = 0;
    let size = 0;
    while (at < bytes.length) {
      const character = read(bytes, at, took);
      if (took.bytes === 0 && !final) break;
      const end = write(text, size, took.bytes === 0 ? BROKEN : character);
      for (; size < end; size++) places[size] = at;
      at += took.bytes || bytes.length - at;
    }
    const used = at;
    return { text: text.subarray(0, size), used, placeOf: (offset) => (offset < size ? places[offset]! : used) };
  };
}

function readerOf(encoding: Encoding): ReadCharacter {
  if (encoding === 'latin1') return singleBytes();
  return encoding === 'shift_jis' ? shiftJis() : utf16(encoding === 'utf-16be');
}

/** Writes a code point as UTF-8 and gives the offset behind it. */
function write(to: Uint8Array, at: number, character: number): number {
  if (character === BROKEN) to[at] = NO_UTF8;
  else if (character < 0x80) to[at] = character;
  else if (character < 0x800) {
    to[at] = 0xc0 | (character >> 6);
    to[at + 1] = 0x80 | (character & 0x3f);
    return at + 2;
  } else if (character < 0x10000) {
    to[at] = 0xe0 | (character >> 12);
    to[at + 1] = 0x80 | ((character >> 6) & 0x3f);
    to[at + 2] = 0x80 | (character & 0x3f);
    return at + 3;
  } else {
    to[at] = 0xf0 | (character >> 18);
    to[at + 1] = 0x80 | ((character >> 12) & 0x3f);
    to[at + 2] = 0x80 | ((character >> 6) & 0x3f);
    to[at + 3] = 0x80 | (character & 0x3f);
    return at + 4;
  }
  return at + 1;
}

function utf16(isBigEndian: boolean): ReadCharacter {
  const [high, low] = isBigEndian ? [0, 1] : [1, 0];
  const unitAt = (bytes: Uint8Array, at: number): number => (bytes[at + high]! << 8) | bytes[at + low]!;
  return (bytes, at, took) => {
    took.bytes = 0;
    if (at + 2 > bytes.length) return BROKEN;
    const first = unitAt(bytes, at);
    if (first < 0xd800 || first > 0xdfff) {
      took.bytes = 2;
      return first;
    }
    if (first < 0xdc00 && at + 4 > bytes.length) return BROKEN;
    const second = first < 0xdc00 ? unitAt(bytes, at + 2) : 0;
    const isPair = second >= 0xdc00 && second <= 0xdfff;
    took.bytes = isPair ? 4 : 2;
    return isPair ? 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00) : BROKEN;
  };
}

/** From 0x80 to 0x9f. Latin 1 is windows-1252 as on the web: what ISO 8859-1 has there, control characters, nobody writes. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

function singleBytes(): ReadCharacter {
  // Not by TextDecoder: older ones of Node take the label for ISO 8859-1.
  const table = Array.from({ length: 256 }, (_, byte) => byte);
  for (const [i, character] of [...WINDOWS_1252].entries()) table[0x80 + i] = codeOf(character);
  return (bytes, at, took) => {
    took.bytes = 1;
    return table[bytes[at]!]!;
  };
}

/** Whether a byte of Shift_JIS begins a character of two. */
const isLead = (byte: number): boolean => (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);

function shiftJis(): ReadCharacter {
  const one = new Int32Array(256).fill(BROKEN);
  const two = new Int32Array(65_536).fill(BROKEN);
  const decoder = new TextDecoder('shift_jis');
  const decode = (bytes: Uint8Array): string => decoder.decode(bytes);
  for (let byte = 0; byte < 256; byte++) {
    if (!isLead(byte)) one[byte] = only(decode(Uint8Array.of(byte)));
    else fillTrails(two, decode, byte);
  }
  return (bytes, at, took) => {
    const first = bytes[at]!;
    took.bytes = 1;
    if (!isLead(first)) return one[first]!;
    if (at + 1 === bytes.length) took.bytes = 0;
    if (at + 1 === bytes.length) return BROKEN;
    const second = bytes[at + 1]!;
    const character = two[(first << 8) | second]!;
    // What looks like ASCII behind half a character is ASCII: a line must not lose its end.
    if (character !== BROKEN || second >= 0x80) took.bytes = 2;
    return character;
  };
}

/** The characters with this first byte: decoded in one go, each behind it a newline, which ends whatever came before. */
function fillTrails(two: Int32Array, decode: (bytes: Uint8Array) => string, lead: number): void {
  const trails = Array.from({ length: 0xfc - 0x40 + 1 }, (_, i) => 0x40 + i).filter((byte) => byte !== 0x7f);
  const texts = decode(Uint8Array.from(trails.flatMap((trail) => [lead, trail, 0x0a]))).split('\n');
  for (const [i, trail] of trails.entries()) two[(lead << 8) | trail] = only(texts[i]!);
}

/** The code point of a text of one character that was decoded well. */
function only(text: string): number {
  const code = codeOf(text);
  return text.length === 1 && code !== 0xfffd ? code : BROKEN;
}

const codeOf = (text: string): number => text.codePointAt(0)!;

/** A whole text as UTF-8, without a byte order mark; what means nothing in it becomes bytes that are no UTF-8. */
export function toUtf8(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  const { text } = createDecoder(byteOrderOf(bytes, encoding))(bytes, true);
  return text.slice(markLength(text));
}

/** The byte order that a mark at the beginning of a file tells, else the one that was asked for. */
export function byteOrderOf(head: Uint8Array, encoding: Encoding): Encoding {
  if (!encoding.startsWith('utf-16') || head.length < 2) return encoding;
  const mark = (head[0]! << 8) | head[1]!;
  if (mark === 0xfeff) return 'utf-16be';
  return mark === 0xfffe ? 'utf-16le' : encoding;
}
