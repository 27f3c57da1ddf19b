import { type PluginDeclaration, signalsOf } from '@tailrace/core';
import { type OptionRow, optionRows, schemaOf } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { loadPlugin } from '../pipeline.ts';
import { registry } from '../registry.generated.ts';

const KINDS = ['source', 'transform', 'sink'] as const;

/** `tailrace list`: the plugins, or of one type its options; `json` gives the same for programs. */
export async function listCommand(
  type: string | undefined,
  { json = false }: { json?: boolean },
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Promise<number> {
  const found = type?.includes('/') ? await loadPlugin(type) : { declarations: await known(type) };
  if (found.declarations.length === 0) {
    const what = found.fault ?? `no plugin has the type "${type}"`;
    stderr.write(`tailrace: ${what}; \`tailrace list\` names them all\n`);
    return EXIT.failed;
  }
  const text = type === undefined ? tableOf(found.declarations) : found.declarations.map(pageOf).join('\n');
  const data = found.declarations.map((declaration) => dataOf(declaration, type !== undefined));
  await write(stdout, json ? `${JSON.stringify(data, null, 2)}\n` : text);
  return EXIT.ok;
}

async function known(type: string | undefined): Promise<PluginDeclaration[]> {
  const entries = KINDS.flatMap((kind) => registry.filter((entry) => entry.kind === kind));
  const wanted = entries.filter((entry) => type === undefined || entry.type === type);
  return await Promise.all(wanted.map((entry) => entry.load()));
}

function tableOf(declarations: readonly PluginDeclaration[]): string {
  const rows = declarations.map(({ kind, type, summary }) => [kind, type, summary]);
  return columns([['kind', 'type', 'what it does'], ...rows]);
}

function pageOf(declaration: PluginDeclaration): string {
  const { kind, type, summary } = declaration;
  const rows = optionsOf(declaration).map((row) => [row.name, row.takes, defaultText(row), row.description]);
  const options =
    rows.length === 0 ? 'It has no options.\n' : columns([['option', 'takes', 'default', 'what it does'], ...rows]);
  return `${kind} ${type}: ${summary}\n${signalsText(declaration)}\n\n${options}`;
}

function signalsText(declaration: PluginDeclaration): string {
  const takes = 'input' in declaration ? [`takes ${signalsOf(declaration.input).join(', ')}`] : [];
  const gives = 'output' in declaration ? [`gives ${signalsOf(declaration.output).join(', ')}`] : [];
  return [...takes, ...gives].join('; ');
}

/** Its own options, and those that every component of its kind has. */
function optionsOf(declaration: PluginDeclaration): OptionRow[] {
  const { type: _, inputs: __, ...properties } = schemaOf(declaration).properties ?? {};
  return optionRows({ ...schemaOf(declaration), properties });
}

function defaultText(row: OptionRow): string {
  if (row.required) return '(required)';
  if (row.default === undefined) return '';
  return typeof row.default === 'string' ? row.default || '""' : JSON.stringify(row.default);
}

function dataOf(declaration: PluginDeclaration, whole: boolean): object {
  const { kind, type, summary, contract } = declaration;
  const signals = {
    ...('input' in declaration && { input: signalsOf(declaration.input) }),
    ...('output' in declaration && { output: signalsOf(declaration.output) }),
  };
  const options = optionsOf(declaration).map(({ schema, name, takes, required, default: byDefault, description }) => ({
    ...{ name, takes, required, description },
    ...(byDefault !== undefined && { default: byDefault }),
    ...(schema.enum && { values: schema.enum }),
  }));
  return { kind, type, summary, contract, ...signals, ...(whole && { options }) };
}

/** Rows with their columns below each other; the last column is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string {
  const width = (column: number): number => Math.min(48, Math.max(...rows.map((row) => row[column]!.length)));
  const widths = rows[0]!.slice(0, -1).map((_, column) => width(column));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
