import { setImmediate as otherWork } from 'node:timers/promises';
import type { DuckDBResult } from '@duckdb/node-api';
import type { SqlValue } from '@tailrace/dashboards';
import { ReadError } from './read-error.ts';
import { cellsOf } from './values.ts';

/** Rows of an answer. */
export interface Rows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Lists, maps and structs as JSON text. */
  readonly rows: readonly (readonly SqlValue[])[];
  /** More rows were there than the limits let through. */
  readonly truncated: boolean;
}

/** Largest answer, in UTF-16 units of its cells; what is beyond counts as cut. */
const MAX_ANSWER = 16 * 1024 ** 2;
/** After as many cells other work has its turn: events arrive while a wide answer is read. */
const CELLS_AT_ONCE = 2000;

/** The first `limit` rows of a stream; throws what `signal` aborts with, and a {@link ReadError} for a row that is too large alone. */
export async function collect(result: DuckDBResult, limit: number, signal: AbortSignal): Promise<Rows> {
  const types = result.columnTypes();
  const columns = result.columnNames().map((name, i) => ({ name, type: types[i]!.toString() }));
  const rowsAtOnce = Math.ceil(CELLS_AT_ONCE / columns.length);
  const rows: SqlValue[][] = [];
  let size = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return { columns, rows, truncated: false };
    signal.throwIfAborted();
    const cells = types.map((type, i) => cellsOf(chunk.getColumnVector(i), type));
    for (let i = 0; i < chunk.rowCount; i++) {
      if (rows.length === limit) return { columns, rows, truncated: true };
      const row = cells.map((cellOf) => cellOf(i));
      size += sizeOf(row);
      if (size > MAX_ANSWER) return cut(columns, rows);
      rows.push(row);
      if (i % rowsAtOnce === rowsAtOnce - 1) await otherWork();
    }
  }
}

function cut(columns: Rows['columns'], rows: SqlValue[][]): Rows {
  if (rows.length > 0) return { columns, rows, truncated: true };
  throw new ReadError('too_large', `one row is larger than ${MAX_ANSWER / 1024 ** 2} MiB: select fewer columns`);
}

function sizeOf(row: readonly SqlValue[]): number {
  return row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
}
