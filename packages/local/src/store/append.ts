import type { DuckDBConnection } from '@duckdb/node-api';
import type { FieldColumn } from '../field-columns.ts';
import type { Arrivals } from '../record-format.ts';
import { ledger } from './ledger.ts';
import { logWriter } from './log-rows.ts';
import type { PlacedRows } from './placed-rows.ts';
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

  async function write(signal: Arrivals['signal'], rows: PlacedRows, checked: boolean): Promise<number> {
    if (signal === 'logs') return await logs.write(connection, rows, checked);
    throw new Error(`there is no table for ${signal}`);
  }

  async function transaction(arrivals: Arrivals, checked: boolean) {
    await connection.run('BEGIN TRANSACTION');
    const rows = await known.place(connection, arrivals);
    const unreadable = rows.length === 0 ? 0 : await write(arrivals.signal, rows, checked);
    await known.write(connection);
    await connection.run('COMMIT');
    const duplicates = arrivals.length - rows.length;
    return { rows, stored: { stored: rows.length, duplicates, unreadable } };
  }

  async function attempt(arrivals: Arrivals, checked: boolean) {
    try {
      return await transaction(arrivals, checked);
    } catch (error) {
      known.forget();
      // A transaction that has ended by itself (a failed COMMIT) has nothing to roll back.
      await connection.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  return {
    async append(arrivals) {
      try {
        return await attempt(arrivals, false);
      } catch (error) {
        if (arrivals.signal !== 'logs' || !isUnreadable(error)) throw error;
        return await attempt(arrivals, true);
      }
    },
    forget: () => known.forget(),
  };
}

/** DuckDB's parser refuses some of what is JSON by RFC 8259: half of a surrogate pair (`"\ud800"`). */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && /malformed json/i.test(error.message);
}
