import { type CharClass, inverted, type Pattern, type Range, type Token } from './syntax.ts';

/** The engines' ways to write things. */
interface Printer {
  codePoint(codePoint: number): string;
  charClass(of: CharClass): string;
  readonly textStart: string;
  readonly textEnd: string;
}

/** The units of which every character above U+FFFF has two, in this order; alone they are no characters. */
const HALVES: Range = [0xd800, 0xdfff];
const PAIR = '[\\ud800-\\udbff][\\udc00-\\udfff]';

const forUnits: Printer = {
  codePoint: unitsOf,
  charClass: (of) => unitClass(pointsOf(of)),
  textStart: '^',
  textEnd: '$',
};
const forPairs: Printer = { ...forUnits, charClass: pairClass };
const forRe2: Printer = { codePoint: re2Escape, charClass: re2Class, textStart: '\\A', textEnd: '\\z' };

/** A pattern without the flag u, which V8's linear engine does not know: characters are UTF-16 units. */
export interface V8Source {
  /** For texts whose characters are one unit each. */
  readonly plain: string;
  /** For texts without lone halves; `plain` itself, if that can take no half. */
  readonly paired: string;
}

/** The pattern for V8. `null`: it needs properties, some of the characters above U+FFFF, or nothing at all. */
export function printForV8({ tokens, multiline }: Pattern): V8Source | null {
  if (tokens.some((token) => token.kind === 'class' && needsRe2(token.of))) return null;
  // In V8 ^ means each line or the text, never both.
  if (multiline && tokens.some((token) => token.kind === 'assert' && isOfText(token.what))) return null;
  return { plain: `(?:${printAll(tokens, forUnits)})`, paired: `(?:${printAll(tokens, forPairs)})` };
}

/** The pattern in RE2's syntax, flags among it. */
export function printForRe2(pattern: Pattern): string {
  return `${pattern.multiline ? '(?m)' : ''}(?:${printAll(pattern.tokens, forRe2)})`;
}

/** V8's linear engine takes a class without any unit for no condition. */
function needsRe2(of: CharClass): boolean {
  const characters = charactersOf(of);
  const hasNoUnits = characters.every(([from]) => from > 0xffff);
  const hasSomePairs = characters.some(([from, to]) => to > 0xffff && (from > 0x10000 || to < 0x10ffff));
  return of.properties.length > 0 || hasNoUnits || hasSomePairs;
}

function isOfText(what: string): boolean {
  return what === 'text_start' || what === 'text_end';
}

function printAll(tokens: readonly Token[], printer: Printer): string {
  return tokens.map((token) => print(token, printer)).join('');
}

function print(token: Token, printer: Printer): string {
  switch (token.kind) {
    case 'literal':
      return printLiteral(token.codePoint, printer);
    case 'class':
      return printer.charClass(token.of);
    case 'assert':
      return printAssertion(token.what, printer);
    case 'open':
      return token.captures ? '(' : '(?:';
    case 'close':
      return ')';
    case 'or':
      return '|';
    case 'repeat':
      return printRepeat(token.min, token.max) + (token.lazy ? '?' : '');
  }
}

function unitsOf(codePoint: number): string {
  const units = String.fromCodePoint(codePoint).split('');
  return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}

function re2Escape(codePoint: number): string {
  return `\\x{${codePoint.toString(16)}}`;
}

function printLiteral(codePoint: number, printer: Printer): string {
  const char = String.fromCodePoint(codePoint);
  if (/[\w ,:;@#%&=<>"'~`!-]/.test(char)) return char;
  return codePoint > 0xffff ? `(?:${printer.codePoint(codePoint)})` : printer.codePoint(codePoint);
}

/** The code points of a class, apart from its properties. */
function pointsOf({ negated, ranges }: CharClass): readonly Range[] {
  return negated ? inverted(ranges) : ranges;
}

/** Those that are characters. */
function charactersOf(of: CharClass): readonly Range[] {
  return inverted([...inverted(pointsOf(of)), HALVES]);
}

function pairClass(of: CharClass): string {
  const characters = charactersOf(of);
  const units = unitClass(characters);
  return characters.at(-1)![1] > 0xffff ? `(?:${PAIR}|${units})` : units;
}

/** The units among code points. */
function unitClass(points: readonly Range[]): string {
  const units = points.filter(([from]) => from <= 0xffff).map(([from, to]): Range => [from, Math.min(to, 0xffff)]);
  return `[${printRanges(units, unitsOf)}]`;
}

function re2Class({ negated, ranges, properties }: CharClass): string {
  return `[${negated ? '^' : ''}${printRanges(ranges, re2Escape)}${properties.join('')}]`;
}

function printRanges(ranges: readonly Range[], codePoint: (codePoint: number) => string): string {
  return ranges.map(([from, to]) => (from === to ? codePoint(from) : `${codePoint(from)}-${codePoint(to)}`)).join('');
}

function printAssertion(what: (Token & { kind: 'assert' })['what'], printer: Printer): string {
  switch (what) {
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'text_start':
      return printer.textStart;
    case 'text_end':
      return printer.textEnd;
    case 'word':
      return '\\b';
    case 'no_word':
      return '\\B';
  }
}

function printRepeat(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}
