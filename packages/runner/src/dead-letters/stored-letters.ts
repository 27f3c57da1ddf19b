import { resolve } from 'node:path';
import type { PipelineConfig } from '../component.ts';
import { type LetterFile, listLetterFiles } from './letter-files.ts';
import type { StoredLetter } from './parse-letter.ts';
import { type LetterLine, readLetters } from './read-letters.ts';
import { keyOf, openReplayed } from './replayed.ts';

/** Which letters somebody asks for; what is left out does not choose. */
export interface LetterFilter {
  readonly components?: readonly string[] | undefined;
  readonly codes?: readonly string[] | undefined;
  /** Unix milliseconds: refused at or after this time. */
  readonly since?: number | undefined;
  /** Unix milliseconds: refused before this time. */
  readonly until?: number | undefined;
}

/** Compiles a filter. */
export function letterFilter({ components, codes, since, until }: LetterFilter): (letter: StoredLetter) => boolean {
  const byComponent = components && new Set(components);
  const byCode = codes && new Set(codes);
  return ({ component, code, time }) => {
    if (byComponent && !byComponent.has(component)) return false;
    if (byCode && !byCode.has(code)) return false;
    const at = Date.parse(time);
    return (since === undefined || at >= since) && (until === undefined || at < until);
  };
}

/** Absolute path of the file that a pipeline appends its dead letters to. */
export function letterFileOf({ settings, dataDir }: Pick<PipelineConfig, 'settings' | 'dataDir'>): string {
  return resolve(dataDir, settings.dead_letters.path ?? 'dead-letters.ndjson');
}

/**
 * Reads the letters in `file` and in the full files beside it, the oldest first, with memory for one line. Letters that were replayed
 * are left out unless `replayed` is set; damaged lines are given out with what is wrong with them.
 */
export async function* storedLetters(file: string, replayed: boolean): AsyncGenerator<LetterLine> {
  const progress = replayed ? null : await openReplayed(file);
  for (const found of await listLetterFiles(file)) {
    const done = progress?.mayKnow(found.bytes) ? progress.of(await keyOf(found)) : null;
    yield* readIfThere(found, (from, to) => done?.has(from, to) === true);
  }
}

/** A running pipeline may take its oldest file away, or set the current one aside, while it is read. */
async function* readIfThere({ path, bytes }: LetterFile, skip: (from: number, to: number) => boolean) {
  try {
    yield* readLetters(path, { end: bytes, skip });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
