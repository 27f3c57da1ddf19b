import { type BigIntStats, constants, fstatSync } from 'node:fs';
import { access, opendir, readdir, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { identityKey, identityOf } from './identity.ts';

/** A regular file that the patterns name, symlinks followed. */
export interface Found {
  readonly path: string;
  /** Where it was written, when it was found elsewhere after a rotation: its events get the names in that path. */
  readonly knownAs?: { readonly path: string; readonly home: string };
  readonly stats: BigIntStats;
}

/** The key of a file that was found. */
export function keyOfFound({ stats }: Found, births: boolean): string {
  return identityKey(identityOf(stats, births));
}

/** What a search gave; `failures` are files and folders that cannot be looked at. */
export interface Search {
  readonly files: readonly Found[];
  readonly failures: ReadonlyMap<string, Error>;
}

// Stats under way at once: libuv has four threads by default, so more would only take memory.
const AT_ONCE = 16;

/** Absolute patterns, and those of what is left out of what they match. */
export interface Patterns {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Prepares a search for files by patterns; the files that this process writes its own output to are left out. */
export function createSearch(patterns: readonly Patterns[]): () => Promise<Search> {
  const own = ownOutputs();
  const bases = [...new Set(patterns.flatMap(({ include }) => include.map(baseOf)))];
  async function list(failures: Map<string, Error>): Promise<string[]> {
    // Patterns are compared with paths relative to `cwd`: only from the root does `/**` mean the same wherever the process was started.
    const settings = { cwd: '/', absolute: true, dot: true, expandDirectories: false, followSymbolicLinks: true };
    try {
      const found = new Set<string>();
      for (const { include, exclude } of patterns) {
        for (const path of await glob([...include], { ...settings, ignore: [...exclude] })) found.add(path);
      }
      return [...found];
    } catch (error) {
      if (!isSystemError(error)) throw error;
      // Which folders are missing in the list is not known, so none of them was seen.
      for (const base of bases) failures.set(base, error);
      return [];
    }
  }

  return async () => {
    const failures = new Map<string, Error>();
    for (const base of bases) await checkFolder(base, failures);
    const paths = await list(failures);
    paths.sort();
    const files: (Found | undefined)[] = new Array(paths.length);
    let next = 0;
    const lookAt = async (): Promise<void> => {
      while (next < paths.length) {
        const i = next++;
        files[i] = await look(paths[i]!, failures);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lookAt));
    const regular = files.filter((found) => found?.stats.isFile() && !own.has(`${found.stats.dev}:${found.stats.ino}`));
    return { files: regular as Found[], failures };
  };
}

/** The folder of a pattern before its first wildcard. */
export function baseOf(pattern: string): string {
  const steps = pattern.split(sep);
  const wild = steps.findIndex((step) => /[*?[\]{}()!+@\\]/.test(step));
  return wild < 0 ? dirname(pattern) : join(sep, ...steps.slice(0, wild));
}

async function look(path: string, failures: Map<string, Error>): Promise<Found | undefined> {
  try {
    return { path, stats: await stat(path, { bigint: true }) };
  } catch (error) {
    if (!isMissing(error)) failures.set(path, error as Error);
    return undefined;
  }
}

async function checkFolder(folder: string, failures: Map<string, Error>): Promise<void> {
  try {
    await access(folder, constants.X_OK);
    // The search itself is silent about a folder that it cannot list.
    await (await opendir(folder)).close();
  } catch (error) {
    if (!isMissing(error)) failures.set(folder, error as Error);
  }
}

/** Whether an error only says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether an error came from the system, and not from a bug. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** Whether an error only says that too many files are open, in this process or in the system. */
export function isShortOfDescriptors({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EMFILE' || code === 'ENFILE';
}

/** `device:inode` of standard output and error: reading what we write would never end. */
function ownOutputs(): ReadonlySet<string> {
  const own = new Set<string>();
  for (const descriptor of [1, 2]) {
    try {
      const { dev, ino } = fstatSync(descriptor, { bigint: true });
      own.add(`${dev}:${ino}`);
    } catch {
      // Closed: nothing is written there.
    }
  }
  return own;
}

/** A file in the folder of `place` that is the wanted one: it was renamed there, as log rotation does. */
export async function findMoved(place: string, wanted: (stats: BigIntStats) => boolean): Promise<string | null> {
  const files = await filesIn(dirname(place));
  return files.find(({ stats }) => wanted(stats))?.path ?? null;
}

/** The regular files of a folder, symlinks left out; none where it may not be listed. */
export async function filesIn(folder: string): Promise<Found[]> {
  const files: Found[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(noneIfClosed)) {
    if (!entry.isFile()) continue;
    const path = join(folder, entry.name);
    const stats = await stat(path, { bigint: true }).catch(() => null);
    if (stats) files.push({ path, stats });
  }
  return files;
}

function noneIfClosed(error: NodeJS.ErrnoException): [] {
  if (isMissing(error) || error.code === 'EACCES' || error.code === 'EPERM') return [];
  throw error;
}
