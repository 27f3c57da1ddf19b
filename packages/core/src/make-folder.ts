import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing, with the mode given; the answer is the topmost one that is new. Node's own recursive mkdir
 * never ends where a folder is there and nothing can be made in it because "no such file or directory", as below /proc.
 */
export async function makeFolder(folder: string, mode = 0o750): Promise<string | undefined> {
  const parent = dirname(folder);
  const first = await tryToMake(folder, mode);
  if (first === null) return folder;
  if (first.code === 'ENOENT' && parent !== folder) {
    const made = await makeFolder(parent, mode);
    const second = await tryToMake(folder, mode);
    if (second === null) return made ?? folder;
    if (!(await isThere(folder))) throw second;
    return made;
  }
  if (!(await isThere(folder))) throw first;
  return undefined;
}

async function tryToMake(folder: string, mode: number): Promise<NodeJS.ErrnoException | null> {
  try {
    await mkdir(folder, { mode });
    return null;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

async function isThere(folder: string): Promise<boolean> {
  const there = await stat(folder).catch(() => null);
  return there?.isDirectory() ?? false;
}
