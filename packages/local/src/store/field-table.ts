import type { DuckDBConnection } from '@duckdb/node-api';
import { type FieldType, type Log, path } from '@tailrace/core';
import { identifier } from '@tailrace/dashboards';
import type { FieldColumn } from '../field-columns.ts';
import { columnType, extraction } from './log-columns.ts';

/**
 * Makes `logs` have a column of its type for each of these fields, and gives all fields that it has columns for, those that were
 * declared once among them. Columns that are new, or whose type changed, are filled from the texts of the events; each column holds for
 * all rows.
 */
export async function prepareFields(
  connection: DuckDBConnection,
  declared: readonly FieldColumn[],
  log: Log | undefined,
): Promise<readonly FieldColumn[]> {
  await dropRenamed(connection, declared, log);
  const present = await readFields(connection);
  for (const field of declared) {
    const before = present.get(field.name);
    if (!before) await addColumn(connection, field);
    else if (before.type !== field.type) await changeType(connection, before, field);
  }
  const fields = await readFields(connection);
  const unfilled = [...fields.values()].filter(({ isFilled }) => !isFilled);
  if (unfilled.length > 0) await fill(connection, unfilled, log);
  return [...fields.values()].map(({ name, steps, type }) => ({ name, steps, type }));
}

/**
 * Drops columns that a declared field differs from in case only, in its name or in a member on the way to it: DuckDB takes both for one name.
 * What they held stands in the texts of the events.
 */
async function dropRenamed(
  connection: DuckDBConnection,
  declared: readonly FieldColumn[],
  log: Log | undefined,
): Promise<void> {
  const spelled = new Map(declared.flatMap(({ steps }) => spellings(steps)));
  const isRenamed = ({ steps }: FieldColumn): boolean =>
    spellings(steps).some(([lower, exact]) => (spelled.get(lower) ?? exact) !== exact);
  for (const { name } of [...(await readFields(connection)).values()].filter(isRenamed)) {
    await connection.run('BEGIN');
    await connection.run(`ALTER TABLE logs DROP COLUMN ${identifier(name)}`);
    await connection.run('DELETE FROM fields WHERE name = $1', [name]);
    await connection.run('COMMIT');
    log?.info(
      { field: name },
      `the local store has no column ${name} any more: a declared field differs from it in case only`,
    );
  }
}

/** Each member on the way to a field and the field itself: without its case, and as it is. */
function spellings(steps: readonly string[]): [lower: string, exact: string][] {
  return steps.map((_, i) => {
    const exact = JSON.stringify(steps.slice(0, i + 1));
    return [exact.toLowerCase(), exact];
  });
}

interface StoredField extends FieldColumn {
  readonly isFilled: boolean;
}

async function readFields(connection: DuckDBConnection): Promise<Map<string, StoredField>> {
  const answer = await connection.runAndReadAll('SELECT name, type, is_filled FROM fields ORDER BY rowid');
  const rows = answer.getRowsJS() as [string, FieldType, boolean][];
  const steps = (name: string): readonly string[] => path(name).steps as readonly string[];
  return new Map(rows.map(([name, type, isFilled]) => [name, { name, type, isFilled, steps: steps(name) }]));
}

async function addColumn(connection: DuckDBConnection, field: FieldColumn): Promise<void> {
  await connection.run('BEGIN');
  await connection.run(`ALTER TABLE logs ADD COLUMN ${identifier(field.name)} ${columnType(field)}`);
  await connection.run('INSERT INTO fields SELECT $1, $2, NOT EXISTS (FROM logs)', [field.name, field.type]);
  await connection.run('COMMIT');
}

async function changeType(connection: DuckDBConnection, before: FieldColumn, field: FieldColumn): Promise<void> {
  const isSame = columnType(before) === columnType(field);
  await connection.run('BEGIN');
  if (!isSame) {
    await connection.run(`ALTER TABLE logs DROP COLUMN ${identifier(field.name)}`);
    await connection.run(`ALTER TABLE logs ADD COLUMN ${identifier(field.name)} ${columnType(field)}`);
  }
  await connection.run('UPDATE fields SET type = $2, is_filled = is_filled AND $3 WHERE name = $1', [
    field.name,
    field.type,
    isSame,
  ]);
  await connection.run('COMMIT');
}

/** Rows of one transaction: what it changes is held in memory. */
const FILL_ROWS = 50_000;

/** Reads columns out of the events that are stored already. After a crash it begins anew, which comes to the same. */
async function fill(connection: DuckDBConnection, fields: readonly FieldColumn[], log: Log | undefined): Promise<void> {
  const names = fields.map(({ name }) => name);
  const answer = await connection.runAndReadAll('SELECT coalesce(max(rowid) + 1, 0) FROM logs');
  const end = Number(answer.getRowsJS()[0]![0]);
  log?.info({ fields: names, events: end }, `the local store fills ${names.length} new columns of ${end} events`);
  const { from, values } = extraction(fields);
  const columns = names.map((_, i) => `c${i}`);
  const source = `(SELECT rowid AS row_id, _text AS text FROM logs WHERE rowid >= CAST($1 AS BIGINT) AND rowid < CAST($2 AS BIGINT) AND json_valid(_text))`;
  const update = `UPDATE logs SET ${names.map((name, i) => `${identifier(name)} = new.${columns[i]}`).join(', ')}
FROM (SELECT row_id, ${values.map((value, i) => `${value} AS ${columns[i]}`).join(', ')} FROM ${from(source)}) new WHERE logs.rowid = new.row_id`;
  for (let at = 0; at < end; at += FILL_ROWS) await connection.run(update, [at, at + FILL_ROWS]);
  await connection.run('UPDATE fields SET is_filled = true');
}
