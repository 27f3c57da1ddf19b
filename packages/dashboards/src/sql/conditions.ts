import type { Condition, Parameters } from '../model.ts';
import { fieldName } from '../parameters.ts';
import { double, identifier, text } from './quote.ts';

/** A field's value as an SQL expression. */
export type ColumnOf = (field: string) => string;

/** Fields of dashboards are columns, under the name that the parameters give them. */
export function columnsOf(parameters: Parameters): ColumnOf {
  return (field) => identifier(fieldName(field, parameters));
}

/** All conditions as an SQL expression that is never NULL; without conditions TRUE. */
export function whereOf(conditions: readonly Condition[], columnOf: ColumnOf): string {
  if (conditions.length === 0) return 'TRUE';
  return conditions.map((condition) => `(${expressionOf(condition, columnOf)}) IS TRUE`).join(' AND ');
}

function expressionOf(condition: Condition, columnOf: ColumnOf): string {
  const column = columnOf(condition.field);
  if ('is' in condition) return oneOf(column, condition.is);
  // Events without the field are not what they must not be.
  if ('isNot' in condition) return `(${oneOf(column, condition.isNot)}) IS NOT TRUE`;
  if ('exists' in condition) return `${column} IS ${condition.exists ? 'NOT NULL' : 'NULL'}`;
  if ('startsWith' in condition) return startsWith(column, condition.startsWith);
  if ('startsNotWith' in condition) return `(${startsWith(column, condition.startsNotWith)}) IS NOT TRUE`;
  if ('atLeast' in condition) return `TRY_CAST(${column} AS DOUBLE) >= ${double(condition.atLeast)}`;
  return `TRY_CAST(${column} AS DOUBLE) < ${double(condition.below)}`;
}

function startsWith(column: string, prefix: string): string {
  return `starts_with(CAST(${column} AS VARCHAR), ${text(prefix)})`;
}

/** Compared as what the value is, so that a column of another type does not match instead of failing the query. */
function oneOf(column: string, is: string | number | boolean | readonly (string | number)[]): string {
  const values = typeof is === 'object' ? is : [is];
  const texts = values.flatMap((value) => (typeof value === 'number' ? [] : [text(String(value))]));
  const numbers = values.flatMap((value) => (typeof value === 'number' ? [double(value)] : []));
  const tests = [
    ...(texts.length > 0 ? [`CAST(${column} AS VARCHAR) IN (${texts.join(', ')})`] : []),
    ...(numbers.length > 0 ? [`TRY_CAST(${column} AS DOUBLE) IN (${numbers.join(', ')})`] : []),
  ];
  return tests.length === 0 ? 'FALSE' : tests.join(' OR ');
}
