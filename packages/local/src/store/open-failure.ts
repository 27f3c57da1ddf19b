/** A store that must not be used as it is; the message says what to do. Waiting does not help. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}

/** A file whose content is damaged; it can be set aside. */
export class StoreDamaged extends Error {
  override readonly name = 'StoreDamaged';
}

/** A body, or what has to be written to its place, needs more memory than DuckDB may use. */
export class StoreShortOfMemory extends Error {
  override readonly name = 'StoreShortOfMemory';
}

/** A body with a value that DuckDB does not take; nothing of the body was stored, and nothing is wrong with the store. */
export class ValuesRefused extends Error {
  override readonly name = 'ValuesRefused';
}

/** What DuckDB says of values, which it may show as they are. */
const VALUES = /^(conversion|invalid input|out of range) error/i;
/** Longest message of one of them, in characters. */
const MESSAGE_LENGTH = 500;

/** An error of writing rows: a {@link ValuesRefused} when the same rows would always cause it, else as it is. */
export function rowsFailure(error: unknown): unknown {
  const isOfValues =
    error instanceof RangeError || error instanceof TypeError || (error instanceof Error && VALUES.test(error.message));
  return isOfValues ? new ValuesRefused(error.message.slice(0, MESSAGE_LENGTH)) : error;
}

/** What DuckDB (1.5) says of a file that was cut short or changed. */
const DAMAGED =
  /corrupt (database|wal) file|failure while replaying wal|could not read enough bytes|not a valid duckdb database file/i;
const NEWER = /database file with version number|newer version of duckdb/i;
const LOCKED = /could not set lock on file.*?(?:\(PID (\d+)\)|$)/is;
const MEMORY = /out of memory|(?:failed to pin|could not allocate) block|failed to allocate/i;
/** After some errors an instance refuses all further work until it is opened again. */
const BROKEN = /has been invalidated|fatal error|internal error|connection (was )?closed/i;

/** What DuckDB's error about the file at `path` means: a StoreRefused, a StoreDamaged, a StoreShortOfMemory, a ValuesRefused, or an error that may pass. */
export function openFailure(error: unknown, path: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreRefused || error instanceof StoreDamaged || error instanceof ValuesRefused) return error;
  if (MEMORY.test(message)) {
    const [, used = ''] = /\(([^()]* used)\)/.exec(message) ?? [];
    return new StoreShortOfMemory(`DuckDB needs more memory than \`memory_limit\` gives it (${used}): raise it`);
  }
  if (NEWER.test(message)) {
    return new StoreRefused(
      `${path} was written by a newer DuckDB: use a newer tailrace, or another path (${message})`,
    );
  }
  if (DAMAGED.test(message)) return new StoreDamaged(message);
  const locked = LOCKED.exec(message);
  if (locked) {
    const owner = locked[1] === undefined ? 'another process' : `process ${locked[1]}`;
    return new Error(`${path} is in use by ${owner}: it is tried again until that one has closed it`);
  }
  return error instanceof Error ? error : new Error(message);
}

/** Whether the instance has to be opened again after this error. */
export function isBroken(error: unknown): boolean {
  // An event may say anything.
  if (error instanceof ValuesRefused) return false;
  return error instanceof Error && (BROKEN.test(error.message) || DAMAGED.test(error.message));
}
