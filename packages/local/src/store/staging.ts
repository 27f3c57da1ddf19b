import { type DuckDBConnection, DuckDBDataChunk, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';

/** Rows of one chunk (DuckDB's STANDARD_VECTOR_SIZE). */
const CHUNK_ROWS = 2048;

/** Appends columns of equal length to a temporary table, or to one of the store. */
export async function appendColumns(
  connection: DuckDBConnection,
  table: string,
  types: readonly DuckDBType[],
  columns: readonly (readonly DuckDBValue[])[],
  where: 'temp' | 'store' = 'temp',
): Promise<void> {
  const appender = await connection.createAppender(table, 'main', where === 'temp' ? 'temp' : null);
  try {
    const count = columns[0]!.length;
    for (let from = 0; from < count; from += CHUNK_ROWS) {
      const to = Math.min(count, from + CHUNK_ROWS);
      const chunk = DuckDBDataChunk.create(types, to - from);
      for (const [k, column] of columns.entries()) chunk.setColumnValues(k, column.slice(from, to));
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}
