import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeAtomically } from '../state/atomic-file.ts';
import { StateError } from '../state/checkpoints.ts';
import type { LetterFile } from './letter-files.ts';
import { isFlatRanges, type Ranges, ranges } from './ranges.ts';

const FORMAT = 1;
const WRITE_EVERY_MS = 1000;

/** Which letters of which files have been replayed. A file is known by its content: one that was changed by hand is a new one. */
export interface Replayed {
  /** The replayed byte ranges of a file, empty ones for a file that is new. */
  of(key: string): Ranges;
  /** Whether a file of this size may be known; only then it is worth to read its key. */
  mayKnow(bytes: number): boolean;
  /** Something was added for a file of so many bytes: it is on the disk within a second. */
  changed(key: string, bytes: number): void;
  forget(key: string): void;
  /** Writes what is left and stops. */
  close(): Promise<void>;
}

interface Entry {
  readonly bytes: number;
  readonly done: Ranges;
}

/** The file that stands beside the letters in `file` and says which of them were replayed. */
function replayedFile(file: string): string {
  return join(dirname(file), `${basename(file, extname(file))}.replayed.json`);
}

/** What a file of letters is known by: the hash of its first `bytes` bytes. */
export async function keyOf({ path, bytes }: LetterFile): Promise<string> {
  const hash = createHash('sha256');
  if (bytes > 0) await pipeline(createReadStream(path, { end: bytes - 1 }), hash);
  return hash.digest('base64url').slice(0, 22);
}

/** Opens what is known about the letters in `file`; throws a {@link StateError} for a file of a newer tailrace. */
export async function openReplayed(file: string): Promise<Replayed> {
  const path = replayedFile(file);
  const entries = await load(path);
  let changes = 0;
  let written = 0;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const entryOf = (key: string, bytes: number): Entry => {
    const entry = entries.get(key) ?? { bytes, done: ranges() };
    entries.set(key, entry);
    return entry;
  };
  const write = async (): Promise<void> => {
    if (written === changes) return;
    const upTo = changes;
    const known = [...entries].filter(([, { done }]) => done.flat.length > 0);
    if (known.length > 0) await writeAtomically(path, print(known));
    else await rm(path, { force: true });
    written = upTo;
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      running = write().catch(schedule);
    }, WRITE_EVERY_MS);
  };
  const touch = (): void => {
    changes++;
    schedule();
  };
  return {
    of: (key) => entryOf(key, 0).done,
    mayKnow: (bytes) => [...entries.values()].some((entry) => entry.bytes === bytes),
    changed(key, bytes) {
      entries.set(key, { ...entryOf(key, bytes), bytes });
      touch();
    },
    forget(key) {
      if (entries.delete(key)) touch();
    },
    async close() {
      clearTimeout(timer);
      await running;
      clearTimeout(timer);
      await write();
    },
  };
}

function print(entries: readonly (readonly [string, Entry])[]): string {
  const files = Object.fromEntries(entries.map(([key, { bytes, done }]) => [key, { bytes, done: done.flat }]));
  return `${JSON.stringify({ format: FORMAT, files })}\n`;
}

/** A damaged file only costs that letters are sent again, which their ids make harmless; what a newer version wrote is refused. */
async function load(path: string): Promise<Map<string, Entry>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  const { format = 0, files = {} } = parse(text);
  if (Number(format) > FORMAT) {
    const what = `format ${String(format)} was written by a newer tailrace; this one reads up to ${FORMAT}`;
    throw new StateError(`${path}: ${what}. Use the newer one.`);
  }
  const entries = Object.entries(Object(files) as Record<string, { bytes?: unknown; done?: unknown }>);
  return new Map(
    entries.flatMap(([key, { bytes, done }]) =>
      typeof bytes === 'number' && isFlatRanges(done) ? [[key, { bytes, done: ranges(done) }] as const] : [],
    ),
  );
}

function parse(text: string): { format?: unknown; files?: unknown } {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}
