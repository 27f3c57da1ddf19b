import { createReadStream } from 'node:fs';
import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { durableLines } from '../durable-lines.ts';
import type { PipelineSettings } from '../options.ts';
import { syncFolder } from '../state/atomic-file.ts';

/** How much is kept, in bytes. */
export interface LetterLimits {
  /** A file that would become larger is set aside and a new one begun. */
  readonly maxFileBytes: number;
  /** All files together. */
  readonly maxBytes: number;
  readonly whenFull: 'block' | 'drop_oldest';
}

/** The limits that a pipeline sets. */
export function letterLimits(settings: PipelineSettings['dead_letters']): LetterLimits {
  const { max_file_bytes: maxFileBytes, max_bytes: maxBytes, when_full: whenFull } = settings;
  return { maxFileBytes, maxBytes, whenFull };
}

/** The size at which a file is set aside: with fewer than four files, dropping the oldest would drop most of the letters. */
export function fileLimitOf({ maxFileBytes, maxBytes }: LetterLimits): number {
  return Math.min(maxFileBytes, Math.max(1, Math.floor(maxBytes / 4)));
}

/** One file of letters. */
export interface LetterFile {
  readonly path: string;
  readonly bytes: number;
}

/** Files of letters that are appended to, rotated and bounded. */
export interface LetterFiles {
  /** Appends the first lines (with their newlines) that fit into one file, durably; gives their number. Rejects with none appended. */
  append(lines: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/**
 * Letters in `file`; full files stand beside it with a rising number (`dead-letters.000001.ndjson`). What is on the disk is looked at
 * before each append, so files may be taken away at any time. `onDropped` hears of a file that was removed to make room.
 */
export function letterFiles(
  file: string,
  limits: LetterLimits,
  onDropped: (path: string, letters: number) => void,
): LetterFiles {
  const output = durableLines(file);
  const fileLimit = fileLimitOf(limits);

  /** Removes the oldest until there is room; throws when nothing may be removed. */
  async function makeRoom(need: number): Promise<void> {
    for (;;) {
      const found = await listLetterFiles(file);
      const total = found.reduce((sum, one) => sum + one.bytes, 0);
      // A letter that is larger than the whole limit must not block for ever.
      if (total === 0 || total + need <= limits.maxBytes) return;
      if (limits.whenFull === 'block') {
        throw new Error(`${total} bytes of dead letters reach max_bytes ${limits.maxBytes}: replay or remove them`);
      }
      const oldest = found[0]!.path === file ? await setAside(file) : found[0]!.path;
      const letters = await countLines(oldest);
      await unlink(oldest);
      await syncFolder(dirname(file));
      onDropped(oldest, letters);
    }
  }

  return {
    async append(lines) {
      const present = await sizeOf(file);
      const sizes = lines.map((line) => Buffer.byteLength(line));
      const rotates = present > 0 && present + sizes[0]! > fileLimit;
      let count = 0;
      let bytes = rotates ? 0 : present;
      const before = bytes;
      while (count < lines.length && (count === 0 || bytes + sizes[count]! <= fileLimit)) bytes += sizes[count++]!;
      await makeRoom(bytes - before);
      // It may have been removed meanwhile, to make room or by somebody else.
      if (rotates && (await sizeOf(file)) > 0) await setAside(file);
      await output.append(lines.slice(0, count).join(''));
      return count;
    },
    close: () => output.close(),
  };
}

/** All files of letters, the oldest first; `file` itself comes last. */
export async function listLetterFiles(file: string): Promise<LetterFile[]> {
  const names = await readdir(dirname(file)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  const numbered = names.flatMap((name) => {
    const number = numberOf(name, file);
    return number === undefined ? [] : [{ path: join(dirname(file), name), number }];
  });
  const paths = [...numbered.toSorted((a, b) => a.number - b.number).map(({ path }) => path), file];
  const sized = await Promise.all(paths.map(async (path) => ({ path, bytes: await sizeOf(path) })));
  return sized.filter(({ bytes }) => bytes > 0);
}

/** Renames the file that is appended to, so that it does not change any more; gives its new path. */
export async function setAside(file: string): Promise<string> {
  const names = await readdir(dirname(file));
  const last = names.reduce((most, name) => Math.max(most, numberOf(name, file) ?? 0), 0);
  const extension = extname(file);
  const stem = basename(file, extension);
  const path = join(dirname(file), `${stem}.${String(last + 1).padStart(6, '0')}${extension}`);
  await rename(file, path);
  await syncFolder(dirname(file));
  return path;
}

function numberOf(name: string, file: string): number | undefined {
  const extension = extname(file);
  const stem = `${basename(file, extension)}.`;
  if (!name.startsWith(stem) || !name.endsWith(extension)) return undefined;
  const digits = name.slice(stem.length, name.length - extension.length);
  return /^\d{6,15}$/.test(digits) ? Number(digits) : undefined;
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : 0;
}

async function countLines(path: string): Promise<number> {
  let lines = 0;
  for await (const read of createReadStream(path)) {
    const chunk = read as Buffer;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines++;
  }
  return lines;
}
