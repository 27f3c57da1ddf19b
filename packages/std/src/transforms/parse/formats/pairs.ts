import { type Members, type Misfit, misfit, type ParseLine, shown, tooMany } from '../line.ts';
import { readQuoted } from './quoted.ts';

/** How pairs are written. */
export interface PairOptions {
  /** What stands between two pairs; white space stands for any amount of it. */
  readonly between: string;
  /** What stands between key and value. */
  readonly equals: string;
  /** Characters, each of which may quote a key or a value. */
  readonly quotes: string;
  /** What a word without a value is. */
  readonly bareWords: 'member' | 'ignore' | 'misfit';
  readonly maxFields: number;
}

/** One pair, or a word alone. */
interface Pair {
  readonly key: string;
  readonly value: string | true;
  readonly end: number;
}

/** Keys and values. Of a key that comes twice the last value counts. A line without any pair does not have the format. */
export function pairsFormat(options: PairOptions): ParseLine {
  const { bareWords, maxFields, equals } = options;
  const marks: Marks = { ...options, isBlank: options.between.trim() === '' };
  return (line, members) => {
    let pairs = 0;
    let count = 0;
    for (let at = nextPair(line, 0, marks); at < line.length; ) {
      const pair = readPair(line, at, marks);
      if ('code' in pair) return pair;
      if (pair.value !== true) pairs++;
      else if (bareWords === 'misfit') return misfit(`${shown(pair.key)} has no value`, at);
      if (put(members, pair, bareWords) && ++count > maxFields) return tooMany(maxFields);
      at = nextPair(line, pair.end, marks);
    }
    return pairs > 0 ? null : misfit(`has no pair such as key${equals}value`);
  };
}

/** Whether a member was added. */
function put(members: Members, { key, value }: Pair, bareWords: PairOptions['bareWords']): boolean {
  if (value === true && bareWords === 'ignore') return false;
  members[key] = value;
  return true;
}

interface Marks extends Pick<PairOptions, 'between' | 'equals' | 'quotes'> {
  /** Whether white space stands between two pairs. */
  readonly isBlank: boolean;
}

const BLANK = /\s/;

/** Characters of a separator that begins at `at`; 0: none does. */
function separatorAt(line: string, at: number, { between, isBlank }: Marks): number {
  if (isBlank) return BLANK.test(line[at]!) ? 1 : 0;
  return line.startsWith(between, at) ? between.length : 0;
}

/** Where the next pair begins: behind separators and white space. */
function nextPair(line: string, from: number, marks: Marks): number {
  let at = from;
  while (at < line.length) {
    const length = separatorAt(line, at, marks) || (BLANK.test(line[at]!) ? 1 : 0);
    if (length === 0) break;
    at += length;
  }
  return at;
}

/** Whether a quoted text may end here. */
function mayEnd(line: string, at: number, marks: Marks): boolean {
  return at >= line.length || separatorAt(line, at, marks) > 0 || BLANK.test(line[at]!);
}

function readPair(line: string, from: number, marks: Marks): Pair | Misfit {
  const { equals, quotes } = marks;
  const quoted = quotes.includes(line[from]!) ? readQuoted(line, from) : undefined;
  if (quoted === null) return misfit('the quote is not closed', from);
  let at = quoted?.end ?? from;
  while (!quoted && at < line.length && !line.startsWith(equals, at) && separatorAt(line, at, marks) === 0) at++;
  const key = quoted?.value ?? line.slice(from, at).trim();
  if (key === '') return misfit(`a key is expected before ${equals}`, at);
  if (line.startsWith(equals, at)) return readValue(line, key, at + equals.length, marks);
  return mayEnd(line, at, marks)
    ? { key, value: true, end: at }
    : misfit(`${shown(key)} goes on behind its closing quote`, at);
}

function readValue(line: string, key: string, from: number, marks: Marks): Pair | Misfit {
  let at = from;
  // Where white space stands between pairs, white space behind the key ends the pair.
  while (!marks.isBlank && at < line.length && BLANK.test(line[at]!) && separatorAt(line, at, marks) === 0) at++;
  if (at < line.length && marks.quotes.includes(line[at]!)) return quotedValue(line, key, at, marks);
  const begin = at;
  while (at < line.length && separatorAt(line, at, marks) === 0) at++;
  return { key, value: line.slice(begin, at).trim(), end: at };
}

function quotedValue(line: string, key: string, at: number, marks: Marks): Pair | Misfit {
  const quoted = readQuoted(line, at);
  if (!quoted) return misfit(`the quote of ${shown(key)} is not closed`, at);
  const { value, end } = quoted;
  return mayEnd(line, end, marks)
    ? { key, value, end }
    : misfit(`the value of ${shown(key)} goes on behind its closing quote`, end);
}
