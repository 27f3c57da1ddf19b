import { stat } from 'node:fs/promises';
import type { Log } from '@tailrace/core';
import { type Opened, openWhole, takeBack } from './whole-lines.ts';

/** A file that is appended to. */
export interface OpenFile extends Opened {
  readonly path: string;
  /** After the last append, and as far as it is known to be on the disk. */
  size: number;
  safe: number;
  /** Told how the next fsync went: `null`, or what went wrong. */
  readonly waiting: ((error: Error | null) => void)[];
}

/** Files that are kept open, at most so many. One call at a time. */
export interface OpenFiles {
  /** The file at a path, opened or made if need be, with its size of now. */
  take(path: string): Promise<OpenFile>;
  /** Whether its path still leads to it; if so its size is that of now. */
  isCurrent(file: OpenFile): Promise<boolean>;
  /** Does what its lines wait for, and tells them. */
  sync(file: OpenFile): Promise<void>;
  drop(file: OpenFile): Promise<void>;
  all(): readonly OpenFile[];
}

/** Makes an empty set. `durable`: lines wait for fsync, and the names of new files are on the disk. */
export function createOpenFiles({ most, durable, log }: { most: number; durable: boolean; log: Log }): OpenFiles {
  // In the order of their last use.
  const files = new Map<string, OpenFile>();

  async function sync(file: OpenFile): Promise<void> {
    if (file.waiting.length === 0) return;
    const error = await synced(file);
    for (const tell of file.waiting.splice(0)) tell(error);
    // After a failure nobody knows what is on the disk.
    if (error !== null) await drop(file);
  }
  async function drop(file: OpenFile): Promise<void> {
    if (files.get(file.path) === file) files.delete(file.path);
    await sync(file);
    await file.handle.close().catch(() => {});
  }
  async function isCurrent(file: OpenFile): Promise<boolean> {
    const there = await stat(file.path).catch(() => null);
    if (there?.ino !== file.inode || files.get(file.path) !== file) return false;
    // What another process appended is not ours to take back.
    if (there.size !== file.size) file.safe = there.size;
    file.size = there.size;
    return true;
  }

  return {
    async take(path) {
      const known = files.get(path);
      if (known && (await isCurrent(known))) {
        files.delete(path);
        files.set(path, known);
        return known;
      }
      if (known) await drop(known);
      for (const oldest of [...files.values()].slice(0, Math.max(0, files.size - most + 1))) await drop(oldest);
      const opened = await openWhole(path, durable, log);
      const { size } = await opened.handle.stat();
      const file: OpenFile = { ...opened, path, size, safe: size, waiting: [] };
      files.set(path, file);
      return file;
    },
    isCurrent,
    sync,
    drop,
    all: () => [...files.values()],
  };
}

/** Brings a file on the disk, or takes back what was appended since it last was there; the answer is what went wrong. */
async function synced(file: OpenFile): Promise<Error | null> {
  try {
    await file.handle.datasync();
    file.safe = file.size;
    return null;
  } catch (error) {
    if (file.isRegular) await takeBack(file.handle, file.size, file.safe).catch(() => {});
    return error as Error;
  }
}
