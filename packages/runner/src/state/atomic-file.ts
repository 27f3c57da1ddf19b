import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What replacing files needs of a filesystem; a test brings one that forgets what was not synced. */
export interface StateFs {
  /** The whole text; an error with code `ENOENT` when there is no such file. */
  read(path: string): Promise<string>;
  /** A new, empty file for writing, whatever stood there. */
  create(path: string): Promise<NewFile>;
  rename(from: string, to: string): Promise<void>;
  /** Makes a rename or a new file in the folder durable. */
  syncFolder(folder: string): Promise<void>;
}

interface NewFile {
  write(text: string): Promise<void>;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The filesystem of the machine. */
export const diskFiles: StateFs = {
  read: (path) => readFile(path, 'utf8'),
  async create(path) {
    const handle = await open(path, 'w', 0o640);
    return {
      write: (text) => handle.writeFile(text),
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename,
  syncFolder,
};

/** Replaces a file as a whole and durably: after a crash it holds the old text or the new one. */
export async function writeAtomically(file: string, text: string, fs: StateFs = diskFiles): Promise<void> {
  const part = `${file}.part`;
  const created = await fs.create(part);
  try {
    await created.write(text);
    await created.sync();
  } finally {
    await created.close();
  }
  await fs.rename(part, file);
  await fs.syncFolder(dirname(file));
}

/** Makes a rename or a new file in the folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
