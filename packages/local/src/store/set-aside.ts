import { open, rename } from 'node:fs/promises';
import { StoreDamaged, StoreRefused } from './open-failure.ts';

/** DuckDB's files have this behind an 8-byte checksum (duckdb.org/docs/stable/internals/storage). */
const MAGIC = Buffer.from('DUCK');
const MAGIC_AT = 8;
const HEADER_BYTES = 4096;

/** Looks at a file before DuckDB does: throws a StoreRefused for one that is something else, a StoreDamaged for one without content. */
export async function checkFile(path: string): Promise<void> {
  const head = await headOf(path);
  if (head === null || head.subarray(MAGIC_AT, MAGIC_AT + MAGIC.length).equals(MAGIC)) return;
  // What a loss of power leaves of a file that was being made.
  if (head.every((byte) => byte === 0)) throw new StoreDamaged('it has no content');
  throw new StoreRefused(`${path} is no DuckDB file: give the store another \`path\``);
}

async function headOf(path: string): Promise<Buffer | null> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!file) return null;
  try {
    if ((await file.stat()).isDirectory())
      throw new StoreRefused(`${path} is a folder: give the store another \`path\``);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Renames a damaged store and its write-ahead log, so that a new one can be made in its place; gives the new name. */
export async function setAside(path: string): Promise<string> {
  const name = `${path}.damaged-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
  // The log goes first: behind a new file it would be taken for that file's own.
  for (const end of ['.wal', '']) {
    await rename(`${path}${end}`, `${name}${end}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  return name;
}
