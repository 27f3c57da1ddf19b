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
    await mustBeThere(folder, second);
    return made;
  }
  await mustBeThere(folder, first);
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

/** Throws why the folder could not be made, unless it is there. */
async function mustBeThere(folder: string, error: NodeJS.ErrnoException): Promise<void> {
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (reason) {
    // A link has the name: where it leads to says more, as that may come to be there.
    if (error.code === 'EEXIST') throw reason;
  }
  throw error;
}
