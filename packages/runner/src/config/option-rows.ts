import type { JsonSchema } from '@tailrace/core';
import { describeSchema } from './describe-schema.ts';

/** One option as a list of options shows it. */
export interface OptionRow {
  /** `retry.initial`, `include[].path`, `labels.*`. */
  readonly name: string;
  /** What it takes, in words. */
  readonly takes: string;
  readonly required: boolean;
  /** As it would be written; `undefined`: there is none. */
  readonly default: unknown;
  readonly description: string;
  readonly schema: JsonSchema;
}

/** All options of an object, nested ones behind the one that holds them. */
export function optionRows(schema: JsonSchema, prefix = ''): OptionRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const row: OptionRow = {
      name: `${prefix}${key}`,
      takes: option['x-kind'] === 'secret' ? 'text, never shown' : describeSchema(option),
      required: schema.required?.includes(key) === true,
      default: option.default,
      description: option.description ?? '',
      schema: option,
    };
    return [row, ...nestedRows(option, row.name)];
  });
}

function nestedRows(schema: JsonSchema, name: string): OptionRow[] {
  if (schema.properties) return optionRows(schema, `${name}.`);
  if (schema.items) return nestedRows(schema.items, `${name}[]`);
  const free = schema.additionalProperties;
  if (typeof free === 'object') return nestedRows(free, `${name}.*`);
  return (schema.anyOf ?? []).flatMap((one) => nestedRows(one, name));
}
