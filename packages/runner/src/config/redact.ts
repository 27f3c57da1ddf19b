import { Secret } from '@tailrace/core';
import type { Problem } from './problem.ts';

/** The problem without the secrets that were filled in: a plugin's message may repeat an option. */
export function redacted(problem: Problem, secrets: Iterable<string>): Problem {
  // The longest first: one secret may be a part of another.
  const longestFirst = [...secrets].flatMap(writtenForms).toSorted((a, b) => b.length - a.length);
  const hide = (text: string): string => longestFirst.reduce((all, secret) => all.replaceAll(secret, '***'), text);
  const { what, expected, near } = problem;
  return {
    ...problem,
    what: hide(what),
    expected: expected === undefined ? undefined : hide(expected),
    near: near === undefined ? undefined : hide(near),
  };
}

/** A secret as messages may show it: as it is, inside of a JSON text, inside of a URL. */
function writtenForms(secret: string): string[] {
  const url = new URL('http://host');
  url.password = secret;
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), url.password])];
}

/** The texts of all secrets in a resolved configuration. */
export function secretsIn(config: unknown): string[] {
  if (config instanceof Secret) return config.reveal() === '' ? [] : [config.reveal()];
  if (typeof config !== 'object' || config === null) return [];
  return Object.values(config).flatMap(secretsIn);
}
