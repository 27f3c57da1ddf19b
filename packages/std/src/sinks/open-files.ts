import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '@tailrace/core';

/** Files that are appended to, at most so many open at a time. */
export interface OpenFiles {
  /** Appends whole lines, all or none; says what went wrong, `null` when nothing did. */
  append(path: string, lines: readonly Uint8Array[]): Promise<string | null>;
  close(): Promise<void>;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: number;
}

/** Makes an empty set; nothing is opened before the first append. */
export function createOpenFiles(options: { most: number; fsync: boolean; log: Log }): OpenFiles {
  const { most, fsync, log } = options;
  // In the order of their last use.
  const files = new Map<string, OpenFile>();

  const drop = async (path: string): Promise<void> => {
    const known = files.get(path);
    files.delete(path);
    await known?.handle.close().catch(() => {});
  };

  const take = async (path: string): Promise<OpenFile> => {
    const known = files.get(path);
    if (known && (await inodeOf(path)) === known.inode) {
      files.delete(path);
      files.set(path, known);
      return known;
    }
    await drop(path);
    for (const oldest of [...files.keys()].slice(0, Math.max(0, files.size - most + 1))) await drop(oldest);
    const opened = await openWhole(path, log);
    files.set(path, opened);
    return opened;
  };

  return {
    async append(path, lines) {
      try {
        const { handle } = await take(path);
        await appendAll(handle, Buffer.concat(lines), fsync);
        return null;
      } catch (error) {
        // Opened anew next time: that also cuts off what could not be taken back.
        await drop(path);
        return (error as Error).message;
      }
    },
    async close() {
      for (const path of [...files.keys()]) await drop(path);
    },
  };
}

/** Writes everything or, when that fails, takes back what was written. */
async function appendAll(handle: FileHandle, bytes: Uint8Array, fsync: boolean): Promise<void> {
  const before = (await handle.stat()).size;
  let written = 0;
  try {
    while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
    if (fsync) await handle.datasync();
  } catch (error) {
    const { size } = await handle.stat();
    // Only what is ours: another process may have appended behind it.
    if (written > 0 && size === before + written) await handle.truncate(before);
    throw error;
  }
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch {
    return null;
  }
}

async function openWhole(path: string, log: Log): Promise<OpenFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const handle = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o640);
  try {
    const { ino, size, ...kind } = await handle.stat();
    if ((kind.mode & constants.S_IFMT) === constants.S_IFREG) await mendEnd(handle, size, path, log);
    return { handle, inode: ino };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const NEWLINE = 0x0a;
const TAIL_BYTES = 8_500_000;

/** Ends the file's last line: one that a crash left half is cut off, a whole one gets its newline. */
async function mendEnd(handle: FileHandle, size: number, path: string, log: Log): Promise<void> {
  if (size === 0) return;
  const last = await readAt(handle, size - 1, 1);
  if (last[0] === NEWLINE) return;
  const from = Math.max(0, size - TAIL_BYTES);
  const tail = await readAt(handle, from, size - from);
  const begin = tail.lastIndexOf(NEWLINE) + 1;
  if ((begin > 0 || from === 0) && !isJson(tail.subarray(begin))) {
    await handle.truncate(from + begin);
    log.warn({ path, bytes: tail.length - begin }, 'cut off half a line at the end of a file, left by a crash');
    return;
  }
  await handle.write(Uint8Array.of(NEWLINE));
}

async function readAt(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, from);
  return buffer.subarray(0, bytesRead);
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
