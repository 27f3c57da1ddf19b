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
   * `mending`: halves of surrogate pairs become U+FFFD; without it an event with one fails the statement. Gives how many events had one.
   */
  write(connection: DuckDBConnection, rows: PlacedRows, mending: boolean): Promise<number>;
}

/** Prepares the statement for these columns. */
export function logWriter(fields: readonly FieldColumn[]): LogWriter {
  const { from, values } = extraction(fields);
  const columns = ['@timestamp', '_text', '_received', '_stream', '_offset', '_end', '_sub'];
  const names = [...columns, ...fields.map(({ name }) => name)].map(identifier);
  const own = `make_timestamp(CAST(micros AS BIGINT)), text, make_timestamp(CAST($1 AS BIGINT)), stream,
CAST("offset" AS BIGINT), CAST("end" AS BIGINT), sub`;
  const insert = `INSERT INTO logs (${names.join(', ')}) SELECT ${[own, ...values].join(', ')} FROM ${from('staged_logs')}`;
  const decoder = new TextDecoder();
  return {
    async write(connection, rows, mending) {
      const texts = rows.payloads.map((payload) => decoder.decode(payload));
      // Without columns no text is parsed now, and each query would fail later.
      const stored = mending || fields.length === 0 ? texts.map(withWholePairs) : texts;
      await appendColumns(connection, 'staged_logs', STAGED_TYPES, [
        stored,
        rows.micros,
        rows.stream,
        rows.offset,
        rows.end,
        rows.sub,
      ]);
      await connection.run(insert, [rows.received]);
      await connection.run('TRUNCATE staged_logs');
      return stored === texts ? 0 : stored.filter((text, i) => text !== texts[i]).length;
    },
  };
}

const PERHAPS_HALF = /\\u[dD][89a-fA-F]/;
/** Two escapes that are a pair, one that is half of it, any other escape. */
const ESCAPES = /\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)|\\./g;

/** JSON text with U+FFFD for each half of a surrogate pair. */
function withWholePairs(json: string): string {
  if (!PERHAPS_HALF.test(json)) return json;
  return json.replace(ESCAPES, (found, half?: string) => (half === undefined ? found : '\\ufffd'));
}
