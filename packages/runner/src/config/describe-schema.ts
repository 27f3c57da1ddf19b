import { isPositive, type JsonSchema } from '@tailrace/core';

/** What a schema takes, in words for a message: `a whole number from 1 to 9`. */
export function describeSchema(schema: JsonSchema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(describeSchema))].join(', or ');
  if (schema.enum)
    return schema.enum.length === 1 ? quote(schema.enum[0]) : `one of ${schema.enum.map(quote).join(', ')}`;
  switch (schema['x-kind']) {
    case 'duration':
      return `a duration${aboveZero(schema)} such as 250ms, 30s, 5m, 2h or 7d`;
    case 'bytes':
      return `a size${aboveZero(schema)} such as 512, 64KB, 5MB or 32MiB`;
    case 'path':
      return 'a field path such as fields.client_id';
    case 'condition':
      return 'a condition (CEL)';
  }
  switch (schema.type) {
    case 'string':
      return describeText(schema);
    case 'integer':
      return `a whole number${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return schema.minItems
        ? `a list with at least ${schema.minItems} ${schema.minItems === 1 ? 'entry' : 'entries'}`
        : 'a list';
    case 'object':
      return schema.properties ? 'options' : 'keys with values';
  }
  return 'another value';
}

function aboveZero(schema: JsonSchema): string {
  return isPositive(schema) ? ' above 0' : '';
}

function describeText(schema: JsonSchema): string {
  if (schema.pattern !== undefined) return `text that matches ${schema.pattern}`;
  return schema.minLength ? 'text that is not empty' : 'text';
}

function range({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum !== undefined ? ` of at most ${maximum}` : '';
}

function quote(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

/** What a value is, in words for a message; `shown` false: only its kind. */
export function describeValue(value: unknown, shown: boolean): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return shown ? `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}` : 'text';
    case 'number':
    case 'bigint':
      return shown ? `the number ${value}` : 'a number';
    case 'boolean':
      return String(value);
  }
  return 'a map of keys';
}
