import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { FieldType, Log } from '@tailrace/core';
import type { FieldColumn } from '../field-columns.ts';
import { lockDown } from '../read/lock-down.ts';
import { createReads, type ReadAnswer, type ReadLimits } from '../read/read.ts';
import type { Arrivals } from '../record-format.ts';
import { appender } from './append.ts';
import { countAll, countMore } from './counts.ts';
import { prepareFields } from './field-table.ts';
import { LEDGER_STAGING } from './ledger.ts';
import { LOG_STAGING } from './log-rows.ts';
import { type InstanceOptions, openInstance } from './open-instance.ts';
import { checkFile } from './set-aside.ts';
import { prepareTables } from './tables.ts';
import { turns } from './turns.ts';

/** What the store holds. Times are Unix milliseconds, of the oldest and newest log event; null while there is none. */
export interface StoreCounts {
  readonly logs: number;
  readonly metrics: number;
  readonly traces: number;
  readonly first: number | null;
  readonly last: number | null;
  /** On the disk. */
  readonly bytes: number;
}

/** What became of a body. */
export interface Stored {
  readonly stored: number;
  /** Events that were in the store already. */
  readonly duplicates: number;
  /** Log events with half of a surrogate pair, which DuckDB cannot read: it was stored as U+FFFD. */
  readonly mended: number;
  /** Why an entry of the body cannot be read at all: data points and spans whose protobuf is broken. */
  readonly refused: ReadonlyMap<number, string>;
}

/** An open store; this process is the only one that has it. */
export interface Store {
  readonly path: string;
  /** Declared columns of `logs` with their types, and `@timestamp`. */
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Rises with every commit. */
  readonly revision: number;
  /** Hears of each commit until the function that it gives is called. */
  onChange(listener: () => void): () => void;
  counts(): StoreCounts;
  /** Stores events, those that it has not yet, in one transaction; rejects when nothing of it was stored. */
  append(arrivals: Arrivals): Promise<Stored>;
  /**
   * Runs work on the writing connection while nobody writes or reads; what it changes is seen as a commit. Reads that take long are broken
   * off, all of them when `hurry` aborts.
   */
  change<T>(work: (connection: DuckDBConnection) => Promise<T>, hurry?: AbortSignal): Promise<T>;
  /** One read statement on a connection of its own inside BEGIN TRANSACTION READ ONLY. */
  read(sql: string, limits: ReadLimits): Promise<ReadAnswer>;
  close(): Promise<void>;
}

/** How long a change waits for reads under way. */
const PATIENCE_MS = 10_000;

/** How a store is opened. */
export interface StoreOptions extends InstanceOptions {
  readonly fields: readonly FieldColumn[];
  readonly log?: Log;
}

/**
 * Opens the store at `path`, or makes it; rejects with a StoreRefused when it must not be used, with a StoreDamaged when its content is
 * damaged, with another error when that may pass.
 */
export async function openStore({ fields, log, ...options }: StoreOptions): Promise<Store> {
  const { path } = options;
  await checkFile(path);
  const instance = await openInstance(options);
  try {
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    await prepareTables(connection, path);
    const columns = await prepareFields(connection, fields, log);
    await connection.run(`${LEDGER_STAGING}; ${LOG_STAGING}`);
    await lockDown(connection);
    return await storeOver(path, instance, connection, columns);
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

async function storeOver(
  path: string,
  instance: DuckDBInstance,
  connection: DuckDBConnection,
  fields: readonly FieldColumn[],
): Promise<Store> {
  const { append, forget } = appender(connection, fields);
  const types = Object.fromEntries(fields.map(({ name, type }) => [name, type]));
  const listeners = new Set<() => void>();
  const inTurn = turns();
  const reads = createReads(instance);
  let counts = await countAll(connection, path);
  let revision = 0;
  const committed = (now: StoreCounts): void => {
    counts = now;
    revision++;
    for (const listener of listeners) listener();
  };
  async function changed<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    try {
      return await work(connection);
    } finally {
      forget();
      committed(await countAll(connection, path));
    }
  }
  return {
    path,
    fields: { '@timestamp': 'date', ...types },
    get revision() {
      return revision;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    counts: () => counts,
    append: (arrivals) =>
      inTurn(async () => {
        const { stored, rows } = await append(arrivals);
        if (rows.length > 0) committed(await countMore(counts, arrivals.signal, rows, path));
        return stored;
      }),
    async change(work, hurry) {
      // Before its turn: bodies are stored while reads end.
      const resume = await reads.pause(PATIENCE_MS, hurry);
      try {
        return await inTurn(() => changed(work));
      } finally {
        resume();
      }
    },
    read: (sql, limits) => reads.read(sql, limits),
    close: () =>
      inTurn(async () => {
        await reads.close();
        connection.closeSync();
        instance.closeSync();
      }),
  };
}
