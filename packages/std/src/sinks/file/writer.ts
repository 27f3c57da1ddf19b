import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '@tailrace/core';
import { createOpenFiles, type OpenFile } from './open-files.ts';
import type { Rotation } from './options.ts';
import { nextRotatedName } from './rotated-files.ts';
import { appendAll, syncFolder } from './whole-lines.ts';

/** Lines `[from, to)` of an append; `stored` resolves to what went wrong, `null` when they are as safe as was asked for. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly stored: Promise<Error | null>;
}

/** Appends lines to files and rotates them, one append after the other. */
export interface FileWriter {
  /** Appends lines, of which the i-th ends at `ends[i]`; of a segment all are written or none. Never rejects. */
  append(path: string, bytes: Uint8Array, ends: readonly number[]): Promise<readonly Segment[]>;
  /** Lets lines wait no longer for others to come on the disk together with them. */
  syncNow(): void;
  close(): Promise<void>;
}

interface Options {
  readonly mostOpen: number;
  /** As `syncDelayOf` gives it. */
  readonly syncDelayMs: number | null;
  readonly rotation: Rotation | null;
  readonly log: Log;
  rotated(path: string): void;
}

/** Files are looked at ten times in the age at which they are rotated, but not too rarely or too often, in milliseconds. */
const lookMs = (maxAgeMs: number): number => Math.min(30_000, Math.max(100, maxAgeMs / 10));

/** Prepares writing; nothing is opened before the first append. */
export function createWriter({ mostOpen, syncDelayMs, rotation, log, rotated }: Options): FileWriter {
  const durable = syncDelayMs !== null;
  const files = createOpenFiles({ most: mostOpen, durable, log });
  let turn: Promise<unknown> = Promise.resolve();
  let syncTimer: NodeJS.Timeout | undefined;
  let ageTimer: NodeJS.Timeout | undefined;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  }
  const syncNow = (): void => {
    clearTimeout(syncTimer);
    syncTimer = undefined;
    void inTurn(async () => {
      for (const file of files.all()) await files.sync(file);
    });
  };
  async function rotate(file: OpenFile): Promise<void> {
    await files.sync(file);
    await rename(file.path, await nextRotatedName(file.path));
    await files.drop(file);
    rotated(file.path);
    if (durable) await syncFolder(dirname(file.path));
  }
  function isDue({ isRegular, size, born }: OpenFile, more: number): boolean {
    if (!rotation || !isRegular || size === 0) return false;
    return size + more > rotation.maxBytes || Date.now() - born >= rotation.maxAgeMs;
  }
  async function rotateOld(): Promise<void> {
    for (const file of files.all()) {
      if (!(await files.isCurrent(file)) || !isDue(file, 0)) continue;
      await rotate(file).catch(async (error: Error) => {
        log.warn({ path: file.path, error: error.message }, 'a file could not be rotated; it is tried again');
        await files.drop(file);
      });
    }
  }
  /** The first line that the file, as it is, does not take; one it takes at least. */
  function endOfRoom({ size, isRegular }: OpenFile, ends: readonly number[], from: number): number {
    if (!rotation || !isRegular) return ends.length;
    const room = rotation.maxBytes - size + startOf(ends, from);
    let to = from + 1;
    while (to < ends.length && ends[to]! <= room) to++;
    return to;
  }
  /** When what was just appended is safe. */
  async function settle(file: OpenFile): Promise<{ stored: Promise<Error | null> }> {
    if (syncDelayMs === null) return { stored: Promise.resolve(null) };
    const stored = new Promise<Error | null>((resolve) => file.waiting.push(resolve));
    if (syncDelayMs === 0) await files.sync(file);
    else syncTimer ??= setTimeout(syncNow, syncDelayMs);
    return { stored };
  }
  /** Appends lines from `from` on, as many as one file takes. */
  async function appendSome(path: string, bytes: Uint8Array, ends: readonly number[], from: number): Promise<Segment> {
    let file = await files.take(path);
    try {
      const start = startOf(ends, from);
      if (isDue(file, ends[from]! - start)) {
        await rotate(file);
        file = await files.take(path);
      }
      const to = endOfRoom(file, ends, from);
      const part = bytes.subarray(start, ends[to - 1]);
      await appendAll(file, part, file.size);
      file.size += part.length;
      return { from, to, ...(await settle(file)) };
    } catch (error) {
      // Opened anew next time: that also cuts off what could not be taken back.
      await files.drop(file);
      throw error;
    }
  }
  async function append(path: string, bytes: Uint8Array, ends: readonly number[]): Promise<Segment[]> {
    if (rotation && rotation.maxAgeMs < Number.POSITIVE_INFINITY) {
      ageTimer ??= setInterval(() => void inTurn(rotateOld), lookMs(rotation.maxAgeMs)).unref();
    }
    const segments: Segment[] = [];
    for (let next = 0; next < ends.length; next = segments.at(-1)!.to) {
      try {
        segments.push(await appendSome(path, bytes, ends, next));
      } catch (error) {
        segments.push({ from: next, to: ends.length, stored: Promise.resolve(error as Error) });
      }
    }
    return segments;
  }

  return {
    append: (path, bytes, ends) => inTurn(() => append(path, bytes, ends)),
    syncNow,
    async close() {
      clearTimeout(syncTimer);
      clearInterval(ageTimer);
      await inTurn(async () => {
        for (const file of files.all()) await files.drop(file);
      });
    },
  };
}

const startOf = (ends: readonly number[], line: number): number => (line === 0 ? 0 : ends[line - 1]!);
