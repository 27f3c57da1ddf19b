import { DuckDBInstance } from '@duckdb/node-api';
import { double, text } from './quote.ts';
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
      if (points.length > 0) await connection.run(`INSERT INTO metrics VALUES ${points.map(rowOf).join(',')}`);
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

function rowOf({ series, name, labels, time, start, temporality, value, bounds, buckets }: StoredPoint): string {
  const pairs = Object.entries(labels);
  const map = `MAP([${pairs.map(([key]) => text(key)).join(', ')}], [${pairs.map(([, label]) => text(label)).join(', ')}])`;
  const kind = buckets ? 'histogram' : temporality ? 'sum' : 'gauge';
  const count = buckets?.reduce((sum, one) => sum + one, 0);
  const cells = [
    ...[timeOf(time), start === undefined ? 'NULL' : timeOf(start), text(name), text(kind)],
    ...[temporality === undefined ? 'NULL' : text(temporality), map, String(series), numberOf(value), numberOf(count)],
    ...[bounds, buckets].map((list) => (list === undefined ? 'NULL' : `[${list.map(numberOf).join(', ')}]`)),
  ];
  return `(${cells.join(', ')})`;
}

function timeOf(milliseconds: number): string {
  return `make_timestamp(${milliseconds * 1000})`;
}

function numberOf(value: number | undefined): string {
  if (value === undefined) return 'NULL';
  return Number.isFinite(value) ? double(value) : `CAST('${value}' AS DOUBLE)`;
}
