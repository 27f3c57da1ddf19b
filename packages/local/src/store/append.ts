import type { DuckDBConnection } from '@duckdb/node-api';
import type { FieldColumn } from '../field-columns.ts';
import type { Arrivals } from '../record-format.ts';
import { ledger } from './ledger.ts';
import { logWriter } from './log-rows.ts';
import { rowsFailure } from './open-failure.ts';
import type { RecordSignal } from './otlp-records.ts';
import type { PlacedRows } from './placed-rows.ts';
import { recordRows } from './record-rows.ts';
import type { Stored } from './store.ts';

/** Writes bodies, each in a transaction of its own with the positions that it holds. */
export interface Appender {
  /** Rejects when nothing of it was stored. */
  append(arrivals: Arrivals): Promise<{ readonly stored: Stored; readonly rows: PlacedRows }>;
  /** Forgets what is known of the store, after somebody else changed it. */
  forget(): void;
}

/** The one that writes on this connection. */
export function appender(connection: DuckDBConnection, fields: readonly FieldColumn[]): Appender {
  const known = ledger();
  const logs = logWriter(fields);

  async function transaction(arrivals: Arrivals, write: Write) {
    await connection.run('BEGIN TRANSACTION');
    const rows = await known.place(connection, arrivals);
    const mended = rows.length === 0 ? 0 : await write(rows).catch(throwOfRows);
    await known.write(connection);
    await connection.run('COMMIT');
    const duplicates = arrivals.length - rows.length;
    return { rows, stored: { stored: rows.length, duplicates, mended, refused: NONE } };
  }

  async function attempt(arrivals: Arrivals, write: Write) {
    try {
      return await transaction(arrivals, write);
    } catch (error) {
      known.forget();
      // A transaction that has ended by itself (a failed COMMIT) has nothing to roll back.
      await connection.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async function appendLogs(arrivals: Arrivals) {
    const write = (mending: boolean) => (rows: PlacedRows) => logs.write(connection, rows, mending);
    try {
      return await attempt(arrivals, write(false));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return await attempt(arrivals, write(true));
    }
  }

  async function appendRecords(signal: RecordSignal, arrivals: Arrivals) {
    const records = recordRows(signal, arrivals);
    const { rows, stored } = await attempt(records.arrivals, async (placed) => {
      await records.write(connection, placed);
      return 0;
    });
    return { rows, stored: { ...stored, refused: records.refused } };
  }

  return {
    append: (arrivals) =>
      arrivals.signal === 'logs' ? appendLogs(arrivals) : appendRecords(arrivals.signal, arrivals),
    forget: () => known.forget(),
  };
}

/** Writes rows inside a transaction; gives how many of them it mended. */
type Write = (rows: PlacedRows) => Promise<number>;

function throwOfRows(error: unknown): never {
  throw rowsFailure(error);
}

const NONE: ReadonlyMap<number, string> = new Map();

/** DuckDB's parser refuses some of what is JSON by RFC 8259: half of a surrogate pair (`"\ud800"`). */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && /malformed json/i.test(error.message);
}
