import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { Log } from '@tailrace/core';
import { glob } from 'tinyglobby';
import type { Rotation } from './options.ts';
import { type RotatedFile, rotatedFiles, rotatedFrom } from './rotated-files.ts';
import { syncFolder } from './whole-lines.ts';

/** Compresses rotated files and deletes those that are too many, in the background, one file at a time. */
export interface Tidying {
  /** `path` was rotated. */
  rotated(path: string): void;
  /** Finishes what an earlier process left; `pattern` matches all paths of the sink. */
  sweep(pattern: string): void;
  /** Waits for what is under way, some seconds at most; the rest is done by the next process. */
  close(): Promise<void>;
}

const CLOSE_MS = 5000;

/** Prepares it; nothing is done before the first call. */
export function createTidying({ keep, gzip }: Rotation, log: Log): Tidying {
  const stop = new AbortController();
  let work: Promise<void> = Promise.resolve();

  async function tidy(path: string): Promise<void> {
    for (const [i, file] of (await rotatedFiles(path)).entries()) {
      if (stop.signal.aborted) return;
      await (i >= keep ? remove(file) : settleForms(file)).catch(complainOf(file.path));
    }
  }
  async function settleForms({ path, forms }: RotatedFile): Promise<void> {
    if (!forms.has('')) return;
    // It got that name when it was whole and on the disk.
    if (forms.has('.gz')) await rm(path, { force: true });
    else if (gzip) await compress(path, stop.signal);
  }
  /** One file that cannot be tidied up does not hold up the others. */
  function complainOf(path: string): (error: Error) => void {
    return (error) => {
      if (stop.signal.aborted) return;
      const details = { path, error: error.message };
      log.warn(details, 'a rotated file could not be tidied up; tried again after the next rotation');
    };
  }
  function queue(path: string, job: () => Promise<void>): void {
    work = work.then(job).catch(complainOf(path));
  }

  return {
    rotated: (path) => queue(path, () => tidy(path)),
    sweep: (pattern) =>
      queue(pattern, async () => {
        const found = await glob(`${pattern}.*Z*`, { absolute: true, dot: true, expandDirectories: false });
        const paths = new Set(found.map(rotatedFrom).filter((path) => path !== null));
        for (const path of paths) await tidy(path).catch(complainOf(path));
      }),
    async close() {
      const over = new AbortController();
      const late = sleep(CLOSE_MS, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([work, late]);
      over.abort();
      stop.abort();
      await work;
    },
  };
}

async function remove({ path, forms }: RotatedFile): Promise<void> {
  for (const form of forms) await rm(`${path}${form}`, { force: true });
}

/** Until the compressed file has its name, on the disk, the plain one stays: a kill leaves the one or both, never none. */
async function compress(path: string, signal: AbortSignal): Promise<void> {
  const part = `${path}.gz.tmp`;
  await rm(part, { force: true });
  try {
    const to = createWriteStream(part, { flags: 'wx', mode: 0o640, flush: true });
    await pipeline(createReadStream(path), createGzip(), to, { signal });
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await rename(part, `${path}.gz`);
  await syncFolder(dirname(path));
  await rm(path);
}
