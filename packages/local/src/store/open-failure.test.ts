import { describe, expect, test } from 'vitest';
import { isBroken, openFailure, StoreDamaged, StoreRefused, StoreShortOfMemory } from './open-failure.ts';

// As DuckDB 1.5.6 says them.
const LOCKED =
  'IO Error: Could not set lock on file "/s": Conflicting lock is held in /usr/bin/node (PID 16329). See also https://duckdb.org/docs/stable/connect/concurrency';
const INVALID =
  'FATAL Error: Failed: database has been invalidated because of a previous fatal error. The database must be restarted prior to being used again.\nOriginal error: ';
const PINNED =
  '"Failed to create checkpoint because of error: failed to pin block of size 980.0 KiB (63.5 MiB/64.0 MiB used)\n\nPossible solutions:"';

describe('what an error of DuckDB means', () => {
  test.each<[string, new (message: string) => Error, string, boolean]>([
    [LOCKED, Error, '/s is in use by process 16329: it is tried again until that one has closed it', false],
    [
      'IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 0',
      StoreDamaged,
      'IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 0',
      true,
    ],
    [
      'IO Error: Failure while replaying WAL file "/s.wal": Corrupt WAL file: entry at byte position 56',
      StoreDamaged,
      'IO Error: Failure while replaying WAL file "/s.wal": Corrupt WAL file: entry at byte position 56',
      true,
    ],
    [
      'IO Error: Trying to read a database file with version number 99, but we can only read versions between 64 and 67.',
      StoreRefused,
      '/s was written by a newer DuckDB: use a newer tailrace, or another path (IO Error: Trying to read a database file with version number 99, but we can only read versions between 64 and 67.)',
      false,
    ],
    [
      INVALID + PINNED,
      StoreShortOfMemory,
      'DuckDB needs more memory than `memory_limit` gives it (63.5 MiB/64.0 MiB used): raise it',
      true,
    ],
    [
      `${INVALID}"Could not write file "/s": No space left on device"`,
      Error,
      `${INVALID}"Could not write file "/s": No space left on device"`,
      true,
    ],
  ])('%s', (message, kind, expected, broken) => {
    const failure = openFailure(new Error(message), '/s');
    expect(failure).toBeInstanceOf(kind);
    expect(failure.constructor).toBe(kind);
    expect(failure.message).toBe(expected);
    expect(isBroken(new Error(message))).toBe(broken);
  });
});
