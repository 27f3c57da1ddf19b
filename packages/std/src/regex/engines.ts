import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type { RE2JS } from 're2js';
import type { V8Source } from './print-pattern.ts';

/** The groups of a match: the whole at 0, then each group in the order of its opening bracket, `undefined` where it took no part. */
export interface RegexMatch extends ReadonlyArray<string | undefined> {
  /** Where the match begins in the text, in UTF-16 units. */
  readonly index: number;
}

/**
 * A compiled pattern. Its time grows with the length of the text, never with a power of it. It takes whole characters; half of a pair alone
 * is U+FFFD to it, since UTF-8 has no other form for it.
 */
export interface Engine {
  readonly engine: 'v8' | 're2js';
  test(text: string): boolean;
  /** The first match, leftmost and then by the pattern's own preference; `null` when there is none. */
  exec(text: string): RegexMatch | null;
  /** All matches, one behind the other. Each is found in linear time; that of all together can grow with the square of the length. */
  all(text: string): Iterable<RegexMatch>;
}

let v8IsLinear: boolean | undefined;

/** Times that V8 may go back in a search before it begins anew on its linear engine. Between two of them it may pass over all the text. */
const BACKTRACKS = 2000;
/** UTF-16 units of the longest text that is tried on the backtracking engine: what it may waste is this times the above. */
const LONGEST_TRIED = 16_384;

const HALF_OF_A_PAIR = /[\ud800-\udfff]/;

/**
 * The pattern on V8's backtracking engine, which hands a text on to its linear engine when it has gone back too often. `null` when this
 * V8 cannot do that, or not for this pattern. `anchored`: it matches at the beginning of a text or nowhere.
 */
export function v8Engine({ plain, paired }: V8Source, multiline: boolean, anchored: boolean): Engine | null {
  v8IsLinear ??= probeV8();
  if (!v8IsLinear) return null;
  const flags = multiline ? 'my' : 'y';
  const ofPlain = unitEngine(plain, flags, anchored);
  if (!ofPlain || paired === plain) return ofPlain;
  const ofPairs = unitEngine(paired, flags, anchored);
  // To keep pairs together takes twice the time, to look for one almost none.
  return (
    ofPairs && {
      engine: 'v8',
      test: (text) => (HALF_OF_A_PAIR.test(text) ? ofPairs.test(text.toWellFormed()) : ofPlain.test(text)),
      exec: (text) => (HALF_OF_A_PAIR.test(text) ? ofPairs.exec(text.toWellFormed()) : ofPlain.exec(text)),
      all: (text) => (HALF_OF_A_PAIR.test(text) ? ofPairs.all(text.toWellFormed()) : ofPlain.all(text)),
    }
  );
}

/** The pattern, for texts of whose pairs it takes no half. */
function unitEngine(source: string, flags: string, anchored: boolean): Engine | null {
  // The search that V8 adds to a pattern by itself is written out: V8 keeps patterns with the limits that they were first compiled with, and
  // this one nobody compiled before the flags were set.
  const search = anchored ? `(${source})` : `[^]*?(${source})`;
  // Only for patterns that the linear engine can run is there a way on; the flag l asks that question and no other.
  if (!compiles(search, `${flags}l`)) return null;
  let quick: RegExp | undefined = new RegExp(search, flags);
  let linear: RegExp | undefined;
  const searchFrom = (text: string, from: number): RegexMatch | null => {
    let match = quick && text.length <= LONGEST_TRIED ? tryQuick(quick, text, from) : OVERFLOW;
    if (match === TOO_LARGE) quick = undefined;
    if (match === OVERFLOW || match === TOO_LARGE) {
      linear ??= new RegExp(search, `${flags}l`);
      linear.lastIndex = from;
      match = linear.exec(text);
    }
    return match && withoutSearch(match);
  };
  const exec = (text: string, from = 0): RegexMatch | null => {
    let match = searchFrom(text, from);
    // Only an empty match can stand between the halves of a pair, where no character begins.
    while (match?.[0] === '' && isInsidePair(text, match.index)) match = searchFrom(text, match.index + 1);
    return match;
  };
  return {
    engine: 'v8',
    test: (text) => exec(text) !== null,
    exec: (text) => exec(text),
    *all(text) {
      for (let from = 0; from <= text.length; ) {
        const match = exec(text, from);
        if (!match) return;
        yield match;
        from = match.index + (match[0]!.length || 1);
      }
    },
  };
}

function isInsidePair(text: string, at: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(at - 1, at + 1));
}

const OVERFLOW = Symbol('overflow');
const TOO_LARGE = Symbol('too large');

/**
 * A sticky search; with hundreds of groups it can need more memory to go back than V8 has for that. A pattern that is too large for V8's
 * compiler is found out here too, since V8 compiles at the first search.
 */
function tryQuick(
  regex: RegExp,
  text: string,
  from: number,
): RegExpExecArray | null | typeof OVERFLOW | typeof TOO_LARGE {
  regex.lastIndex = from;
  try {
    return regex.exec(text);
  } catch (error) {
    if (error instanceof RangeError) return OVERFLOW;
    if (error instanceof SyntaxError) return TOO_LARGE;
    throw error;
  }
}

/** Makes the match of the search that of the pattern within it: a copy would cost a third of a short search. */
function withoutSearch(match: RegExpExecArray): RegexMatch {
  match.index += match[0].length - match[1]!.length;
  match.shift();
  return match;
}

/** The pattern on the engine in plain JavaScript that is always linear, and ten to fifty times slower. Throws what it refuses. */
export function re2Engine(source: string): Engine {
  // Loading it takes milliseconds, and most pipelines never need it.
  const { RE2JS: engine } = createRequire(import.meta.url)('re2js') as { RE2JS: typeof RE2JS };
  const regex = engine.compile(source);
  return {
    engine: 're2js',
    test: (text) => regex.test(text.toWellFormed()),
    exec(text) {
      const matcher = regex.matcher(text.toWellFormed());
      return matcher.find() ? groupsOf(matcher) : null;
    },
    *all(text) {
      const matcher = regex.matcher(text.toWellFormed());
      while (matcher.find()) yield groupsOf(matcher);
    },
  };
}

function groupsOf(matcher: ReturnType<RE2JS['matcher']>): RegexMatch {
  const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, k) => matcher.group(k) ?? undefined);
  return Object.assign(groups, { index: matcher.start() });
}

function compiles(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch {
    return false;
  }
}

/** Switches the way on from backtracking to linear on, for the whole process, and looks whether it works here. */
function probeV8(): boolean {
  setFlagsFromString('--enable-experimental-regexp-engine');
  if (!compiles('a', 'l')) return false;
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  setFlagsFromString(`--regexp-backtracks-before-fallback=${BACKTRACKS}`);
  // Backtracking alone needs a second or so for this, and with the way on some milliseconds. Nobody may have compiled the pattern
  // before: V8 keeps patterns with the limits that they were compiled with.
  const evil = /^(?:(?:z+)+)$/;
  const text = `${'z'.repeat(27)}!`;
  return (
    Math.min(
      spent(() => evil.test(text)),
      spent(() => evil.test(text)),
    ) < 100
  );
}

/** CPU milliseconds; of this thread alone where Node can tell (from 23.9). */
function spent(run: () => unknown): number {
  const usage = process.threadCpuUsage ?? process.cpuUsage;
  const before = usage();
  run();
  const { user, system } = usage(before);
  return (user + system) / 1000;
}
