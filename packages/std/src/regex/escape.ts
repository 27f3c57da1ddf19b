import type { PatternReader } from './reader.ts';
import { DIGIT, inverted, type Range, SPACE, WORD } from './syntax.ts';

/** What a backslash and what follows it mean. */
export type Escape =
  | { readonly kind: 'char'; readonly codePoint: number }
  | { readonly kind: 'ranges'; readonly ranges: readonly Range[] }
  | { readonly kind: 'property'; readonly text: string }
  | { readonly kind: 'assert'; readonly what: 'text_start' | 'text_end' | 'word' | 'no_word' };

const CONTROLS: Readonly<Record<string, number>> = { a: 7, e: 0x1b, f: 0xc, n: 0xa, r: 0xd, t: 9, v: 0xb };
const SHORTHANDS: Readonly<Record<string, readonly Range[]>> = { d: DIGIT, s: SPACE, w: WORD };
const ASSERTIONS = { A: 'text_start', z: 'text_end', b: 'word', B: 'no_word' } as const;
const REFUSED: Readonly<Record<string, string>> = {
  k: 'a reference to an earlier group cannot be matched in linear time: leave it out',
  h: '\\h means different things in different tools: write [0-9A-Fa-f] or [ \\t]',
  Z: '\\Z is not supported: write \\n?\\z, or $',
  G: '\\G is not supported: each match begins anew',
  Q: '\\Q…\\E is not supported: put a backslash in front of each special character',
  R: '\\R is not supported: write \\r?\\n',
};

/** Reads an escape whose backslash has been taken. */
export function readEscape(reader: PatternReader, column: number): Escape {
  if (reader.ended) reader.fail('a backslash at the end: write \\\\ for a backslash', column);
  const letter = reader.next();
  const control = CONTROLS[letter];
  if (control !== undefined) return { kind: 'char', codePoint: control };
  const shorthand = SHORTHANDS[letter.toLowerCase()];
  if (shorthand) return { kind: 'ranges', ranges: letter === letter.toLowerCase() ? shorthand : inverted(shorthand) };
  if (letter in ASSERTIONS) return { kind: 'assert', what: ASSERTIONS[letter as keyof typeof ASSERTIONS] };
  if (letter === 'p' || letter === 'P') return readProperty(reader, letter, column);
  if (letter === 'x' || letter === 'u') return { kind: 'char', codePoint: readHex(reader, letter, column) };
  if (letter === '0' && !/\d/.test(reader.peek() ?? '')) return { kind: 'char', codePoint: 0 };
  if (/[1-9]/.test(letter)) reader.fail(REFUSED['k']!, column);
  if (/[0-9A-Za-z]/.test(letter)) reader.fail(REFUSED[letter] ?? `\\${letter} is no escape`, column);
  return { kind: 'char', codePoint: letter.codePointAt(0)! };
}

function readProperty(reader: PatternReader, letter: string, column: number): Escape {
  const match = reader.match(/^(?:[A-Z]|\{[A-Za-z_]{1,40}\})/);
  if (!match) reader.fail(`\\${letter} wants a property: \\${letter}{L}, \\${letter}{Greek}`, column);
  return { kind: 'property', text: `\\${letter}${match[0]}` };
}

function readHex(reader: PatternReader, letter: string, column: number): number {
  const match = reader.match(
    letter === 'x' ? /^(?:[\da-fA-F]{2}|\{([\da-fA-F]{1,6})\})/ : /^(?:[\da-fA-F]{4}|\{([\da-fA-F]{1,6})\})/,
  );
  if (!match) reader.fail(`\\${letter} wants hexadecimal digits: \\x1b, \\u00e9, \\u{1f600}`, column);
  const codePoint = Number.parseInt(match[1] ?? match[0], 16);
  const isHalf = codePoint >= 0xd800 && codePoint <= 0xdfff;
  if (codePoint > 0x10ffff || isHalf) reader.fail(`U+${codePoint.toString(16).toUpperCase()} is no character`, column);
  return codePoint;
}
