import type { Condition } from '../model.ts';

/** Says why something cannot be shown; it throws. */
export type Refuse = (reason: string) => never;

/** What conditions need to become a query: names as the events have them, and a way to refuse. */
export interface Names {
  readonly nameOf: (field: string) => string;
  readonly refuse: Refuse;
}

/**
 * Conditions that hold together, in the Kibana Query Language (elastic.co/docs/reference/query-languages/kql); empty for none.
 * Only `field:"v"`, `field:("a" or "b")`, `field:*`, `field:pre*`, ranges, `and` and `not` are written.
 */
export function kql(conditions: readonly Condition[], names: Names): string {
  return conditions.map((condition) => clause(condition, names)).join(' and ');
}

function clause(condition: Condition, { nameOf, refuse }: Names): string {
  const field = bareWord(nameOf(condition.field), refuse);
  if ('exists' in condition) return `${condition.exists ? '' : 'not '}${field}:*`;
  if ('is' in condition) return `${field}:${anyOf(condition.is, refuse)}`;
  if ('isNot' in condition) return `not ${field}:${anyOf(condition.isNot, refuse)}`;
  if ('startsWith' in condition) return `${field}:${prefix(condition.startsWith, refuse)}`;
  if ('startsNotWith' in condition) return `not ${field}:${prefix(condition.startsNotWith, refuse)}`;
  if ('atLeast' in condition) return `${field} >= ${finite(condition.atLeast, refuse)}`;
  return `${field} < ${finite(condition.below, refuse)}`;
}

/** The values of a condition as a list; none is refused, and so is the empty text: what they mean differs from target to target. */
export function valuesOf(
  is: Extract<Condition, { readonly is: unknown }>['is'],
  refuse: Refuse,
): readonly (string | number | boolean)[] {
  const values = typeof is === 'object' ? is : [is];
  if (values.includes('')) refuse('an empty text cannot be searched for');
  return values.length > 0 ? values : refuse('a condition without values holds for nothing');
}

function anyOf(is: Extract<Condition, { readonly is: unknown }>['is'], refuse: Refuse): string {
  const values = valuesOf(is, refuse).map((value) => quoted(String(value)));
  return values.length === 1 ? values.join('') : `(${values.join(' or ')})`;
}

/** Between quotes only the quote and the backslash are special. */
function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

// Outside of quotes these are special, and so are the words or, and, not.
const SPECIAL = /[\\():<>"*{}]/g;
const WORD = /^(or|and|not)$/i;

/** A text outside of quotes; white space would end it, or be searched for as several words. */
function bareWord(text: string, refuse: Refuse): string {
  if (text === '') return refuse('an empty text cannot be searched for');
  if (/\s/.test(text)) return refuse(`\`${text}\` has white space, which only whole values may have in KQL`);
  // A backslash in front would make another character of the first letter: \n is a line break.
  if (WORD.test(text)) return refuse(`\`${text}\` is a word of KQL itself`);
  return text.replace(SPECIAL, '\\$&');
}

/** Kibana gives a question mark on to Elasticsearch, where it stands for any character. */
function prefix(text: string, refuse: Refuse): string {
  if (text.includes('?')) return refuse(`the question mark in \`${text}\` would stand for any character`);
  return `${bareWord(text, refuse)}*`;
}

function finite(value: number, refuse: Refuse): string {
  return Number.isFinite(value) ? String(value) : refuse(`${value} is no number to compare with`);
}
