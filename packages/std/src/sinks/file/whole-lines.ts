import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Log, makeFolder } from '@tailrace/core';

/** A file that was opened for whole lines to be appended. */
export interface Opened {
  readonly handle: FileHandle;
  readonly inode: number;
  /** False for a device or a pipe, which is neither cut nor rotated. */
  readonly isRegular: boolean;
  /** Unix milliseconds. */
  readonly born: number;
}

/** Opens or makes a file; its last line is whole afterwards. `durable`: a new name is on the disk before it is written to. */
export async function openWhole(path: string, durable: boolean, log: Log): Promise<Opened> {
  const folder = dirname(path);
  const made = await makeFolder(folder);
  const handle = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o640);
  try {
    const stats = await handle.stat();
    const isRegular = stats.isFile();
    if (isRegular) await mendEnd(handle, stats.size, path, log);
    if (isRegular && durable && stats.size === 0) await syncNames(folder, made);
    return { handle, inode: stats.ino, isRegular, born: stats.birthtimeMs || Date.now() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Writes everything or, when that fails, takes back what was written. `before`: the size of the file. */
export async function appendAll({ handle, isRegular }: Opened, bytes: Uint8Array, before: number): Promise<void> {
  let written = 0;
  try {
    while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
  } catch (error) {
    if (written > 0 && isRegular) await takeBack(handle, before + written, before);
    throw error;
  }
}

/** Cuts a file to `to` bytes if it still has `from`: another process may have appended behind what is ours. */
export async function takeBack(handle: FileHandle, from: number, to: number): Promise<void> {
  if ((await handle.stat()).size === from) await handle.truncate(to);
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The folder's names, and its own name where it and folders above it (from `made` on) are new. */
async function syncNames(folder: string, made: string | undefined): Promise<void> {
  await syncFolder(folder);
  if (made === undefined) return;
  for (let child = folder; child.length >= made.length; child = dirname(child)) await syncFolder(dirname(child));
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
