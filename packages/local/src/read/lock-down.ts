import type { DuckDBConnection } from '@duckdb/node-api';

/** Most that statements may put on the disk when they need more memory than they get, in bytes. */
const MAX_SPILL = 1024 ** 3;

/**
 * Most expressions inside each other. DuckDB's own limit is 1,000, and it binds a sum of 900 numbers for half a minute, in which nothing can break
 * it off.
 */
export const MAX_DEPTH = 250;

/**
 * Closes the doors of the whole instance for good: no files, no extensions, no settings; times are UTC. Reads alone still need a transaction that cannot
 * write, and {@link checkStatement}: DELETE, ATTACH ':memory:' and PRAGMA are open to any connection. Call it after all other settings.
 */
export async function lockDown(connection: DuckDBConnection): Promise<void> {
  for (const setting of [
    "TimeZone = 'UTC'",
    `max_expression_depth = ${MAX_DEPTH}`,
    `max_temp_directory_size = '${MAX_SPILL}B'`,
    'autoinstall_known_extensions = false',
    'autoload_known_extensions = false',
    'enable_logging = false',
    'enable_external_access = false',
    'lock_configuration = true',
  ]) {
    await connection.run(`SET GLOBAL ${setting}`);
  }
}
