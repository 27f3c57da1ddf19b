import { ConfigError } from '@tailrace/core';
import { compileRegex, type Regex, RegexError } from '../../regex/regex.ts';
import type { LeafEdit } from './leaves.ts';
import type { ActionOptions } from './options.ts';

const SURROGATE = /[\ud800-\udfff]/;

/** Puts a character in the place of those that are not kept; `at` is the way to the options. */
export function maskEdit(options: ActionOptions<'mask'>, at: readonly (string | number)[]): LeafEdit {
  const { keep_first: first, keep_last: last, character, pattern } = options;
  if ([...character].length !== 1)
    throw new ConfigError([...at, 'character'], `must be one character, is ${character}`);
  const hide = (text: string): string => {
    const characters: string | readonly string[] = SURROGATE.test(text) ? [...text] : text;
    const hidden = characters.length - first - last;
    if (hidden <= 0) return character.repeat(characters.length);
    const kept = (from: number, to: number): string =>
      typeof characters === 'string' ? characters.slice(from, to) : characters.slice(from, to).join('');
    return kept(0, first) + character.repeat(hidden) + kept(first + hidden, characters.length);
  };
  if (pattern === undefined) return ({ value }) => hide(value);
  const regex = regexOf(pattern, [...at, 'pattern']);
  return ({ value }) => hideMatches(value, regex, hide, character);
}

function regexOf(pattern: string, at: readonly (string | number)[]): Regex {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) throw new ConfigError(at, error.message);
    throw error;
  }
}

/** Matches after which time is looked at: in a short text 16 of them take none to speak of. */
const matchesBetween = (length: number): number => (length > 4096 ? 1 : 16);

/** The text with its matches hidden; `null` when there are none. */
function hideMatches(text: string, regex: Regex, hide: (match: string) => string, character: string): string | null {
  let masked = '';
  let at = 0;
  let found = 0;
  const between = matchesBetween(text.length);
  let isOverdue = (): boolean => false;
  for (const match of regex.all(text)) {
    found++;
    if (found === between) isOverdue = stopwatch(text.length);
    // There are patterns for which each match needs a look at all the text: rather hide too much than stand still, or too little.
    if (found % between === 0 && isOverdue()) return masked + character.repeat(text.length - at);
    masked += text.slice(at, match.index) + hide(match[0]!);
    at = match.index + match[0]!.length;
  }
  return found === 0 ? null : masked + text.slice(at);
}

/** Whether more CPU time was spent than the slowest engine needs for a text several times as long. */
function stopwatch(length: number): () => boolean {
  const usage = process.threadCpuUsage ?? process.cpuUsage;
  const before = usage();
  const limit = 50_000 + 2 * length;
  return () => {
    const { user, system } = usage(before);
    return user + system > limit;
  };
}
