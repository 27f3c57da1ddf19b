import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '@tailrace/core';
import { syncFolder } from '../../state/atomic-file.ts';

/** An open file of a queue. Offsets and lengths are bytes. */
export interface QueueFile {
  /** Writes all parts, one after the other, from an offset on; resolves before they are durable. */
  write(parts: readonly Uint8Array[], at: number): Promise<void>;
  /** Reads so many bytes, fewer only at the end of the file. */
  read(at: number, length: number): Promise<Buffer>;
  size(): Promise<number>;
  truncate(size: number): Promise<void>;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a disk queue needs of a filesystem; tests bring one that forgets what was not synced. */
export interface QueueFs {
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder and those above it, durably. */
  makeFolder(folder: string): Promise<void>;
  /** `create`: a new, empty file for writing and reading, whatever stood there. */
  open(path: string, how: 'create' | 'read' | 'change'): Promise<QueueFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes new, renamed and removed names in a folder durable. */
  syncFolder(folder: string): Promise<void>;
}

const FLAGS = { create: 'w+', read: 'r', change: 'r+' } as const;

/** The filesystem of the machine. */
export const diskFs: QueueFs = {
  async list(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  async makeFolder(folder) {
    const made = await makeFolder(folder);
    if (made === undefined) return;
    for (let parent = dirname(folder); parent.length >= dirname(made).length; parent = dirname(parent)) {
      await syncFolder(parent);
      if (parent === dirname(parent)) break;
    }
  },
  async open(path, how) {
    return fileOf(await open(path, FLAGS[how], 0o640));
  },
  rename,
  remove: unlink,
  syncFolder,
};

function fileOf(handle: FileHandle): QueueFile {
  return {
    async write(parts, at) {
      const { bytesWritten: first } = await handle.writev(parts, at);
      const size = parts.reduce((sum, part) => sum + part.length, 0);
      if (first === size) return;
      // A disk that is nearly full takes a part; the next write says why.
      const bytes = Buffer.concat(parts);
      for (let done = first; done < size; )
        done += (await handle.write(bytes, done, size - done, at + done)).bytesWritten;
    },
    async read(at, length) {
      const buffer = Buffer.allocUnsafeSlow(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(buffer, done, length - done, at + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
    size: async () => (await handle.stat()).size,
    truncate: (size) => handle.truncate(size),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

/** Reads a whole file. */
export async function readWhole(fs: QueueFs, path: string): Promise<Buffer> {
  const file = await fs.open(path, 'read');
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

/** Writes a new file and makes its bytes durable; its name is only with the next `syncFolder`. */
export async function writeWhole(fs: QueueFs, path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await fs.open(path, 'create');
  try {
    await file.write(parts, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
