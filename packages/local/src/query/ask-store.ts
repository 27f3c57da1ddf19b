import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryAnswer } from '../api/types.ts';
import { ReadError } from '../read/read-error.ts';
import { askRunner } from './ask-runner.ts';
import type { Question } from './question.ts';

/** How long a process that has just taken the file, or just gives it back, may take to listen or to let go. */
const CHANGING_HANDS_MS = 3000;

/**
 * Asks a store: through the process that has it open, else the file itself. Rejects with a {@link ReadError}, `failed` when there is no
 * store or it cannot be opened.
 */
export async function askStore(question: Question): Promise<QueryAnswer> {
  const { path, sql } = question;
  if (sql.trim() === '') throw new ReadError('bad_statement', 'there is no statement: write a SELECT');
  if (!(await exists(dirname(path)))) throw missing(path);
  const giveUpAt = performance.now() + CHANGING_HANDS_MS;
  for (;;) {
    const answer = await askRunner(question);
    if (answer !== null) return answer;
    if (!(await exists(path))) throw missing(path);
    // Only now: DuckDB is heavy.
    const { askFile } = await import('./ask-file.ts');
    const found = await askFile(question);
    if (!('inUse' in found)) return found;
    if (!found.inUse) throw new ReadError('failed', found.message);
    if (performance.now() > giveUpAt) {
      throw new ReadError('failed', `${found.message}, which does not answer queries: stop it, or ask through it`);
    }
    await sleep(100);
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function missing(path: string): ReadError {
  return new ReadError(
    'failed',
    `there is no store at ${path}: run a pipeline with a \`local\` sink first, or say where it is with --store or --pipeline`,
  );
}
