import type { DuckDBConnection } from '@duckdb/node-api';
import { functionProblem } from './functions.ts';
import { lengthProblem } from './lengthening.ts';
import { depthProblem, placeAt, ReadError } from './read-error.ts';

/** Longest statement, in characters. */
const MAX_STATEMENT = 60_000;

/** Throws a {@link ReadError} unless `sql` is one SELECT, or EXPLAIN of one, that calls only functions which read. Binds nothing. */
export async function checkStatement(connection: DuckDBConnection, sql: string): Promise<void> {
  if (sql.length > MAX_STATEMENT) {
    throw new ReadError(
      'bad_statement',
      `the statement has ${sql.length} characters; the longest one has ${MAX_STATEMENT}`,
    );
  }
  if (sql.includes('\0'))
    throw new ReadError('bad_statement', 'there is a NUL character in the statement: take it out');
  const prefix = EXPLAIN.exec(sql)?.[0] ?? '';
  const tree = await parse(connection, sql.slice(prefix.length));
  if (tree.error) throw problemOf(tree, sql, prefix);
  if (tree.statements.length === 0) throw new ReadError('bad_statement', 'there is no statement: write a SELECT');
  if (tree.statements.length > 1) {
    throw new ReadError('bad_statement', `there are ${tree.statements.length} statements: ask one at a time`);
  }
  const problem = functionProblem(tree.statements[0]) ?? lengthProblem(tree.statements[0]);
  if (problem !== null) throw new ReadError('bad_statement', problem);
}

/** No comment may stand in it: what is behind it is parsed alone, and has to be what DuckDB takes it for. */
const EXPLAIN = /^\s*explain\b(?:\s+analyze\b|\s*\(\s*(?:analyze|format)\b[\w\s,]*\))?\s*/i;

type Tree =
  | { readonly error: false; readonly statements: readonly unknown[] }
  | { readonly error: true; readonly error_type: string; readonly error_message: string; readonly position?: string };

/** The statement as DuckDB's own parser sees it. */
async function parse(connection: DuckDBConnection, sql: string): Promise<Tree> {
  const reader = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
  return JSON.parse(String(reader.getRows()[0]?.[0])) as Tree;
}

function problemOf(tree: Tree & { error: true }, sql: string, prefix: string): ReadError {
  const tooDeep = depthProblem(tree.error_message);
  if (tooDeep !== null) return tooDeep;
  if (tree.error_type !== 'not implemented') {
    const place = tree.position === undefined ? '' : placeAt(sql, [...prefix].length + Number(tree.position));
    return new ReadError('bad_statement', `${place}${tree.error_message}`);
  }
  const pivot = /^\s*(from\s+\S+\s+)?pivot\b/i.test(sql)
    ? '; a PIVOT has to list its values: PIVOT … ON column IN (…)'
    : '';
  return new ReadError('bad_statement', `a query is one SELECT, or EXPLAIN of one; this is something else${pivot}`);
}
