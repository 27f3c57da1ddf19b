/** A pattern that is refused; `column` counts characters of the pattern from 1. */
export class RegexError extends Error {
  override readonly name = 'RegexError';
  readonly column: number;
  constructor(column: number, reason: string) {
    super(`column ${column}: ${reason}`);
    this.column = column;
  }
}

/** Code points, both ends included. */
export type Range = readonly [from: number, to: number];

/** What one character of the text may be. */
export interface CharClass {
  readonly negated: boolean;
  readonly ranges: readonly Range[];
  /** Unicode properties as RE2 writes them: `\p{L}`, `\P{Greek}`. */
  readonly properties: readonly string[];
}

/** A pattern is a flat list of these; the parser has checked that groups are closed and quantifiers have something to repeat. */
export type Token =
  | { readonly kind: 'class'; readonly of: CharClass }
  | { readonly kind: 'literal'; readonly codePoint: number }
  | { readonly kind: 'assert'; readonly what: 'start' | 'end' | 'text_start' | 'text_end' | 'word' | 'no_word' }
  | { readonly kind: 'open'; readonly captures: boolean }
  | { readonly kind: 'close' }
  | { readonly kind: 'or' }
  | { readonly kind: 'repeat'; readonly min: number; readonly max: number; readonly lazy: boolean };

/** A pattern as the engines' printers need it. */
export interface Pattern {
  readonly tokens: readonly Token[];
  /** The name of capturing group k at `names[k]`; group 0 is the whole match. */
  readonly names: readonly (string | undefined)[];
  /** Whether `^` and `$` hold at each line. */
  readonly multiline: boolean;
}

export const DIGIT: readonly Range[] = [[0x30, 0x39]];
export const WORD: readonly Range[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
/** White space as ECMAScript has it. */
export const SPACE: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

/** The POSIX names that stand in a class as `[:digit:]`. */
export const POSIX: Readonly<Record<string, readonly Range[]>> = {
  alnum: [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x61, 0x7a],
  ],
  alpha: [
    [0x41, 0x5a],
    [0x61, 0x7a],
  ],
  ascii: [[0, 0x7f]],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: DIGIT,
  graph: [[0x21, 0x7e]],
  lower: [[0x61, 0x7a]],
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
  upper: [[0x41, 0x5a]],
  word: WORD,
  xdigit: [
    [0x30, 0x39],
    [0x41, 0x46],
    [0x61, 0x66],
  ],
};

/** Ranges in order, without overlaps. */
export function merged(ranges: readonly Range[]): Range[] {
  const out: [number, number][] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

/** All code points that are not in the ranges. */
export function inverted(ranges: readonly Range[]): Range[] {
  const out: Range[] = [];
  let next = 0;
  for (const [from, to] of merged(ranges)) {
    if (from > next) out.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= 0x10ffff) out.push([next, 0x10ffff]);
  return out;
}

/**
 * The ranges and the other cases of their letters: for ASCII those of ASCII, else what `toLowerCase` and `toUpperCase` make of them,
 * where that is one code point.
 */
export function foldCase(ranges: readonly Range[]): Range[] {
  const out: Range[] = [...ranges];
  for (const [from, to] of ranges) {
    for (let codePoint = from; codePoint <= Math.min(to, LAST_CASED); codePoint++) {
      for (const other of otherCases(codePoint)) out.push([other, other]);
    }
  }
  return merged(out);
}

/** The last letter that has two cases: small Adlam sha. */
const LAST_CASED = 0x1e943;

function otherCases(codePoint: number): number[] {
  const text = String.fromCodePoint(codePoint);
  return [text.toLowerCase(), text.toUpperCase()].flatMap((folded) => {
    const other = folded.codePointAt(0)!;
    if (folded === text || folded.length !== String.fromCodePoint(other).length) return [];
    // As in ECMAScript a letter outside ASCII never stands for one inside: the Kelvin sign is no k.
    return codePoint > 0x7f && other <= 0x7f ? [] : [other];
  });
}
