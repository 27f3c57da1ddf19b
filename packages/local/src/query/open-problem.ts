/** Why a store was not opened. */
export interface OpenProblem {
  /** Another process has it open. */
  readonly inUse: boolean;
  readonly message: string;
}

/** Why DuckDB did not open the file at `path`, in our words. */
export function openProblem(path: string, said: string): OpenProblem {
  const [, program, id] = /Conflicting lock is held in (.+?) \(PID (\d+)\)/.exec(said) ?? [];
  if (id !== undefined) return { inUse: true, message: `${path} is in use by process ${id} (${program})` };
  if (/Could not set lock|being used by another process/.test(said)) {
    return { inUse: true, message: `${path} is in use by another process` };
  }
  return { inUse: false, message: `${path} ${sentence(said)}` };
}

function sentence(said: string): string {
  if (/version number/.test(said)) {
    return `was written by a version of DuckDB that this one cannot read; use the tailrace that wrote it (${plain(said)})`;
  }
  if (/not a valid DuckDB|Is a directory/.test(said)) return 'is no store: name the file that a `local` sink writes';
  if (/WAL/.test(said)) {
    return `cannot be read: its log ${'`.wal`'} is damaged; move that file away to read what was stored before it (${plain(said)})`;
  }
  if (/Corrupt|Could not read enough/.test(said)) {
    return `is damaged: go on with a copy from before, or with another path (${plain(said)})`;
  }
  if (/Permission denied/.test(said)) return 'cannot be read: ask as its owner';
  return `cannot be opened: ${plain(said)}`;
}

/** Without what DuckDB says of the kind of the error and of where to read more. */
function plain(said: string): string {
  return said
    .replace(/^[A-Z][A-Za-z ]*Error: /, '')
    .split('\n')[0]!
    .trim();
}
