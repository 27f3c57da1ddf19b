import { ConfigError, nearestHint } from '@tailrace/core';
import type { ParseLine } from '../line.ts';
import { GROK_PATTERNS } from './grok-patterns.ts';
import { typedRegexFormat } from './regex.ts';

/** How deep names may stand for names, and how long a pattern may become. */
const MAX_DEPTH = 50;
const MAX_EXPANDED = 32_768;
const REFERENCE = /%\{([A-Za-z_]\w*)(?::([^:{}]+))?(?::([^:{}]*))?\}/g;

/** Patterns with names: `%{IP:client}`, `%{NUMBER:bytes:int}`. `definitions` come before the names that are known. Throws {@link ConfigError}. */
export function grokFormat(patterns: readonly string[], definitions: Readonly<Record<string, string>>): ParseLine {
  const known = new Map([...Object.entries(GROK_PATTERNS), ...Object.entries(definitions)]);
  // A definition that no pattern uses should not be wrong either.
  for (const name of Object.keys(definitions)) expand(`%{${name}}`, known, ['definitions', name]);
  return typedRegexFormat(
    patterns.map((written, k) => ({ written, expanded: expand(written, known, ['patterns', k]) })),
  );
}

function expand(pattern: string, known: ReadonlyMap<string, string>, at: readonly (string | number)[]): string {
  const expandIn = (text: string, within: readonly string[]): string => {
    const expanded = text.replace(REFERENCE, (_whole, name: string, field?: string, type?: string) => {
      const inner = known.get(name);
      if (inner === undefined)
        throw new ConfigError(
          at,
          `there is no pattern ${name}: add it to definitions${nearestHint(name, [...known.keys()])}`,
        );
      if (within.includes(name))
        throw new ConfigError(at, `${name} stands for itself: ${[...within, name].join(' → ')}`);
      if (within.length > MAX_DEPTH) throw new ConfigError(at, `names stand for names more than ${MAX_DEPTH} deep`);
      return `(${groupHead(field, type, at)}${expandIn(inner, [...within, name])})`;
    });
    if (expanded.length > MAX_EXPANDED)
      throw new ConfigError(at, `becomes longer than ${MAX_EXPANDED} characters when its names are put in`);
    return expanded;
  };
  return expandIn(pattern, []);
}

function groupHead(field: string | undefined, type: string | undefined, at: readonly (string | number)[]): string {
  if (type !== undefined && type !== 'int' && type !== 'float')
    throw new ConfigError(
      at,
      `${field} becomes a number as int or float, not as ${type}; other types come from the field file`,
    );
  if (field === undefined) return '?:';
  return type === undefined ? `?<${field}>` : `?<${field}:${type}>`;
}
