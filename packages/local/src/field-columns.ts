import { ConfigError, type FieldType, type PluginContext, readFieldFile } from '@tailrace/core';
import { parse } from 'yaml';

/** A declared field as a column of the table `logs`. */
export interface FieldColumn {
  /** The field's path, which is the column's name. */
  readonly name: string;
  readonly steps: readonly string[];
  readonly type: FieldType;
}

/** Columns that each row of logs has, whatever is declared. */
const OWN = ['@timestamp', '_text', '_received', '_stream', '_offset', '_end', '_sub'];

/** The columns that these field files declare together; throws a {@link ConfigError} at `fields` for what cannot be a table. */
export function fieldColumns(files: readonly string[], context: Pick<PluginContext, 'resolvePath'>): FieldColumn[] {
  const columns = new Map<string, FieldColumn & { readonly file: string }>();
  for (const [i, file] of files.entries()) {
    for (const { path, type } of readFieldFile(file, ['fields', i], context, parse).fields) {
      const steps = path.steps as readonly string[];
      // The event's time is a column of its own.
      if (steps.length === 1 && steps[0] === '@timestamp') continue;
      const column = { name: path.text, steps, type, file };
      const key = keyOf(steps);
      refuse(column, columns.get(key), ['fields', i]);
      columns.set(key, column);
    }
  }
  refuseMixedCase([...columns.values()]);
  return [...columns.values()].map(({ name, steps, type }) => ({ name, steps, type }));
}

interface FromFile extends FieldColumn {
  readonly file: string;
}

// DuckDB's names do not differ in case alone.
const keyOf = (steps: readonly string[]): string => JSON.stringify(steps).toLowerCase();

function refuse(column: FromFile, other: FromFile | undefined, at: readonly (string | number)[]): void {
  const { name, steps, type, file } = column;
  if (OWN.includes(name.toLowerCase())) {
    throw new ConfigError(at, `${file} declares "${name}", which is a column of the store itself: rename the field`);
  }
  if (steps.some((step) => step.includes('\0') || !step.isWellFormed())) {
    throw new ConfigError(
      at,
      `"${name}" (${file}) has a NUL or half a character in its name, which DuckDB does not take: rename the field`,
    );
  }
  if (!other) return;
  if (other.name !== name) {
    throw new ConfigError(
      at,
      `"${name}" (${file}) and "${other.name}" (${other.file}) differ in case only: rename one`,
    );
  }
  if (other.type !== type) {
    throw new ConfigError(
      at,
      `"${name}" is a ${type} in ${file} and a ${other.type} in ${other.file}: give it one type, or a store for each file`,
    );
  }
}

/** Members on the way to a field, too, become names of DuckDB. */
function refuseMixedCase(columns: readonly FromFile[]): void {
  const seen = new Map<string, FromFile & { readonly above: string }>();
  for (const column of columns) {
    for (let n = 1; n < column.steps.length; n++) {
      const steps = column.steps.slice(0, n);
      const above = JSON.stringify(steps);
      const other = seen.get(keyOf(steps));
      if (other && other.above !== above) {
        throw new ConfigError(
          ['fields'],
          `"${column.name}" (${column.file}) and "${other.name}" (${other.file}) stand below members that differ in case only: rename one`,
        );
      }
      seen.set(keyOf(steps), { ...column, above });
    }
  }
}
