import { DuckDBInstance } from '@duckdb/node-api';

/** What DuckDB gets to work with. */
export interface InstanceOptions {
  readonly path: string;
  /** Bytes. */
  readonly memoryLimit: number;
  readonly threads: number;
}

/**
 * The oldest DuckDB that has to read our files. Files of the version that is the default (1.0) have neither Zstandard nor shared dictionaries
 * and are ten times as large.
 */
const STORAGE_VERSION = 'v1.4.0';
/** Columns with longer texts than that on average are compressed by Zstandard, in characters; DuckDB's default leaves events as they are. */
const ZSTD_FROM = 256;

/** Opens a DuckDB file for reading and writing, or makes it. */
export async function openInstance({ path, memoryLimit, threads }: InstanceOptions): Promise<DuckDBInstance> {
  return await DuckDBInstance.create(path, {
    memory_limit: `${Math.round(memoryLimit / 1024)}KiB`,
    threads: String(threads),
    storage_compatibility_version: STORAGE_VERSION,
    zstd_min_string_length: String(ZSTD_FROM),
  });
}
