import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What is used here of @duckdb/node-api, which is a dependency of the local store alone. */
interface DuckDB {
  readonly DuckDBInstance: {
    create(
      path: string,
      options: Readonly<Record<string, string>>,
    ): Promise<{ connect(): Promise<Connection>; closeSync(): void }>;
  };
}
interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRowsJS(): unknown[][] }>;
  closeSync(): void;
}

/**
 * A process of its own that lets DuckDB read a file of JSON lines by itself, into the columns and with the settings of the local store:
 * `read-ndjson.ts LINES.log STORE.duckdb STRUCTURE SELECT`. It prints what it used.
 */
const [file = '', store = '', structure = '', select = ''] = process.argv.slice(2);
const local = createRequire(join(import.meta.dirname, '../packages/local/package.json'));
const { DuckDBInstance } = local('@duckdb/node-api') as DuckDB;
const instance = await DuckDBInstance.create(store, {
  ...{ threads: '2', memory_limit: '256MiB' },
  ...{ storage_compatibility_version: 'v1.4.0', zstd_min_string_length: '256' },
});
const connection = await instance.connect();
// `read_ndjson` that gives the text of each object, too.
await connection.run(
  `CREATE TABLE logs AS SELECT json AS _text, ${select} FROM (SELECT json, json_transform(json, '${structure}') AS event
FROM read_ndjson_objects('${file}', maximum_object_size = 33554432))`,
);
await connection.run('CHECKPOINT');
const { user, system } = process.cpuUsage();
const counted = await connection.runAndReadAll('SELECT count(*) FROM logs');
console.log(JSON.stringify({ cpuMicroseconds: user + system, rows: Number(counted.getRowsJS()[0]?.[0]) }));
connection.closeSync();
instance.closeSync();
