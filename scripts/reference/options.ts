import type { JsonSchema } from '@tailrace/core';
import { describeSchema } from '@tailrace/runner';

/** A row of an options table. */
interface OptionRow {
  /** `retry.initial`, `include[]`, `labels.*`. */
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** All options of an object, nested ones behind the one that holds them. */
function optionRows(schema: JsonSchema, prefix = ''): OptionRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => {
    const name = `${prefix}${key}`;
    return [{ name, schema: option, required: schema.required?.includes(key) === true }, ...nestedRows(option, name)];
  });
}

function nestedRows(schema: JsonSchema, name: string): OptionRow[] {
  if (schema.properties) return optionRows(schema, `${name}.`);
  if (schema.items?.properties) return optionRows(schema.items, `${name}[].`);
  const free = schema.additionalProperties;
  if (typeof free === 'object' && free.properties) return optionRows(free, `${name}.*.`);
  const shape = schema.anyOf?.find((one) => one.properties);
  return shape ? optionRows(shape, `${name}.`) : [];
}

/** The options as a Markdown table. */
export function optionsTable(schema: JsonSchema): string {
  const rows = optionRows(schema).map(({ name, schema: option, required }) => {
    const cells = [`\`${name}\``, typeText(option), defaultText(option, required), option.description ?? ''];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  });
  if (rows.length === 0) return 'It has no options.';
  return ['| option | takes | default | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

function typeText(schema: JsonSchema): string {
  if (schema['x-kind'] === 'secret') return 'text, never shown';
  return describeSchema(schema).replace(/^one of (.*)$/, (_, words: string) => words.split(', ').map(code).join(', '));
}

function defaultText(schema: JsonSchema, required: boolean): string {
  if (required) return '**required**';
  return schema.default === undefined
    ? ''
    : code(typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default));
}

function code(text: string): string {
  return text === '' ? '`""`' : `\`${text}\``;
}
