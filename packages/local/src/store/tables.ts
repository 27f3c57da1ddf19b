import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier } from '@tailrace/dashboards';
import type { FieldColumn } from '../field-columns.ts';
import { columnType } from './log-columns.ts';

/** Version of the tables below; a store of a higher one is refused. */
export const SCHEMA_VERSION = 1;

/** Columns that each row of the three tables ends with: when it was stored, and the position it was read at. */
export const POSITION_COLUMNS = ['_received', '_stream', '_offset', '_end', '_sub'];
const POSITIONS = '_received TIMESTAMP, _stream INTEGER, _offset BIGINT, _end BIGINT, _sub UINTEGER';

const TABLES = [
  'CREATE TABLE tailrace (key VARCHAR, value VARCHAR)',
  `INSERT INTO tailrace VALUES ('schema_version', '${SCHEMA_VERSION}')`,
  'CREATE TABLE fields (name VARCHAR, type VARCHAR)',
  'CREATE TABLE streams (number INTEGER, id VARCHAR, source VARCHAR, label VARCHAR, first_seen TIMESTAMP)',
  'CREATE TABLE held (stream INTEGER, sub UINTEGER, "from" BIGINT, "to" BIGINT)',
  `CREATE TABLE logs ("@timestamp" TIMESTAMP, _text VARCHAR, ${POSITIONS})`,
  `CREATE TABLE metrics (time TIMESTAMP, start TIMESTAMP, name VARCHAR, kind VARCHAR, unit VARCHAR, description VARCHAR, temporality VARCHAR,
monotonic BOOLEAN, labels MAP(VARCHAR, VARCHAR), series UBIGINT, value DOUBLE, count DOUBLE, sum DOUBLE, min DOUBLE, max DOUBLE,
bounds DOUBLE[], buckets DOUBLE[], details JSON, ${POSITIONS})`,
  `CREATE TABLE traces (time TIMESTAMP, duration_ns BIGINT, name VARCHAR, kind VARCHAR, trace_id VARCHAR, span_id VARCHAR,
parent_span_id VARCHAR, service VARCHAR, status VARCHAR, status_message VARCHAR, attributes JSON, details JSON, ${POSITIONS})`,
];

/** A store that this version cannot work with; the message says what to do. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}

/** Makes the tables of a new store, or looks whether those that are there can be used, and gives `logs` the columns it lacks. */
export async function prepareTables(connection: DuckDBConnection, fields: readonly FieldColumn[]): Promise<void> {
  const version = await schemaVersion(connection);
  if (version === null) await create(connection);
  else if (version !== SCHEMA_VERSION) {
    throw new StoreRefused(
      `the store has the schema version ${version} and this tailrace knows ${SCHEMA_VERSION}: use a newer tailrace, or another path`,
    );
  }
  await addColumns(connection, fields);
}

async function schemaVersion(connection: DuckDBConnection): Promise<number | null> {
  const tables = await connection.runAndReadAll("SELECT 1 FROM duckdb_tables() WHERE table_name = 'tailrace'");
  if (tables.currentRowCount === 0) return null;
  const found = await connection.runAndReadAll("SELECT value FROM tailrace WHERE key = 'schema_version'");
  return Number(found.getRowsJS()[0]?.[0] ?? Number.NaN);
}

async function create(connection: DuckDBConnection): Promise<void> {
  await connection.run(`BEGIN; ${TABLES.join('; ')}; COMMIT`);
}

async function addColumns(connection: DuckDBConnection, fields: readonly FieldColumn[]): Promise<void> {
  const known = new Set((await declaredFields(connection)).keys());
  for (const field of fields) {
    if (known.has(field.name)) continue;
    await connection.run('BEGIN');
    await connection.run(`ALTER TABLE logs ADD COLUMN ${identifier(field.name)} ${columnType(field)}`);
    await connection.run('INSERT INTO fields VALUES ($1, $2)', [field.name, field.type]);
    await connection.run('COMMIT');
  }
}

/** Types of the fields that `logs` has columns for. */
export async function declaredFields(connection: DuckDBConnection): Promise<Map<string, string>> {
  const rows = await connection.runAndReadAll('SELECT name, type FROM fields ORDER BY rowid');
  return new Map(rows.getRowsJS() as [string, string][]);
}
