import { chmod, stat } from 'node:fs/promises';

const OTHERS = 0o077;

/**
 * Bytes of the store and its write-ahead log, whose rights it takes from everybody but the owner: DuckDB makes files with what the umask of
 * the process leaves, the log anew after each checkpoint.
 */
export async function keepPrivate(path: string): Promise<number> {
  const sizes = await Promise.all([path, `${path}.wal`].map(sizeOf));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function sizeOf(file: string): Promise<number> {
  try {
    const { size, mode } = await stat(file);
    if ((mode & OTHERS) !== 0) await chmod(file, mode & 0o700);
    return size;
  } catch {
    // A log comes and goes with the checkpoints; what is wrong with the file itself is said by the statements.
    return 0;
  }
}
