import type { JsonSchema } from '@tailrace/core';

/**
 * What is wrong with a value, as `where.0.field must be text`; `undefined` when it is as its schema says. Knows the words that the schema
 * builder writes (JSON Schema 2020-12).
 */
export function faultOf(schema: JsonSchema, value: unknown, at: string): string | undefined {
  if (schema.anyOf !== undefined) return faultOfChoice(schema.anyOf, value, at);
  if (schema.enum !== undefined)
    return schema.enum.includes(value) ? undefined : `${at} must be ${schema.enum.map(String).join(' or ')}`;
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOf(type, value)))
    return `${at} must be ${[schema.type].flat().map(named).join(' or ')}`;
  if (typeof value === 'string') return faultOfText(schema, value, at);
  if (typeof value === 'number') return faultOfNumber(schema, value, at);
  if (Array.isArray(value)) return faultOfList(schema, value, at);
  return typeof value === 'object' && value !== null ? faultOfObject(schema, value, at) : undefined;
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'number') return Number.isFinite(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

const NAMES: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'text',
  array: 'a list',
  object: 'an object',
  boolean: 'true or false',
};

function named(type: string): string {
  return NAMES[type] ?? type;
}

function faultOfText({ pattern, minLength = 0, maxLength }: JsonSchema, value: string, at: string): string | undefined {
  if (value.length < minLength) return minLength === 1 ? `${at} must not be empty` : `${at} is too short`;
  if (maxLength !== undefined && value.length > maxLength) return `${at} must have at most ${maxLength} characters`;
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return `${at} must match ${pattern}`;
  return undefined;
}

function faultOfNumber({ minimum, maximum }: JsonSchema, value: number, at: string): string | undefined {
  if (minimum !== undefined && value < minimum) return `${at} must be at least ${minimum}`;
  if (maximum !== undefined && value > maximum) return `${at} must be at most ${maximum}`;
  return undefined;
}

function faultOfList({ items, minItems = 0, maxItems }: JsonSchema, value: unknown[], at: string): string | undefined {
  if (value.length < minItems) return `${at} must have at least ${minItems} items`;
  if (maxItems !== undefined && value.length > maxItems) return `${at} must have at most ${maxItems} items`;
  if (items === undefined) return undefined;
  return first(value, (item, index) => faultOf(items, item, `${at}.${index}`));
}

function faultOfObject(schema: JsonSchema, value: object, at: string): string | undefined {
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return `${at}.${missing} is missing`;
  return first(Object.entries(value), ([key, member]) => {
    const own = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (own === false) return `${at} has no member ${JSON.stringify(key.slice(0, 100))}`;
    return typeof own === 'object' ? faultOf(own, member, `${at}.${key}`) : undefined;
  });
}

/** Of several shapes the fault of the one that comes nearest: whose members are known. */
function faultOfChoice(shapes: readonly JsonSchema[], value: unknown, at: string): string | undefined {
  const faults = shapes.map((shape) => ({ shape, fault: faultOf(shape, value, at) }));
  if (faults.some(({ fault }) => fault === undefined)) return undefined;
  const near = faults.find(
    ({ shape }) =>
      shape.required !== undefined &&
      isOf('object', value) &&
      shape.required.every((key) => Object.hasOwn(value as object, key)),
  );
  return near?.fault ?? `${at} must be ${shapes.map(shapeName).join(', or ')}`;
}

function shapeName({ type, required, anyOf }: JsonSchema): string {
  if (required !== undefined) return `an object with ${required.join(', ')}`;
  return type === undefined
    ? anyOf === undefined
      ? 'a value'
      : anyOf.map(shapeName).join(', or ')
    : [type].flat().map(named).join(' or ');
}

function first<T>(items: readonly T[], look: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const fault = look(item, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
