import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Streams } from './commands/dead-letters.ts';
import type { QueryOptions } from './commands/query.ts';

const MORE = `
The statement is one SELECT, or EXPLAIN of one, in DuckDB's SQL; "-" reads it from standard input. It can read the tables
logs, metrics, traces and streams, and change nothing. While a pipeline runs, it is asked through it.

Examples:
  $ tailrace query "SELECT count(*) FROM logs"
  $ tailrace query --pipeline pipelines/mirrord/local.yaml 'SELECT "@timestamp", _text FROM logs ORDER BY 1 DESC LIMIT 5'
  $ tailrace query --format csv --limit 100000 - < report.sql > report.csv

Exit codes:
  0   the statement was answered
  1   it was broken off: it took too long, or needed too much memory
  64  wrong command line or statement
  75  there is no store, or it cannot be read now
  78  a pipeline file is wrong`;

/** Adds `tailrace query`. */
export function addQuery(program: Command, streams: Streams): void {
  program
    .command('query')
    .description('Ask the store of a `local` sink with SQL.')
    .argument('<statement>', 'one SELECT or EXPLAIN, or - for standard input')
    .addOption(new Option('--store <file>', 'the store (default: .tailrace/store.duckdb)').conflicts('pipeline'))
    .option('--pipeline <file>', 'a pipeline file whose `local` sink it is (may be given several times)', several)
    .addOption(
      new Option('--format <format>', 'how rows are printed (default: table on a terminal, otherwise ndjson)').choices([
        'table',
        'json',
        'ndjson',
        'csv',
      ]),
    )
    .addOption(new Option('--limit <n>', 'print at most this many rows').argParser(rowsOption).default(1000))
    .addOption(
      new Option('--timeout <time>', 'break off after this time, at most 5m')
        .argParser(timeOption)
        .default(30_000, '30s'),
    )
    .addHelpText('after', MORE)
    .action(async (statement: string, options: QueryOptions) => {
      const { queryCommand } = await import('./commands/query.ts');
      process.exitCode = await queryCommand(statement, options, streams);
    });
}

function rowsOption(text: string): number {
  const rows = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (rows >= 1 && rows <= 1_000_000) return rows;
  throw new InvalidArgumentError('It has to be a number from 1 to 1000000.');
}

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

function timeOption(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  const time = Number(count) * (MILLISECONDS[unit] ?? Number.NaN);
  if (time >= 1 && time <= 300_000) return time;
  throw new InvalidArgumentError('It has to be a time from 1ms to 5m, such as 30s.');
}

function several(value: string, before: string[] = []): string[] {
  return [...before, value];
}
