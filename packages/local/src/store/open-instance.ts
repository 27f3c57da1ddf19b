import { DuckDBInstance } from '@duckdb/node-api';

/** What DuckDB gets to work with. */
export interface InstanceOptions {
  readonly path: string;
  /** Bytes. */
  readonly memoryLimit: number;
  readonly threads: number;
  /** Length of the write-ahead log at which the retention writes its content to its place, in bytes. */
  readonly logBytes?: number;
}

/**
 * The oldest DuckDB that has to read our files. Files of the version that is the default (1.0) have neither Zstandard nor shared dictionaries
 * and are ten times as large.
 */
const STORAGE_VERSION = 'v1.4.0';
/** Columns with longer texts than that on average are compressed by Zstandard, in characters; DuckDB's default leaves events as they are. */
const ZSTD_FROM = 256;

/**
 * A checkpoint gives no space back while anybody reads, so it is made when nobody does; DuckDB makes one by itself when the log is so many times
 * as long.
 */
const LATE = 8;

/** Opens a DuckDB file for reading and writing, or makes it. */
export async function openInstance(options: InstanceOptions): Promise<DuckDBInstance> {
  const { path, memoryLimit, threads, logBytes } = options;
  return await DuckDBInstance.create(path, {
    ...(logBytes !== undefined && { checkpoint_threshold: `${Math.round((LATE * logBytes) / 1024)}KiB` }),
    memory_limit: `${Math.round(memoryLimit / 1024)}KiB`,
    threads: String(threads),
    storage_compatibility_version: STORAGE_VERSION,
    zstd_min_string_length: String(ZSTD_FROM),
  });
}
