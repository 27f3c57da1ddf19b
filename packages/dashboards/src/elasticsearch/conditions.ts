import type { Condition, Parameters } from '../model.ts';
import { fieldName } from '../parameters.ts';

/** A clause of Elasticsearch's query language. */
export type Clause = Readonly<Record<string, unknown>>;

/** Events that meet all conditions, as a `bool` query in filter context (Elasticsearch's Query DSL); without conditions all. */
export function queryOf(conditions: readonly Condition[], parameters: Parameters, ...more: readonly Clause[]): Clause {
  const clauses = conditions.map((condition) => clauseOf(condition, parameters));
  const filter = [...more, ...clauses.flatMap(({ must }) => must ?? [])];
  const mustNot = clauses.flatMap(({ not }) => not ?? []);
  if (filter.length + mustNot.length === 0) return { match_all: {} };
  return { bool: { ...(filter.length > 0 && { filter }), ...(mustNot.length > 0 && { must_not: mustNot }) } };
}

/** `not`: what must not be; it holds for events without the field, too. */
function clauseOf(condition: Condition, parameters: Parameters): { must?: Clause; not?: Clause } {
  const field = fieldName(condition.field, parameters);
  if ('is' in condition) return { must: oneOf(field, condition.is) };
  if ('isNot' in condition) return { not: oneOf(field, condition.isNot) };
  if ('exists' in condition) return condition.exists ? { must: { exists: { field } } } : { not: { exists: { field } } };
  if ('startsWith' in condition) return { must: { prefix: { [field]: { value: condition.startsWith } } } };
  if ('startsNotWith' in condition) return { not: { prefix: { [field]: { value: condition.startsNotWith } } } };
  if ('atLeast' in condition) return { must: { range: { [field]: { gte: condition.atLeast } } } };
  return { must: { range: { [field]: { lt: condition.below } } } };
}

function oneOf(field: string, is: string | number | boolean | readonly (string | number)[]): Clause {
  return typeof is === 'object' ? { terms: { [field]: is } } : { term: { [field]: { value: is } } };
}
