import type { DuckDBConnection } from '@duckdb/node-api';
import { StoreRefused } from './open-failure.ts';

/** Version of the tables below; a store of a higher one is refused. */
const SCHEMA_VERSION = 1;

/** Columns that each row of the three tables ends with: when it was stored, and the position it was read at. */
const POSITIONS = '_received TIMESTAMP, _stream INTEGER, _offset BIGINT, _end BIGINT, _sub UINTEGER';

const TABLES = [
  'CREATE TABLE tailrace (key VARCHAR, value VARCHAR)',
  `INSERT INTO tailrace VALUES ('schema_version', '${SCHEMA_VERSION}')`,
  'CREATE TABLE fields (name VARCHAR, type VARCHAR, is_filled BOOLEAN)',
  'CREATE TABLE streams (number INTEGER, id VARCHAR, source VARCHAR, label VARCHAR, first_seen TIMESTAMP)',
  'CREATE TABLE held (stream INTEGER, sub UINTEGER, "from" BIGINT, "to" BIGINT)',
  `CREATE TABLE logs ("@timestamp" TIMESTAMP, _text VARCHAR, ${POSITIONS})`,
  `CREATE TABLE metrics (time TIMESTAMP, start TIMESTAMP, name VARCHAR, kind VARCHAR, unit VARCHAR, description VARCHAR, temporality VARCHAR,
monotonic BOOLEAN, labels MAP(VARCHAR, VARCHAR), series UBIGINT, value DOUBLE, count DOUBLE, sum DOUBLE, min DOUBLE, max DOUBLE,
bounds DOUBLE[], buckets DOUBLE[], details JSON, ${POSITIONS})`,
  `CREATE TABLE traces (time TIMESTAMP, duration_ns BIGINT, name VARCHAR, kind VARCHAR, trace_id VARCHAR, span_id VARCHAR,
parent_span_id VARCHAR, service VARCHAR, status VARCHAR, status_message VARCHAR, attributes JSON, details JSON, ${POSITIONS})`,
];

/** Makes the tables of a new store, or looks whether those that are there can be used; throws a {@link StoreRefused} when not. */
export async function prepareTables(connection: DuckDBConnection, path: string): Promise<void> {
  const answer = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables() WHERE NOT temporary');
  const tables = answer.getRowsJS().map(([name]) => name);
  if (tables.length === 0) return void (await create(connection));
  if (!tables.includes('tailrace')) {
    throw new StoreRefused(`${path} is a DuckDB file with other tables: give the store another \`path\``);
  }
  const found = await connection.runAndReadAll("SELECT value FROM tailrace WHERE key = 'schema_version'");
  const version = Number(found.getRowsJS()[0]?.[0] ?? Number.NaN);
  if (version === SCHEMA_VERSION) return;
  throw new StoreRefused(
    `${path} has the schema version ${version} and this tailrace knows ${SCHEMA_VERSION}: use a newer tailrace, or another \`path\``,
  );
}

async function create(connection: DuckDBConnection): Promise<void> {
  await connection.run(`BEGIN; ${TABLES.join('; ')}; COMMIT`);
}
