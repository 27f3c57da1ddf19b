import type { Condition, Dashboard, Parameters, Variable } from '../model.ts';
import { fieldName } from '../parameters.ts';

/**
 * Conditions that all hold, as a query of Elasticsearch's `query_string`, in which words without an operator are alternatives.
 * https://www.elastic.co/guide/en/elasticsearch/reference/8.19/query-dsl-query-string-query.html#query-string-syntax
 */
export function luceneOf(
  conditions: readonly Condition[],
  parameters: Parameters,
  variables: readonly string[],
): string {
  const clauses = conditions.map((condition) => clauseOf(condition, parameters));
  const positive = [...clauses.filter((clause) => !clause.startsWith('NOT ')), ...variables];
  const negative = clauses.filter((clause) => clause.startsWith('NOT '));
  // A query of exclusions alone needs something to exclude from.
  const base = positive.length === 0 && negative.length > 0 ? ['*:*'] : positive;
  return [...base, ...negative].join(' AND ') || '*';
}

/** The clauses by which what a viewer chose narrows a query; `allValue` of the variables lets everything through. */
export function variableClauses(variables: readonly Variable[], parameters: Parameters): string[] {
  return variables.flatMap(({ name, field }) =>
    field === undefined ? [] : [`(${luceneTerm(fieldName(field, parameters))}:\${${name}:lucene})`],
  );
}

/** For "All" of a variable: also events without the field. It stands behind the field's name, in brackets. */
export const EVERYTHING = '* OR *:*';

/** The base conditions of a dashboard, as each of its queries has them. */
export function baseOf({ base }: Dashboard, where: readonly Condition[]): readonly Condition[] {
  return [...base, ...where];
}

/** A text in double quotes. */
export function luceneString(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replace(/[$[]/g, escapeUnit);
  return `"${escaped}"`;
}

/** A text as one bare word, in which nothing has a meaning of its own. */
export function luceneTerm(text: string): string {
  return text.replace(/[$[]|[^\p{L}\p{N}_.@]/gu, (character) =>
    /[$[\p{Cc}]/u.test(character) ? escapeUnit(character) : `\\${character}`,
  );
}

/** `$` and `[[` begin variables of Grafana; Lucene reads `\uXXXX` as the character. */
function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function clauseOf(condition: Condition, parameters: Parameters): string {
  const name = fieldName(condition.field, parameters);
  const field = luceneTerm(name);
  if ('is' in condition) return `${field}:${anyOf(condition.is)}`;
  if ('isNot' in condition) return `NOT ${field}:${anyOf(condition.isNot)}`;
  if ('exists' in condition) return `${condition.exists ? '' : 'NOT '}_exists_:${field}`;
  if ('startsWith' in condition) return `${field}:${luceneTerm(condition.startsWith)}*`;
  if ('startsNotWith' in condition) return `NOT ${field}:${luceneTerm(condition.startsNotWith)}*`;
  if ('atLeast' in condition) return `${field}:["${condition.atLeast}" TO *]`;
  return `${field}:[* TO "${condition.below}"}`;
}

function anyOf(values: string | number | boolean | readonly (string | number)[]): string {
  if (typeof values !== 'object') return luceneString(String(values));
  const texts = values.map((value) => luceneString(String(value)));
  return texts.length === 1 ? texts.join('') : `(${texts.join(' OR ')})`;
}
