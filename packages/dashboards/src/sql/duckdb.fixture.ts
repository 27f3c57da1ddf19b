import { type DuckDBAppender, DuckDBInstance, DuckDBTimestampValue } from '@duckdb/node-api';
import type { SqlValue } from './rows.ts';
import { eventsTable } from './table.ts';

/** An event as values by the paths of its fields; `@timestamp` in Unix milliseconds. */
export type FlatEvent = Readonly<Record<string, string | number | boolean | undefined>>;

/** A DuckDB in memory that holds events in the table `events`. */
export interface EventsDatabase {
  /** Puts these in the place of the events that are there; an undeclared field is an error. */
  fill(events: readonly FlatEvent[]): Promise<void>;
  ask(sql: string): Promise<SqlValue[][]>;
  close(): void;
}

/** An empty table with a column per declared field. */
export async function openEvents(types: Readonly<Record<string, string>>): Promise<EventsDatabase> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(eventsTable('events', types));
  return {
    async fill(events) {
      await connection.run('TRUNCATE events');
      const appender = await connection.createAppender('events');
      for (const event of events) {
        const undeclared = Object.keys(event).find((field) => !Object.hasOwn(types, field));
        if (undeclared !== undefined) throw new Error(`${undeclared} is not declared`);
        for (const [field, type] of Object.entries(types)) append(appender, type, event[field]);
        appender.endRow();
      }
      appender.closeSync();
    },
    async ask(sql) {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRows() as SqlValue[][];
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function append(appender: DuckDBAppender, type: string, value: FlatEvent[string]): void {
  if (value === undefined) appender.appendNull();
  else if (type === 'long') appender.appendBigInt(BigInt(value));
  else if (type === 'double') appender.appendDouble(Number(value));
  else if (type === 'boolean') appender.appendBoolean(value === true);
  else if (type === 'date') appender.appendTimestamp(new DuckDBTimestampValue(BigInt(value) * 1000n));
  else appender.appendVarchar(String(value));
}
