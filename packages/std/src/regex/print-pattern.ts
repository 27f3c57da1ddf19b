import type { CharClass, Pattern, Range, Token } from './syntax.ts';

/** The engines' ways to write a code point. */
type Printer = (codePoint: number) => string;

const forV8: Printer = (codePoint) => {
  if (codePoint <= 0xffff) return `\\u${codePoint.toString(16).padStart(4, '0')}`;
  return [...String.fromCodePoint(codePoint).split('')].map((half) => `\\u${half.charCodeAt(0).toString(16)}`).join('');
};
const forRe2: Printer = (codePoint) => `\\x{${codePoint.toString(16)}}`;

/**
 * The pattern for V8 without the flag u, which its linear engine does not know: characters are UTF-16 units. `null`: it needs whole
 * code points or properties.
 */
export function printForV8(pattern: Pattern): string | null {
  if (pattern.tokens.some(needsCodePoints)) return null;
  // In V8 ^ means each line or the text, never both.
  const mixed = pattern.multiline && pattern.tokens.some((token) => token.kind === 'assert' && isOfText(token.what));
  return mixed ? null : `(?:${pattern.tokens.map((token) => print(token, forV8)).join('')})`;
}

/** The pattern in RE2's syntax, flags among it. */
export function printForRe2(pattern: Pattern): string {
  const tokens = pattern.tokens.map((token) => print(token, forRe2)).join('');
  return `${pattern.multiline ? '(?m)' : ''}(?:${tokens})`;
}

function needsCodePoints(token: Token): boolean {
  if (token.kind !== 'class') return false;
  const { ranges, properties } = token.of;
  return properties.length > 0 || ranges.some(([from, to]) => to > 0xffff && (from > 0xffff || to < 0x10ffff));
}

function isOfText(what: string): boolean {
  return what === 'text_start' || what === 'text_end';
}

function print(token: Token, printer: Printer): string {
  switch (token.kind) {
    case 'literal':
      return printLiteral(token.codePoint, printer);
    case 'class':
      return printClass(token.of, printer);
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

function printLiteral(codePoint: number, printer: Printer): string {
  const char = String.fromCodePoint(codePoint);
  if (/[\w ,:;@#%&=<>"'~`!-]/.test(char)) return char;
  return codePoint > 0xffff ? `(?:${printer(codePoint)})` : printer(codePoint);
}

function printClass({ negated, ranges, properties }: CharClass, printer: Printer): string {
  // V8 has units: what goes on to the last code point goes on to the last unit.
  const units = printer === forV8 ? ranges.map(([from, to]): Range => [from, Math.min(to, 0xffff)]) : ranges;
  const members = units.map(([from, to]) => (from === to ? printer(from) : `${printer(from)}-${printer(to)}`));
  return `[${negated ? '^' : ''}${members.join('')}${properties.join('')}]`;
}

function printAssertion(what: (Token & { kind: 'assert' })['what'], printer: Printer): string {
  switch (what) {
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'text_start':
      return printer === forV8 ? '^' : '\\A';
    case 'text_end':
      return printer === forV8 ? '$' : '\\z';
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
