import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@tailrace/core';
import { readWhole, replaceFile } from './durable-file.ts';
import { checkedLine, readCheckedLine, restoreMark, type StoredMark, storeMark } from './mark-text.ts';
import type { Mark } from './marks.ts';

/** The marks of all cumulative series, in memory and on the disk. */
export interface LastValues {
  get(key: string): Mark | undefined;
  /**
   * Series that start later (nanoseconds since 1970) have never been sent: when this run began, or the time of the last point of a series
   * that was forgotten since.
   */
  readonly since: bigint;
  /** The number of the last request whose marks were committed. */
  readonly sequence: number;
  /** Moves marks forward; resolves when that is on the disk (fsync). Answers how many series were forgotten for want of room. */
  commit(marks: ReadonlyMap<string, Mark>, sequence: number): Promise<number>;
  close(): Promise<void>;
}

/** How many series are remembered, and how long (milliseconds) one that brings no points. */
export interface Keeping {
  readonly maxSeries: number;
  readonly maxAgeMs: number;
}

interface Commit {
  readonly sequence: number;
  readonly marks: readonly (readonly [key: string, mark: StoredMark])[];
}

const NAME = 'last-values.ndjson';
const FORMAT = 'tailrace datadog last values';
const VERSION = 1;
/** A file is written anew when it is longer than this and than twice what is in it. */
const COMPACT_BYTES = 4 << 20;
const MARKS_PER_LINE = 500;

/**
 * Opens the marks below a folder, which is made if it is missing. The file (NDJSON, each line with its CRC-32): a head with format and version, then
 * one line per commit. A last line that a crash cut off is dropped; a file with other damage is set aside, and `warn` is told.
 */
export async function openLastValues(
  folder: string,
  { maxSeries, maxAgeMs }: Keeping,
  runStart: bigint,
  warn: (message: string) => void,
): Promise<LastValues> {
  await makeFolder(folder);
  const path = join(folder, NAME);
  const marks = new Map<string, Mark>();
  let sequence = await load(path, marks, warn);
  let since = runStart;
  let file: FileHandle | null = null;
  let size = 0;
  let sizeWhenCompact = 0;

  /** The oldest come first, for a mark that moves goes to the end. */
  function forget(): number {
    const oldest = BigInt(Date.now() - maxAgeMs) * 1_000_000n;
    let forced = 0;
    for (const [key, { time }] of marks) {
      const isTooMany = marks.size > maxSeries;
      if (!isTooMany && time >= oldest) break;
      if (isTooMany) forced++;
      if (time > since) since = time;
      marks.delete(key);
    }
    return forced;
  }
  async function rewrite(): Promise<void> {
    await file?.close();
    file = null;
    const lines = [checkedLine({ format: FORMAT, version: VERSION })];
    const all = [...marks];
    for (let k = 0; k === 0 || k < all.length; k += MARKS_PER_LINE) {
      lines.push(commitLine(all.slice(k, k + MARKS_PER_LINE), sequence));
    }
    await replaceFile(path, lines);
    file = await open(path, 'a', 0o600);
    size = (await file.stat()).size;
    sizeWhenCompact = size;
  }

  async function append(to: FileHandle, line: string): Promise<void> {
    try {
      await to.writeFile(line);
      size += Buffer.byteLength(line);
      await to.datasync();
    } catch (error) {
      // Half a line may stand there now, so the next commit writes the file anew.
      file = null;
      await to.close().catch(() => undefined);
      throw error;
    }
  }

  return {
    get: (key) => marks.get(key),
    get since() {
      return since;
    },
    get sequence() {
      return sequence;
    },
    async commit(moved, number) {
      sequence = Math.max(sequence, number);
      for (const [key, mark] of moved) {
        marks.delete(key);
        marks.set(key, mark);
      }
      const forgotten = forget();
      if (file === null || size > Math.max(COMPACT_BYTES, 2 * sizeWhenCompact)) {
        await rewrite();
        return forgotten;
      }
      await append(file, commitLine([...moved], sequence));
      return forgotten;
    },
    async close() {
      await file?.close();
      file = null;
    },
  };
}

function commitLine(marks: readonly (readonly [string, Mark])[], sequence: number): string {
  const commit: Commit = { sequence, marks: marks.map(([key, mark]) => [key, storeMark(mark)]) };
  return checkedLine(commit);
}

/** Reads what is there into `marks`; answers the number of the last commit. */
async function load(path: string, marks: Map<string, Mark>, warn: (message: string) => void): Promise<number> {
  const content = await readWhole(path);
  if (content === null) return 0;
  const lines = content.toString().split('\n');
  // What follows the last end of a line was being written when the process died, and nobody was told that it is there.
  lines.pop();
  const values = lines.map(readCheckedLine);
  const head = Object(values[0]) as { format?: unknown; version?: unknown };
  if (head.format === FORMAT && typeof head.version === 'number' && head.version > VERSION) {
    throw new Error(`${path} is of version ${head.version}, newer than ${VERSION}: use a newer tailrace`);
  }
  if (head.format !== FORMAT || values.includes(undefined)) {
    await rename(path, `${path}.damaged`);
    warn(`${path} is damaged and was set aside: counters begin anew with their next point`);
    return 0;
  }
  let sequence = 0;
  for (const commit of values.slice(1) as Commit[]) {
    sequence = Math.max(sequence, commit.sequence);
    for (const [key, mark] of commit.marks) {
      marks.delete(key);
      marks.set(key, restoreMark(mark));
    }
  }
  return sequence;
}
