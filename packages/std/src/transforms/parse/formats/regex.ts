import { ConfigError, type Json, PathError, path } from '@tailrace/core';
import { compileRegex, type Regex, RegexError, type RegexMatch } from '../../../regex/regex.ts';
import { type Members, misfit, type ParseLine, place } from '../line.ts';

/** Where a group's text goes, and as what. */
interface Target {
  readonly group: number;
  readonly keys: readonly string[];
  readonly type: 'text' | 'int' | 'float';
}

interface Compiled {
  readonly regex: Regex;
  readonly targets: readonly Target[];
}

/** Named groups become members; patterns are tried in their order, each anywhere in the line. Throws {@link ConfigError}. */
export function regexFormat(patterns: readonly string[]): ParseLine {
  return byPatterns(patterns.map((pattern, k) => compile(pattern, k, pattern)));
}

/** Patterns by their expanded text, whose group names may end in `:int` or `:float`; messages show the text as it was written. */
export function typedRegexFormat(
  patterns: readonly { readonly written: string; readonly expanded: string }[],
): ParseLine {
  return byPatterns(patterns.map(({ written, expanded }, k) => compile(expanded, k, written)));
}

function byPatterns(compiled: readonly Compiled[]): ParseLine {
  return (line, members) => {
    for (const { regex, targets } of compiled) {
      const match = regex.exec(line);
      if (!match) continue;
      for (const target of targets) take(match, target, members);
      return null;
    }
    return misfit(compiled.length === 1 ? 'does not match the pattern' : 'matches none of the patterns');
  };
}

function take(match: RegexMatch, { group, keys, type }: Target, members: Members): void {
  const text = match[group];
  if (text === undefined) return;
  place(members, keys, type === 'text' ? text : numberOf(text, type));
}

/** The number when it is one that a double holds exactly enough; else the text, which the field file may make something of. */
function numberOf(text: string, type: 'int' | 'float'): Json {
  const value = Number(text);
  const isNumber =
    type === 'int'
      ? /^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)
      : text.trim() !== '' && Number.isFinite(value);
  return isNumber ? value : text;
}

function compile(pattern: string, k: number, written: string): Compiled {
  const at = ['patterns', k];
  const regex = compiledRegex(pattern, at, written === pattern ? '' : 'with its names put in, ');
  // Of groups with one name the first that took part counts: those that come later are taken before it.
  const targets = regex.names
    .flatMap((name, group) => (name === undefined ? [] : [targetOf(name, group, at)]))
    .reverse();
  if (targets.length === 0)
    throw new ConfigError(at, 'has no named group, so it says nothing: write (?<name>…), in grok %{NAME:name}');
  return { regex, targets };
}

function compiledRegex(pattern: string, at: (string | number)[], prefix: string): Regex {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) throw new ConfigError(at, `${prefix}${error.message}`);
    throw error;
  }
}

function targetOf(name: string, group: number, at: (string | number)[]): Target {
  const match = /^(.*?)(?::(int|float))?$/.exec(name)!;
  return { group, keys: keysOf(match[1]!, at), type: (match[2] as 'int' | 'float' | undefined) ?? 'text' };
}

/** The keys of a field path without array items. Throws {@link ConfigError}. */
export function keysOf(name: string, at: readonly (string | number)[]): readonly string[] {
  try {
    const { steps } = path(name);
    const keys = steps.filter((step) => typeof step === 'string');
    if (keys.length === steps.length) return keys;
  } catch (error) {
    if (error instanceof PathError) throw new ConfigError(at, error.message);
    throw error;
  }
  throw new ConfigError(at, `names an array item, which cannot be made: ${name}`);
}
