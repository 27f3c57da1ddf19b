import type { Condition, GroupValue, LogQuery, Panel } from '@tailrace/dashboards';
import type { DashboardView } from '@tailrace/local';
import type { Clicked } from '../panel-contract.ts';

/** Values chosen by the name of a variable. */
export type Chosen = Readonly<Record<string, readonly string[]>>;

/** What the events behind a panel meet, or only those behind what was clicked in it; undefined where it does not read log events. */
export function conditionsBehind(
  { base, variables }: DashboardView,
  panel: Panel,
  chosen: Chosen,
  clicked: Clicked = {},
): Condition[] | undefined {
  const own = ownConditions(panel, clicked);
  if (own === undefined) return undefined;
  const choices = variables.flatMap(({ name, field }): Condition[] => {
    const values = chosen[name] ?? [];
    return values.length === 0 ? [] : [isAnyOf(field, values)];
  });
  return withoutRepeats([...base, ...choices, ...own]);
}

function ownConditions(panel: Panel, clicked: Clicked): readonly Condition[] | undefined {
  if (panel.kind === 'text') return undefined;
  if (panel.kind === 'events') return panel.where;
  if (panel.query.source !== 'logs') return undefined;
  return [...panel.query.where, ...columnConditions(panel.query, clicked), ...groupConditions(panel.query, clicked)];
}

function groupConditions({ by = [] }: LogQuery, { groups = [] }: Clicked): Condition[] {
  return groups.flatMap((value, at): Condition[] => {
    const field = by[at]?.field;
    return field === undefined ? [] : [{ field, is: value }];
  });
}

/** A number of one column, or of all when there is but one, is made of the events that have what it is made of. */
function columnConditions({ agg }: LogQuery, { column }: Clicked): readonly Condition[] {
  const chosen = agg.find(({ name }) => name === column) ?? (agg.length === 1 ? agg[0] : undefined);
  if (chosen === undefined) return [];
  const field: Condition[] = 'field' in chosen ? [{ field: chosen.field, exists: true }] : [];
  return [...(chosen.where ?? []), ...field];
}

/** One value stands alone, as people would write it. */
function isAnyOf(field: string, values: readonly string[]): Condition {
  return { field, is: values.length === 1 ? values[0]! : values };
}

export function withoutRepeats(conditions: readonly Condition[]): Condition[] {
  const seen = new Set<string>();
  return conditions.filter((condition) => {
    const key = JSON.stringify(condition);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** What a filter does with its field, in words. */
export type Operator = 'is' | 'isNot' | 'exists' | 'missing' | 'startsWith' | 'startsNotWith' | 'atLeast' | 'below';

export const OPERATORS: readonly { readonly operator: Operator; readonly words: string }[] = [
  { operator: 'is', words: 'is' },
  { operator: 'isNot', words: 'is not' },
  { operator: 'exists', words: 'exists' },
  { operator: 'missing', words: 'does not exist' },
  { operator: 'startsWith', words: 'starts with' },
  { operator: 'startsNotWith', words: 'does not start with' },
  { operator: 'atLeast', words: 'is at least' },
  { operator: 'below', words: 'is below' },
];

/** A condition as a form takes it apart. */
export interface ConditionParts {
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly GroupValue[];
}

export function partsOf(condition: Condition): ConditionParts {
  const { field } = condition;
  if ('exists' in condition) return { field, operator: condition.exists ? 'exists' : 'missing', values: [] };
  if ('is' in condition) return { field, operator: 'is', values: listOf(condition.is) };
  if ('isNot' in condition) return { field, operator: 'isNot', values: listOf(condition.isNot) };
  if ('startsWith' in condition) return { field, operator: 'startsWith', values: [condition.startsWith] };
  if ('startsNotWith' in condition) return { field, operator: 'startsNotWith', values: [condition.startsNotWith] };
  if ('atLeast' in condition) return { field, operator: 'atLeast', values: [condition.atLeast] };
  return { field, operator: 'below', values: [condition.below] };
}

function listOf(value: GroupValue | readonly (string | number)[]): readonly GroupValue[] {
  return typeof value === 'object' ? value : [value];
}

/** The words of a condition: `client_user is alice or bob`. */
export function conditionWords(condition: Condition): string {
  const { field, operator, values } = partsOf(condition);
  const words = OPERATORS.find((each) => each.operator === operator)?.words ?? operator;
  return [field, words, values.map((value) => (value === '' ? '""' : String(value))).join(' or ')].join(' ').trim();
}

/** The condition that a form's text means for a field of this type; a sentence when it means none. */
export function conditionOf(
  field: string,
  operator: Operator,
  text: string,
  type: string | null,
): { readonly condition: Condition } | { readonly problem: string } {
  if (field === '') return { problem: 'Choose a field.' };
  switch (operator) {
    case 'exists':
      return { condition: { field, exists: true } };
    case 'missing':
      return { condition: { field, exists: false } };
    case 'startsWith':
    case 'startsNotWith':
      if (text === '') return { problem: 'Say what it starts with.' };
      return { condition: operator === 'startsWith' ? { field, startsWith: text } : { field, startsNotWith: text } };
    case 'atLeast':
    case 'below':
      return boundOf(field, operator, text);
    case 'is':
    case 'isNot':
      return equalOf(field, operator, text, type);
  }
}

function boundOf(field: string, operator: 'atLeast' | 'below', text: string) {
  const bound = Number(text);
  if (text.trim() === '' || !Number.isFinite(bound)) return { problem: `“${text}” is not a number.` };
  return { condition: operator === 'atLeast' ? { field, atLeast: bound } : { field, below: bound } };
}

function equalOf(field: string, operator: 'is' | 'isNot', text: string, type: string | null) {
  const value = typedValue(text, type);
  if (value === undefined) return { problem: `“${text}” is not of the field's type, ${type}.` };
  return { condition: operator === 'is' ? { field, is: value } : { field, isNot: value } };
}

/** A text as a value of a declared type; undefined when it is none. */
function typedValue(text: string, type: string | null): GroupValue | undefined {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  if (type !== 'long' && type !== 'double') return text;
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? undefined : number;
}

/** Whether this is a condition, as far as an address can be trusted. */
export function isCondition(value: unknown): value is Condition {
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.entries(value);
  if (entries.length !== 2 || typeof Reflect.get(value, 'field') !== 'string') return false;
  const [name, bound] = entries.find(([key]) => key !== 'field') ?? [];
  if (name === 'exists') return typeof bound === 'boolean';
  if (name === 'startsWith' || name === 'startsNotWith') return typeof bound === 'string';
  if (name === 'atLeast' || name === 'below') return typeof bound === 'number';
  if (name !== 'is' && name !== 'isNot') return false;
  return Array.isArray(bound) ? bound.every((each) => isValue(each) && typeof each !== 'boolean') : isValue(bound);
}

function isValue(value: unknown): value is GroupValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
