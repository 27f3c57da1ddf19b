import { readEscape } from './escape.ts';
import type { PatternReader } from './reader.ts';
import { type CharClass, foldCase, inverted, merged, POSIX, type Range } from './syntax.ts';

/** One member of a class: a character that may begin a range, or several at once. */
type Member =
  | { readonly kind: 'char'; readonly codePoint: number }
  | { readonly kind: 'ranges'; readonly ranges: readonly Range[] }
  | { readonly kind: 'property'; readonly text: string };

/** Reads a class whose `[` has been taken. */
export function readClass(reader: PatternReader, column: number, ignoreCase: boolean): CharClass {
  const negated = reader.take('^');
  if (reader.peek() === ']') reader.fail('an empty class: write \\] for a bracket, [\\s\\S] for any character', column);
  const ranges: Range[] = [];
  const properties: string[] = [];
  while (!reader.take(']')) {
    const at = reader.column;
    const member = readMember(reader, column);
    if (member.kind === 'property') properties.push(member.text);
    else if (member.kind === 'ranges') ranges.push(...member.ranges);
    else ranges.push([member.codePoint, rangeEnd(reader, member.codePoint, at, column)]);
  }
  return { negated, ranges: ignoreCase ? foldCase(ranges) : merged(ranges), properties };
}

/** The last character of a range that `from` begins; `from` itself when it begins none. */
function rangeEnd(reader: PatternReader, from: number, at: number, column: number): number {
  if (reader.peek() !== '-' || reader.peek(1) === ']') return from;
  reader.next();
  const to = readMember(reader, column);
  if (to.kind !== 'char') reader.fail('a range must end in one character: put the - last in the class', at);
  if (to.codePoint < from) reader.fail('the range runs backwards', at);
  return to.codePoint;
}

function readMember(reader: PatternReader, column: number): Member {
  if (reader.ended) reader.fail('the class is not closed: ] is missing', column);
  const at = reader.column;
  const posix = reader.match(/^\[:(\^?)([a-z]{1,10}):\]/);
  if (posix) {
    const ranges = Object.hasOwn(POSIX, posix[2]!) ? POSIX[posix[2]!]! : null;
    if (!ranges) reader.fail(`no class is called [:${posix[2]}:]; there are ${Object.keys(POSIX).join(', ')}`, at);
    return { kind: 'ranges', ranges: posix[1] === '^' ? inverted(ranges) : ranges };
  }
  const char = reader.next();
  if (char !== '\\') return { kind: 'char', codePoint: char.codePointAt(0)! };
  if (reader.take('b')) return { kind: 'char', codePoint: 8 };
  const escaped = readEscape(reader, at);
  if (escaped.kind === 'assert') reader.fail('stands for a place, not for a character: take it out of the class', at);
  return escaped;
}
