import { compileRegex, type Regex, RegexError } from '../../regex/regex.ts';
import type { Reading } from './clock.ts';
import { UTC, zoneWritten } from './zone.ts';

/** A pattern that cannot be used. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** What the directives of a pattern found; what none of them says stays as it begins. */
interface Parts extends Reading {
  readonly isAfternoon: boolean | null;
  readonly epoch: number | null;
}

/** How a directive is written, and what it says; `null`: nothing that exists. */
interface Directive {
  readonly source: string;
  read?(text: string): Partial<Parts> | null;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_NAMES =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';
const DAY_NAMES = 'mon(?:day)?|tues?(?:day)?|wed(?:nesday)?|thu(?:rs)?(?:day)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?';

function number(source: string, said: (value: number) => Partial<Parts>): Directive {
  return { source, read: (text) => said(Number(text)) };
}

const month: Directive = {
  source: MONTH_NAMES,
  read: (text) => ({ month: MONTHS.indexOf(text.slice(0, 3).toLowerCase()) + 1 }),
};
const dayName: Directive = { source: DAY_NAMES };
const day = number('[ ]?\\d{1,2}', (value) => ({ day: value }));
const hour = number('[ ]?\\d{1,2}', (value) => ({ hour: value }));
const hour12: Directive = {
  source: '[ ]?\\d{1,2}',
  read: (text) => (Number(text) >= 1 && Number(text) <= 12 ? { hour: Number(text) % 12 } : null),
};
const half: Directive = { source: '[ap]\\.?m\\.?', read: (text) => ({ isAfternoon: /^p/i.test(text) }) };
const fraction: Directive = {
  source: '\\d+',
  read: (text) => ({ nanos: Number(text.slice(0, 9).padEnd(9, '0')) }),
};
const zone: Directive = {
  source: '[+-]\\d\\d(?::?\\d\\d)?|[a-z][\\w+/-]*',
  read(text) {
    const found = zoneWritten(text);
    return found && { zone: found };
  },
};

/** By the letters of strptime (IEEE 1003.1) and of GNU date, where these agree. */
const DIRECTIVES: Readonly<Record<string, Directive>> = {
  ...{ a: dayName, A: dayName, b: month, B: month, h: month, d: day, e: day },
  ...{
    H: hour,
    k: hour,
    I: hour12,
    l: hour12,
    p: half,
    P: half,
    f: fraction,
    N: fraction,
    L: fraction,
    z: zone,
    Z: zone,
  },
  Y: number('\\d{4}', (value) => ({ year: value })),
  // Two digits are a year from 1969 to 2068, as in strptime.
  y: number('\\d\\d', (value) => ({ year: value + (value < 69 ? 2000 : 1900) })),
  m: number('\\d{1,2}', (value) => ({ month: value })),
  j: number('\\d{1,3}', (value) => ({ dayOfYear: value })),
  M: number('\\d{1,2}', (value) => ({ minute: value })),
  S: number('\\d{1,2}', (value) => ({ second: value })),
  s: number('\\d{1,12}', (value) => ({ epoch: value })),
};

const SHORT: Readonly<Record<string, string>> = {
  T: '%H:%M:%S',
  R: '%H:%M',
  F: '%Y-%m-%d',
  D: '%m/%d/%y',
  n: ' ',
  t: ' ',
};

/**
 * Compiles a pattern with the directives of strptime; white space stands for any amount of it, letters are alike large and small.
 * Throws a {@link PatternError}.
 */
export function compilePattern(pattern: string): (text: string) => Reading | null {
  const used: Directive[] = [];
  const letters = new Set<string>();
  let source = '';
  for (const token of tokensOf(pattern)) {
    if (token.directive === null) {
      source += token.literal.trim() === '' ? '\\s+' : token.literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      continue;
    }
    letters.add(token.directive);
    used.push(DIRECTIVES[token.directive]!);
    source += `(${DIRECTIVES[token.directive]!.source})`;
  }
  demandDay(letters);
  const whole = linear(`^(?:${source})$`);
  return (text) => {
    const match = whole.exec(text);
    if (!match) return null;
    let parts = EMPTY;
    for (const [k, { read }] of used.entries()) {
      const said = read ? read(match[k + 1]!) : {};
      if (!said) return null;
      parts = { ...parts, ...said };
    }
    return readingOf(parts);
  };
}

/** Patterns are the user's: some that repeat a directive could hang on a text if it were gone back over. */
function linear(source: string): Regex {
  try {
    return compileRegex(source, 'i');
  } catch (error) {
    if (error instanceof RegexError) throw new PatternError(`cannot be read: ${error.message}`);
    throw error;
  }
}

interface Token {
  /** `null`: the literal stands for itself. */
  readonly directive: string | null;
  readonly literal: string;
}

function* tokensOf(pattern: string): Generator<Token> {
  for (const [text, width, letter] of pattern.matchAll(/%([369]?)([\s\S]?)|\s+|[^%\s]+/g)) {
    const short = width === '' ? SHORT[letter!] : undefined;
    if (letter === undefined) yield { directive: null, literal: text };
    else if (text === '%%') yield { directive: null, literal: '%' };
    else if (short !== undefined) yield* tokensOf(short);
    else if (!Object.hasOwn(DIRECTIVES, letter) || (width !== '' && letter !== 'N')) throw unknownDirective(text);
    else yield { directive: letter, literal: '' };
  }
}

function unknownDirective(text: string): PatternError {
  const known = [...Object.keys(DIRECTIVES), ...Object.keys(SHORT), '%'].map((letter) => `%${letter}`).join(' ');
  return new PatternError(`has ${text}, which is no directive: those are ${known}`);
}

function demandDay(letters: ReadonlySet<string>): void {
  const has = (...some: readonly string[]): boolean => some.some((letter) => letters.has(letter));
  if (has('I', 'l') !== has('p', 'P')) throw new PatternError('needs both %I and %p, or %H alone');
  if (has('s', 'j') || (has('m', 'b', 'B', 'h') && has('d', 'e'))) return;
  throw new PatternError(
    'names no day: it needs a month (%m or %b) and a day (%d), a day of the year (%j), or seconds (%s)',
  );
}

const EMPTY: Parts = {
  ...{ year: null, month: 1, day: 1, dayOfYear: null, hour: 0, isAfternoon: null, minute: 0, second: 0, nanos: 0 },
  ...{ epoch: null, zone: null },
};

function readingOf(parts: Parts): Reading {
  const { epoch, isAfternoon } = parts;
  if (epoch !== null) return epochReading(epoch, parts.nanos);
  return isAfternoon ? { ...parts, hour: parts.hour + 12 } : parts;
}

/** Seconds since 1970 say all but the fraction. */
function epochReading(seconds: number, nanos: number): Reading {
  const date = new Date(seconds * 1000);
  return {
    ...{ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), dayOfYear: null },
    ...{ hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds(), nanos, zone: UTC },
  };
}
