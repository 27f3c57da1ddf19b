import { DuckDBInstance } from '@duckdb/node-api';
import { text } from './quote.ts';
import type { SqlValue } from './rows.ts';

/** An event as a store has it, with where it came from. */
export interface StoredLog {
  /** Unix microseconds. */
  readonly micros: number;
  /** 0 or 1. */
  readonly stream: number;
  readonly offset: number;
  readonly sub: number;
  /** Mostly JSON. */
  readonly text: string;
  /** Values of the columns. */
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

/** What the fields with a column are, and how undeclared ones are reached. */
export const LOG_STORE = {
  fields: { '@timestamp': 'date', 'fields.user': 'keyword', 'fields.port': 'long', 'fields.since': 'date' },
  stepsOf: (field: string) => field.split('.'),
};

export const STREAM_IDS = ['k3J9-a_b', 'stdin-2'];

/** A DuckDB in memory that holds events in the tables of a store. */
export async function openLogs() {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run('CREATE TABLE streams (number INTEGER, id VARCHAR, source VARCHAR, label VARCHAR)');
  const streams = STREAM_IDS.map((id, number) => `(${number}, ${text(id)}, 'in', '/var/log/${number}')`);
  await connection.run(`INSERT INTO streams VALUES ${streams.join(', ')}`);
  await connection.run(
    'CREATE TABLE logs ("@timestamp" TIMESTAMP, "fields.user" VARCHAR, "fields.port" BIGINT, "fields.since" TIMESTAMP, _text VARCHAR, _stream INTEGER, _offset BIGINT, _end BIGINT, _sub UINTEGER)',
  );
  return {
    /** Puts these in the place of the events that are there. */
    async fill(logs: readonly StoredLog[]): Promise<void> {
      await connection.run('TRUNCATE logs');
      if (logs.length > 0) await connection.run(`INSERT INTO logs VALUES ${logs.map(rowOf).join(',\n')}`);
    },
    async ask(sql: string): Promise<SqlValue[][]> {
      return (await connection.runAndReadAll(sql)).getRows() as SqlValue[][];
    },
    close(): void {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function rowOf({ micros, stream, offset, sub, text: event, user, port }: StoredLog): string {
  const time = `make_timestamp(${micros})`;
  const cells = [
    ...[time, user === undefined ? 'NULL' : text(user), port ?? 'NULL', time],
    ...[text(event), stream, offset, offset + 10, sub],
  ];
  return `(${cells.join(', ')})`;
}
