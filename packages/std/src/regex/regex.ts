import { type Engine, type RegexMatch, re2Engine, v8Engine } from './engines.ts';
import { MAX_REPEAT, parsePattern } from './parse-pattern.ts';
import { printForRe2, printForV8 } from './print-pattern.ts';
import { type Pattern, RegexError } from './syntax.ts';

/** A pattern of a user: no text can make it hang. */
export interface Regex extends Engine {
  /** The name of capturing group k at `names[k]`, whatever it is made of; group 0 is the whole match. */
  readonly names: readonly (string | undefined)[];
}

/**
 * Compiles a user's pattern: JavaScript's syntax without look-around and references to earlier groups, and with `(?i)`, `(?s)`, `(?m)`,
 * `(?P<name>…)`, `\A`, `\z`, `\p{L}` and `[[:alpha:]]`; `.` is any character but a line feed. `flags` are of i, m and s. Throws
 * {@link RegexError}, with the column.
 */
export function compileRegex(pattern: string, flags = ''): Regex {
  const parsed = parsePattern(pattern, flags);
  const v8Source = printForV8(parsed);
  const quick = v8Source === null ? null : v8Engine(v8Source, parsed.multiline, isAnchored(parsed));
  const engine = quick ?? slowEngine(printForRe2(parsed));
  return { ...engine, names: parsed.names };
}

/** Whether the pattern matches at the beginning of a text or nowhere. */
function isAnchored({ tokens, multiline }: Pattern): boolean {
  const [first] = tokens;
  if (first?.kind !== 'assert' || !(first.what === 'text_start' || (first.what === 'start' && !multiline)))
    return false;
  let depth = 0;
  for (const { kind } of tokens) {
    if (kind === 'open') depth++;
    else if (kind === 'close') depth--;
    else if (kind === 'or' && depth === 0) return false;
  }
  return true;
}

function slowEngine(source: string): Engine {
  try {
    return re2Engine(source);
  } catch (error) {
    const message = (error as Error).message;
    if (/repeat count/.test(message)) {
      throw new RegexError(1, `repeats inside repeats count to more than ${MAX_REPEAT}: lower their bounds`);
    }
    throw new RegexError(1, `the pattern cannot be compiled (${message})`);
  }
}

export { RegexError, type RegexMatch };
