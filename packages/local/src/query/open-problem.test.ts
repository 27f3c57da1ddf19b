import { expect, test } from 'vitest';
import { openProblem } from './open-problem.ts';

// Sentences of DuckDB 1.5.6, and of versions that wrote the files.
test.each([
  [
    'IO Error: Could not set lock on file "/s/store.duckdb": Conflicting lock is held in /usr/bin/node (PID 4897). See also https://duckdb.org/docs/stable/connect/concurrency',
    true,
    'S is in use by process 4897 (/usr/bin/node)',
  ],
  [
    'IO Error: Could not set lock on file "/s/store.duckdb": Resource temporarily unavailable',
    true,
    'S is in use by another process',
  ],
  [
    'IO Error: Trying to read a database file with version number 99, but we can only read versions between 64 and 68.\nThe database file was created with a newer version.',
    false,
    'S was written by a version of DuckDB that this one cannot read; use the tailrace that wrote it (Trying to read a database file with version number 99, but we can only read versions between 64 and 68.)',
  ],
  [
    'IO Error: Failure while replaying WAL file "/s/store.duckdb.wal": Corrupt WAL file: entry at byte position 156 computed checksum 7 does not match stored checksum 8',
    false,
    'S cannot be read: its log `.wal` is damaged; move that file away to read what was stored before it (Failure while replaying WAL file "/s/store.duckdb.wal": Corrupt WAL file: entry at byte position 156 computed checksum 7 does not match stored checksum 8)',
  ],
  ['IO Error: Cannot open file "/s/store.duckdb": Permission denied', false, 'S cannot be read: ask as its owner'],
  ['IO Error: Too many open files', false, 'S cannot be opened: Too many open files'],
])('%s', (said, inUse, message) => expect(openProblem('S', said)).toEqual({ inUse, message }));
