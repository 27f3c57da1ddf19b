import {
  DOUBLE,
  type DuckDBAppender,
  DuckDBInstance,
  DuckDBTimestampValue,
  LIST,
  listValue,
  MAP,
  mapValue,
  VARCHAR,
} from '@duckdb/node-api';
import type { SqlValue } from './rows.ts';

/** A data point as the store's table has it; times in Unix milliseconds. */
export interface StoredPoint {
  readonly series: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly time: number;
  readonly start?: number | undefined;
  readonly temporality?: 'cumulative' | 'delta' | undefined;
  readonly value?: number | undefined;
  readonly bounds?: readonly number[] | undefined;
  /** Not cumulative, one more than bounds. */
  readonly buckets?: readonly number[] | undefined;
}

/** A DuckDB in memory that holds data points in the table `metrics`. */
export interface MetricsDatabase {
  /** Puts these in the place of the points that are there. */
  fill(points: readonly StoredPoint[]): Promise<void>;
  ask(sql: string): Promise<SqlValue[][]>;
  close(): void;
}

const COLUMNS = `time TIMESTAMP, start TIMESTAMP, name VARCHAR, kind VARCHAR, temporality VARCHAR, labels MAP(VARCHAR, VARCHAR),
series UBIGINT, value DOUBLE, count DOUBLE, bounds DOUBLE[], buckets DOUBLE[]`;

/** An empty table of the columns that queries read. */
export async function openMetrics(): Promise<MetricsDatabase> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE metrics (${COLUMNS})`);
  return {
    async fill(points) {
      await connection.run('TRUNCATE metrics');
      const appender = await connection.createAppender('metrics');
      for (const point of points) append(appender, point);
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

function append(appender: DuckDBAppender, point: StoredPoint): void {
  const { series, name, labels, time, start, temporality, value, bounds, buckets } = point;
  const text = (one: string | undefined) => (one === undefined ? appender.appendNull() : appender.appendVarchar(one));
  const number = (one: number | undefined) => (one === undefined ? appender.appendNull() : appender.appendDouble(one));
  const list = (all: readonly number[] | undefined) =>
    all === undefined ? appender.appendNull() : appender.appendList(listValue([...all]), LIST(DOUBLE));
  appender.appendTimestamp(timeOf(time));
  if (start === undefined) appender.appendNull();
  else appender.appendTimestamp(timeOf(start));
  text(name);
  text(buckets ? 'histogram' : temporality ? 'sum' : 'gauge');
  text(temporality);
  appender.appendMap(
    mapValue(Object.entries(labels).map(([key, one]) => ({ key, value: one }))),
    MAP(VARCHAR, VARCHAR),
  );
  appender.appendUBigInt(BigInt(series));
  number(value);
  number(buckets?.reduce((sum, one) => sum + one, 0));
  list(bounds);
  list(buckets);
  appender.endRow();
}

function timeOf(milliseconds: number): DuckDBTimestampValue {
  return new DuckDBTimestampValue(BigInt(milliseconds) * 1000n);
}
