import { Secret } from '@tailrace/core';
import type { Problem } from './problem.ts';

/** The problem without the secrets that were filled in: a plugin's message may repeat an option. */
export function redacted(problem: Problem, secrets: Iterable<string>): Problem {
  // The longest first: one secret may be a part of another.
  const longestFirst = [...secrets].toSorted((a, b) => b.length - a.length);
  const hide = (text: string): string => longestFirst.reduce((all, secret) => all.replaceAll(secret, '***'), text);
  const { what, expected, near } = problem;
  return {
    ...problem,
    what: hide(what),
    expected: expected === undefined ? undefined : hide(expected),
    near: near === undefined ? undefined : hide(near),
  };
}

/** The texts of all secrets in a resolved configuration. */
export function secretsIn(config: unknown): string[] {
  if (config instanceof Secret) return config.reveal() === '' ? [] : [config.reveal()];
  if (typeof config !== 'object' || config === null) return [];
  return Object.values(config).flatMap(secretsIn);
}
