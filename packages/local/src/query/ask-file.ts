import { DuckDBInstance } from '@duckdb/node-api';
import type { QueryAnswer } from '../api/types.ts';
import { lockDown } from '../read/lock-down.ts';
import { createReads } from '../read/read.ts';
import { queryAnswer } from './answer.ts';
import { type OpenProblem, openProblem } from './open-problem.ts';
import type { Question } from './question.ts';

/** Nothing else works in this process. */
const SETTINGS = { access_mode: 'READ_ONLY', memory_limit: '1GiB' };

/**
 * Asks the file itself, or says why it cannot be opened; rejects with a {@link ReadError}. The file stays as it is: a log that a killed
 * process left beside it is read too, and stays.
 */
export async function askFile({ path, sql, rows, milliseconds, signal }: Question): Promise<QueryAnswer | OpenProblem> {
  const instance = await DuckDBInstance.create(path, SETTINGS).catch((error: Error) =>
    openProblem(path, error.message),
  );
  if (!(instance instanceof DuckDBInstance)) return instance;
  try {
    const connection = await instance.connect();
    await lockDown(connection);
    connection.closeSync();
    return queryAnswer(await createReads(instance).read(sql, { rows, milliseconds, ...(signal && { signal }) }));
  } finally {
    instance.closeSync();
  }
}
