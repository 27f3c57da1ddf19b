import { readClass } from './char-class.ts';
import { readEscape } from './escape.ts';
import { PatternReader } from './reader.ts';
import { type CharClass, foldCase, type Pattern, RegexError, type Token } from './syntax.ts';

/** Most characters of a pattern, groups of it, and levels of groups inside groups. */
const MAX_PATTERN = 32_768;
const MAX_GROUPS = 500;
const MAX_DEPTH = 100;
/** Most repetitions that a counted repeat may ask for, those of the repeats around it multiplied in (the bound of RE2). */
export const MAX_REPEAT = 1000;

const REPEATS: ReadonlyMap<string, readonly [min: number, max: number]> = new Map([
  ['*', [0, Number.POSITIVE_INFINITY]],
  ['+', [1, Number.POSITIVE_INFINITY]],
  ['?', [0, 1]],
]);
const ASSERTIONS: ReadonlyMap<string, 'start' | 'end'> = new Map([
  ['^', 'start'],
  ['$', 'end'],
]);
const ANY: CharClass = { negated: false, ranges: [[0, 0x10ffff]], properties: [] };
const ANY_BUT_LINE_FEED: CharClass = { negated: true, ranges: [[0xa, 0xa]], properties: [] };

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
}

interface Group {
  readonly column: number;
  readonly outer: Flags;
}

/** Reads a pattern; `flags` are of i, m and s. Throws {@link RegexError}. */
export function parsePattern(text: string, flags: string): Pattern {
  if (text.length > MAX_PATTERN) {
    throw new RegexError(MAX_PATTERN + 1, `the pattern is longer than ${MAX_PATTERN} characters`);
  }
  // YAML can write half of a character of two units, which would be found in whole ones.
  return new PatternParser(text.toWellFormed(), flags).parse();
}

class PatternParser {
  readonly #reader: PatternReader;
  readonly #tokens: Token[] = [];
  readonly #names: (string | undefined)[] = [undefined];
  readonly #groups: Group[] = [];
  #flags: Flags;
  #multiline: boolean;
  /** Whether what was read last can be repeated. */
  #repeatable = false;

  constructor(text: string, flags: string) {
    this.#reader = new PatternReader(text);
    const unknown = /[^ims]/.exec(flags);
    if (unknown) this.#reader.fail(`there is no flag ${unknown[0]}; there are i, m and s`);
    this.#flags = { ignoreCase: flags.includes('i'), dotAll: flags.includes('s') };
    this.#multiline = flags.includes('m');
  }

  parse(): Pattern {
    while (!this.#reader.ended) this.#readToken();
    const open = this.#groups.at(-1);
    if (open) this.#reader.fail('the group is not closed: ) is missing', open.column);
    return { tokens: this.#tokens, names: this.#names, multiline: this.#multiline };
  }

  #readToken(): void {
    const column = this.#reader.column;
    const char = this.#reader.next();
    const bounds = REPEATS.get(char);
    const what = ASSERTIONS.get(char);
    if (bounds) this.#repeat(...bounds, column);
    else if (what) this.#add({ kind: 'assert', what }, false);
    else if (char === '\\') this.#readEscape(column);
    else if (char === '[') this.#class(readClass(this.#reader, column, this.#flags.ignoreCase));
    else if (char === '.') this.#class(this.#flags.dotAll ? ANY : ANY_BUT_LINE_FEED);
    else if (char === '(') this.#open(column);
    else if (char === ')') this.#close(column);
    else if (char === '|') this.#add({ kind: 'or' }, false);
    else if (char === '{') this.#readCount(column);
    else this.#literal(char.codePointAt(0)!);
  }

  #add(token: Token, repeatable: boolean): void {
    this.#tokens.push(token);
    this.#repeatable = repeatable;
  }

  #class(of: CharClass): void {
    this.#add({ kind: 'class', of }, true);
  }

  #literal(codePoint: number): void {
    const ranges = this.#flags.ignoreCase ? foldCase([[codePoint, codePoint]]) : [];
    const isOne = ranges.length === 0 || (ranges.length === 1 && ranges[0]![0] === ranges[0]![1]);
    if (isOne) this.#add({ kind: 'literal', codePoint }, true);
    else this.#class({ negated: false, ranges, properties: [] });
  }

  #readEscape(column: number): void {
    const escaped = readEscape(this.#reader, column);
    if (escaped.kind === 'assert') this.#add(escaped, false);
    else if (escaped.kind === 'char') this.#literal(escaped.codePoint);
    else if (escaped.kind === 'ranges') this.#class({ negated: false, ranges: escaped.ranges, properties: [] });
    else this.#class({ negated: false, ranges: [], properties: [escaped.text] });
  }

  #readCount(column: number): void {
    const match = this.#reader.match(/^(\d{1,9})(?:(,)(\d{0,9}))?\}/);
    if (!match) {
      if (this.#reader.match(/^,\d+\}/)) this.#reader.fail('a repeat without a lower bound: write {0,…}', column);
      this.#literal(0x7b);
      return;
    }
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (max < min) this.#reader.fail('the repeat’s bounds are the wrong way round', column);
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY))
      this.#reader.fail(`a repeat counts to ${MAX_REPEAT} at most`, column);
    this.#repeat(min, max, column);
  }

  #repeat(min: number, max: number, column: number): void {
    if (!this.#repeatable) this.#reader.fail(this.#whyNotRepeatable(), column);
    if (this.#reader.peek() === '+') {
      this.#reader.fail('a possessive repeat cannot be matched in linear time: leave out the second +');
    }
    this.#add({ kind: 'repeat', min, max, lazy: this.#reader.take('?') }, false);
  }

  #whyNotRepeatable(): string {
    const last = this.#tokens.at(-1)?.kind;
    if (last === 'repeat') return 'a repeat of a repeat: put the inner one into (?:…)';
    return 'there is nothing to repeat: write a backslash in front of the character to mean it';
  }

  #open(column: number): void {
    if (this.#groups.length >= MAX_DEPTH) this.#reader.fail(`groups are nested deeper than ${MAX_DEPTH}`, column);
    const outer = this.#flags;
    const captures = this.#readGroupHead(column);
    // Flags that end at once hold for the rest of the group that they stand in.
    if (captures === null) return;
    this.#groups.push({ column, outer });
    this.#add({ kind: 'open', captures }, false);
  }

  /** Whether the group captures; `null`: it was flags alone. */
  #readGroupHead(column: number): boolean | null {
    const reader = this.#reader;
    if (!reader.take('?')) {
      this.#name(undefined, column);
      return true;
    }
    if (reader.take(':')) return false;
    const lookaround = reader.match(/^<?[=!]/);
    if (lookaround) reader.fail(`a look-around (?${lookaround[0]} cannot be matched in linear time`, column);
    if (reader.peek() === '>') reader.fail('an atomic group (?> cannot be matched in linear time: write (?:', column);
    const named = reader.match(/^P?<([^<>]{1,100})>/) ?? reader.match(/^'([^']{1,100})'/);
    if (named) {
      this.#name(named[1], column);
      return true;
    }
    return this.#readFlags(column);
  }

  #name(name: string | undefined, column: number): void {
    this.#names.push(name);
    if (this.#names.length > MAX_GROUPS + 1)
      this.#reader.fail(`more than ${MAX_GROUPS} capturing groups: write (?: for those without a name`, column);
  }

  #readFlags(column: number): false | null {
    const match = this.#reader.match(/^([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/);
    if (!match) this.#reader.fail('an unknown kind of group: there are (…), (?:…), (?<name>…) and (?i)', column);
    const [, on = '', off = '', end] = match;
    const unknown = /[^ims]/.exec(on + off);
    if (unknown) this.#reader.fail(`there is no flag ${unknown[0]}; there are i, m and s`, column);
    if (`${on}${off}`.includes('m')) this.#setMultiline(on, column);
    const { ignoreCase, dotAll } = this.#flags;
    const flags = {
      ignoreCase: (ignoreCase || on.includes('i')) && !off.includes('i'),
      dotAll: (dotAll || on.includes('s')) && !off.includes('s'),
    };
    if (end === ')') {
      this.#flags = flags;
      this.#repeatable = false;
      return null;
    }
    // `#open` keeps the flags around the group.
    this.#flags = flags;
    return false;
  }

  #setMultiline(on: string, column: number): void {
    if (!on.includes('m') || this.#tokens.length > 0)
      this.#reader.fail('the flag m holds for the whole pattern: write (?m) at its start', column);
    this.#multiline = true;
  }

  #close(column: number): void {
    const group = this.#groups.pop();
    if (!group) this.#reader.fail('no group is open here: write \\) for a bracket', column);
    this.#flags = group.outer;
    this.#add({ kind: 'close' }, true);
  }
}
