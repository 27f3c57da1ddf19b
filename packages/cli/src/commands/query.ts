import path from 'node:path';
import { countText } from '@tailrace/core';
import { askStore, type QueryAnswer, ReadError, type ReadErrorCode, storePath } from '@tailrace/local';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import { load, problemsText } from '../pipeline.ts';
import type { Streams } from './dead-letters.ts';
import { tableText } from './query-table.ts';
import { csvText, ndjsonText } from './query-text.ts';

export interface QueryOptions {
  readonly store?: string;
  readonly pipeline?: string[];
  readonly format?: 'table' | 'json' | 'ndjson' | 'csv';
  readonly limit: number;
  /** Milliseconds. */
  readonly timeout: number;
}

const CODES: Readonly<Record<ReadErrorCode, number>> = {
  bad_statement: EXIT.usage,
  too_slow: EXIT.failed,
  too_large: EXIT.failed,
  busy: EXIT.unavailable,
  aborted: EXIT.unavailable,
  failed: EXIT.unavailable,
};

/** `tailrace query`: what a statement finds in a store. */
export async function queryCommand(statement: string, options: QueryOptions, streams: Streams): Promise<number> {
  const { stdout, stderr } = streams;
  const place = await placeOf(options);
  if (place.problem !== undefined) {
    stderr.write(place.problem);
    return place.code;
  }
  const { limit: rows, timeout: milliseconds, format = stdout.isTTY ? 'table' : 'ndjson' } = options;
  try {
    const sql = statement === '-' ? await standardInput() : statement;
    const answer = await askStore({ path: place.path, sql, rows, milliseconds });
    await write(stdout, printed(answer, format, stdout.isTTY ? stdout.columns : undefined));
    if (answer.truncated && format !== 'table') stderr.write(`tailrace: ${moreThan(answer)}\n`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    stderr.write(`tailrace: ${error.message}\n`);
    return CODES[error.code];
  }
}

function printed(answer: QueryAnswer, format: NonNullable<QueryOptions['format']>, width: number | undefined): string {
  if (format === 'json') return `${JSON.stringify(answer)}\n`;
  if (format === 'ndjson') return ndjsonText(answer);
  if (format === 'csv') return csvText(answer);
  const { rows, milliseconds } = answer;
  const count = `${countText(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}`;
  const end = answer.truncated ? moreThan(answer) : count;
  return `${tableText(answer, width)}(${end}, ${milliseconds.toLocaleString('en-US')} ms)\n`;
}

function moreThan({ rows }: QueryAnswer): string {
  return `the first ${countText(rows.length)} rows; there are more: raise --limit, or select less`;
}

type Place =
  | { readonly path: string; readonly problem?: undefined }
  | { readonly problem: string; readonly code: number };

async function placeOf({ store, pipeline }: QueryOptions): Promise<Place> {
  if (pipeline === undefined) return { path: path.resolve(store ?? '.tailrace/store.duckdb') };
  const { config, problems } = await load(pipeline);
  if (!config) return { problem: problemsText(problems), code: EXIT.config };
  const sinks = config.components.filter(({ declaration: { kind, type } }) => kind === 'sink' && type === 'local');
  const [sink, ...others] = sinks;
  if (sink === undefined) return { problem: 'tailrace: the pipeline has no local sink\n', code: EXIT.usage };
  const paths = sinks.map(({ folder, config: options }) => {
    const { path: file } = options as { path?: string };
    return storePath(file, config.dataDir, (relative) => path.resolve(folder, relative));
  });
  if (others.length === 0) return { path: paths[0]! };
  return {
    problem: `tailrace: the pipeline has ${sinks.length} local sinks; name the store of one with --store: ${paths.join(', ')}\n`,
    code: EXIT.usage,
  };
}

/** Longest statement that can be right, in bytes. */
const MAX_STATEMENT = 240_000;

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_STATEMENT) throw new ReadError('bad_statement', 'standard input is too long for a statement');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
