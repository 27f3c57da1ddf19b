import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '@tailrace/core';
import { syncFolder } from './state/atomic-file.ts';

/** A file that whole lines are appended to, each append durable. */
export interface DurableLines {
  /** Resolves when the text is on the disk; rejects with nothing of it left in the file. One at a time. */
  append(text: string): Promise<void>;
  /** Never rejects: what was appended is on the disk already. */
  close(): Promise<void>;
}

const LOOK_BACK_BYTES = 64 * 1024;

/** Opens the file with the first append, and anew when it was renamed or removed meanwhile. */
export function durableLines(file: string): DurableLines {
  let handle: FileHandle | null = null;
  /** Where a failed append began, in a file that could not be cut back to there. */
  let torn: { ino: number; size: number } | null = null;

  async function opened(): Promise<FileHandle> {
    if (handle && !(await isStill(handle, file))) await dropHandle();
    handle ??= await openForAppend(file, torn);
    torn = null;
    return handle;
  }
  async function dropHandle(): Promise<void> {
    const old = handle;
    handle = null;
    await old?.close().catch(() => undefined);
  }

  return {
    async append(text) {
      const to = await opened();
      const { size, ino } = await to.stat();
      try {
        await to.appendFile(text);
        await to.datasync();
      } catch (error) {
        // A torn line would hide the next one from every reader.
        await to.truncate(size).catch(() => {
          torn = { ino, size };
        });
        await dropHandle();
        throw error;
      }
    },
    close: dropHandle,
  };
}

/** Ends a file that a killed process left in the middle of a line, as the next append would. Rejects when there is no such file. */
export async function endLines(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    await endLastLine(handle, size);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Whether the path still leads to the open file; lines in a removed one would be lost. */
async function isStill(handle: FileHandle, file: string): Promise<boolean> {
  const [ours, there] = await Promise.all([handle.stat(), stat(file).catch(() => null)]);
  return there?.ino === ours.ino && there.dev === ours.dev;
}

async function openForAppend(file: string, torn: { ino: number; size: number } | null): Promise<FileHandle> {
  await makeFolder(dirname(file));
  const handle = await open(file, 'a+', 0o640);
  try {
    const found = await handle.stat();
    if (torn?.ino === found.ino) await handle.truncate(torn.size);
    else if (found.isFile() && found.size > 0) await endLastLine(handle, found.size);
    // A new file is durable only when its folder is.
    if (found.size === 0) await syncFolder(dirname(file));
    return handle;
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

/** A process that was killed may have left half a line: it was never acknowledged, so it goes. Whole JSON only lacks its newline. */
async function endLastLine(handle: FileHandle, size: number): Promise<void> {
  let tail = Buffer.alloc(0);
  let start = size;
  let newline = -1;
  while (start > 0 && newline < 0) {
    const length = Math.min(start, LOOK_BACK_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, start - length);
    start -= length;
    tail = Buffer.concat([buffer, tail]);
    newline = tail.lastIndexOf(0x0a);
  }
  const last = tail.subarray(newline + 1);
  if (last.length === 0) return;
  if (isJson(last.toString())) await handle.write('\n', size);
  else await handle.truncate(size - last.length);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
