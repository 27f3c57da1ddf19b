import type { Condition } from '../model.ts';
import { type Names, valuesOf } from './kql.ts';
import { DATA_VIEW_TYPE, type JsonObject, type Reference } from './saved-object.ts';

/** Filters of a whole dashboard, which a viewer sees as pills and can switch off, and what they refer to. */
export interface Filters {
  readonly filters: readonly JsonObject[];
  readonly references: readonly Reference[];
}

/** Conditions as filters: queries of Elasticsearch itself, each with its meaning in words. */
export function filtersOf(conditions: readonly Condition[], dataViewId: string, names: Names): Filters {
  const name = (index: number): string => `kibanaSavedObjectMeta.searchSourceJSON.filter[${index}].meta.index`;
  return {
    filters: conditions.map((condition, index) => ({
      $state: { store: 'appState' },
      meta: {
        ...{ alias: inWords(condition, names), disabled: false, negate: isNegated(condition) },
        ...{ type: 'custom', key: names.nameOf(condition.field), indexRefName: name(index) },
      },
      query: queryOf(condition, names),
    })),
    references: conditions.map((_, index) => ({ type: DATA_VIEW_TYPE, id: dataViewId, name: name(index) })),
  };
}

function isNegated(condition: Condition): boolean {
  return 'isNot' in condition || 'startsNotWith' in condition || ('exists' in condition && !condition.exists);
}

/** The same clauses as the searches that are proven on a real Elasticsearch. */
function queryOf(condition: Condition, names: Names): JsonObject {
  const field = names.nameOf(condition.field);
  if ('exists' in condition) return { exists: { field } };
  if ('is' in condition) return { terms: { [field]: valuesOf(condition.is, names.refuse) } };
  if ('isNot' in condition) return { terms: { [field]: valuesOf(condition.isNot, names.refuse) } };
  if ('startsWith' in condition) return { prefix: { [field]: condition.startsWith } };
  if ('startsNotWith' in condition) return { prefix: { [field]: condition.startsNotWith } };
  if ('atLeast' in condition) return { range: { [field]: { gte: condition.atLeast } } };
  return { range: { [field]: { lt: condition.below } } };
}

/** What the pill says; Kibana puts “NOT” in front of a negated one. */
function inWords(condition: Condition, names: Names): string {
  const field = names.nameOf(condition.field);
  if ('exists' in condition) return `${field} exists`;
  if ('is' in condition) return `${field} is ${valuesOf(condition.is, names.refuse).join(' or ')}`;
  if ('isNot' in condition) return `${field} is ${valuesOf(condition.isNot, names.refuse).join(' or ')}`;
  if ('startsWith' in condition) return `${field} starts with ${condition.startsWith}`;
  if ('startsNotWith' in condition) return `${field} starts with ${condition.startsNotWith}`;
  if ('atLeast' in condition) return `${field} at least ${condition.atLeast}`;
  return `${field} below ${condition.below}`;
}
