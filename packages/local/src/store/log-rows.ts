import { DOUBLE, type DuckDBConnection, INTEGER, UINTEGER, VARCHAR } from '@duckdb/node-api';
import { identifier } from '@tailrace/dashboards';
import type { FieldColumn } from '../field-columns.ts';
import { extraction } from './log-columns.ts';
import type { PlacedRows } from './placed-rows.ts';
import { appendColumns } from './staging.ts';

/** A table that lives as long as the connection. */
export const LOG_STAGING =
  'CREATE TEMPORARY TABLE staged_logs (text VARCHAR, micros DOUBLE, stream INTEGER, "offset" DOUBLE, "end" DOUBLE, sub UINTEGER)';
const STAGED_TYPES = [VARCHAR, DOUBLE, INTEGER, DOUBLE, DOUBLE, UINTEGER];

/** Writes log events inside a transaction: the text and position of each, and DuckDB takes the columns out of the text. */
export interface LogWriter {
  /**
   * `checked`: events whose JSON DuckDB does not read get empty columns; without it such an event fails the statement. Gives how many
   * there were.
   */
  write(connection: DuckDBConnection, rows: PlacedRows, checked: boolean): Promise<number>;
}

/** Prepares the statement for these columns. */
export function logWriter(fields: readonly FieldColumn[]): LogWriter {
  const { from, values } = extraction(fields);
  const columns = ['@timestamp', '_text', '_received', '_stream', '_offset', '_end', '_sub'];
  const names = [...columns, ...fields.map(({ name }) => name)].map(identifier);
  const own = `make_timestamp(CAST(micros AS BIGINT)), text, make_timestamp(CAST($1 AS BIGINT)), stream,
CAST("offset" AS BIGINT), CAST("end" AS BIGINT), sub`;
  const insert = (source: string): string =>
    `INSERT INTO logs (${names.join(', ')}) SELECT ${[own, ...values].join(', ')} FROM ${source}`;
  const decoder = new TextDecoder();
  return {
    async write(connection, rows, checked) {
      await appendColumns(connection, 'staged_logs', STAGED_TYPES, [
        rows.payloads.map((payload) => decoder.decode(payload)),
        rows.micros,
        rows.stream,
        rows.offset,
        rows.end,
        rows.sub,
      ]);
      const received = [rows.received];
      if (!checked) {
        await connection.run(insert(from('staged_logs')), received);
        await connection.run('TRUNCATE staged_logs');
        return 0;
      }
      await connection.run(insert(from('(SELECT * FROM staged_logs WHERE json_valid(text))')), received);
      const bare = `INSERT INTO logs (${columns.map(identifier).join(', ')}) SELECT ${own} FROM staged_logs WHERE NOT json_valid(text)`;
      const { rowsChanged } = await connection.run(bare, received);
      await connection.run('TRUNCATE staged_logs');
      return rowsChanged;
    },
  };
}
