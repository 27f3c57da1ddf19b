import type { JsonSchema } from '@tailrace/core';
import { type OptionRow, optionRows } from '@tailrace/runner';

/** The options as a Markdown table. */
export function optionsTable(schema: JsonSchema): string {
  const rows = optionRows(schema).map((row) => {
    const cells = [`\`${row.name}\``, takesText(row), defaultText(row), row.description];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  });
  if (rows.length === 0) return 'It has no options.';
  return ['| option | takes | default | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

function takesText({ takes }: OptionRow): string {
  return takes.replace(/^one of (.*)$/, (_, words: string) => words.split(', ').map(code).join(', '));
}

function defaultText(row: OptionRow): string {
  if (row.required) return '**required**';
  if (row.default === undefined) return '';
  return code(typeof row.default === 'string' ? row.default : JSON.stringify(row.default));
}

function code(text: string): string {
  return text === '' ? '`""`' : `\`${text}\``;
}
