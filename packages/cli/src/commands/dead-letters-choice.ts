import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type LetterFilter, letterFileOf, takesLetters } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { load, problemsText } from '../pipeline.ts';

/** Options that say which letters, and how they are shown. */
export interface LetterChoice {
  readonly component?: string[];
  readonly code?: string[];
  /** Unix milliseconds. */
  readonly since?: number;
  readonly until?: number;
  readonly json?: true;
  /** Also letters that were replayed already. */
  readonly replayed?: true;
}

/** The filter that options stand for. */
export function filterOf({ component, code, since, until }: LetterChoice): LetterFilter {
  return { components: component, codes: code, since, until };
}

/**
 * The files of letters that pipeline files, a data_dir and letter files stand for, absolute. When one of them is none of these, says so
 * and gives the exit code.
 */
export async function letterFilesAt(
  paths: readonly string[],
  stderr: NodeJS.WritableStream,
): Promise<string[] | number> {
  const pipelines = paths.filter((path) => /\.ya?ml$/.test(path));
  const files: string[] = [];
  if (pipelines.length > 0) {
    const { config, problems } = await load(pipelines);
    if (!config) {
      stderr.write(`${problemsText(problems)}The folder data_dir can be given instead of the pipeline.\n`);
      return EXIT.config;
    }
    const sinks = config.components.filter(takesLetters).map(({ id }) => id);
    if (sinks.length > 0)
      stderr.write(`${sinks.join(', ')} takes the dead letters; only what it refuses is in files\n`);
    files.push(letterFileOf(config));
  }
  for (const path of paths.filter((one) => !pipelines.includes(one))) {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error) {
      stderr.write(`${path}: ${found.code === 'ENOENT' ? 'there is no such file or folder' : found.message}\n`);
      return EXIT.usage;
    }
    files.push(resolve(found.isDirectory() ? join(path, 'dead-letters.ndjson') : path));
  }
  // A letter that is read twice would be sent twice.
  return [...new Set(files)];
}
