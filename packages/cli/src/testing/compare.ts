import { parseJson, printJson, sameJson } from '@tailrace/core';
import type { TestConfig } from '@tailrace/runner';
import type { Observed } from './run-test.ts';

/** One thing that is not as expected, as lines to compare. */
export interface Difference {
  /** `events`, `requests`, … */
  readonly of: string;
  readonly expected: readonly string[];
  readonly found: readonly string[];
}

/** Everything in which a run differs from what its test expects; empty: the test passes. */
export function differences({ test }: TestConfig, observed: Observed): Difference[] {
  const { match, events, requests, discarded, dead_letters: letters } = test.expect;
  const trim = match === 'contains' ? contained : (_: unknown, found: unknown): unknown => found;
  const result: Difference[] = [];
  const compare = (of: string, expected: readonly unknown[], found: readonly unknown[]): void => {
    if (!sameJson(expected, found))
      result.push({ of, expected: expected.flatMap(linesOf), found: found.flatMap(linesOf) });
  };
  if (events)
    compare(
      'events',
      events,
      observed.events.map((event, i) => trim(events[i], event)),
    );
  if (requests)
    compare(
      'requests',
      requests,
      observed.requests.map((body, i) => trim(requests[i], bodyLike(requests[i], body))),
    );
  if (discarded)
    compare(
      'discarded',
      discarded,
      observed.discarded.map((one, i) => about(discarded[i], one, trim)),
    );
  if (letters)
    compare(
      'dead letters',
      letters,
      observed.deadLetters.map((one, i) => about(letters[i], one, trim)),
    );
  if (observed.problems.length > 0) result.push({ of: 'problems of the run', expected: [], found: observed.problems });
  return result;
}

/** Of what is known about an event, the parts that the test names. */
function about(
  expected: unknown,
  found: Readonly<Record<string, unknown>>,
  trim: (e: unknown, f: unknown) => unknown,
): unknown {
  if (!isObject(expected)) return found;
  const named = Object.keys(found).filter((key) => key in expected);
  return Object.fromEntries(named.map((key) => [key, key === 'event' ? trim(expected[key], found[key]) : found[key]]));
}

/** A body as the test writes it: as text, as the one JSON value it is, or as the JSON values of its lines. */
function bodyLike(expected: unknown, body: string): unknown {
  if (typeof expected === 'string') return body;
  try {
    const values = body
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => parseJson(line));
    const isOne = values.length === 1 && Array.isArray(expected) === Array.isArray(values[0]);
    return isOne ? values[0] : values;
  } catch {
    return body;
  }
}

/** The members of `found` that `expected` has too, at every depth. */
function contained(expected: unknown, found: unknown): unknown {
  if (Array.isArray(expected) && Array.isArray(found)) return found.map((item, i) => contained(expected[i], item));
  if (!isObject(expected) || !isObject(found)) return found;
  const shared = Object.keys(found).filter((key) => Object.hasOwn(expected, key));
  return Object.fromEntries(shared.map((key) => [key, contained(expected[key], found[key])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as lines, keys in alphabetical order so that only real differences show. */
function linesOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split('\n');
  return write(value, '');
}

function write(value: unknown, indent: string): string[] {
  const deeper = `${indent}  `;
  if (Array.isArray(value) && value.length > 0) {
    return [`${indent}[`, ...value.flatMap((item) => write(item, deeper)), `${indent}]`];
  }
  if (!isObject(value) || Object.keys(value).length === 0) return [`${indent}${printJson(value)}`];
  const members = Object.keys(value)
    .toSorted()
    .flatMap((key) => {
      const [first = '', ...rest] = write(value[key], deeper);
      return [`${deeper}${JSON.stringify(key)}: ${first.trimStart()}`, ...rest];
    });
  return [`${indent}{`, ...members, `${indent}}`];
}
