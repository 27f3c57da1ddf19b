import type { DuckDBConnection } from '@duckdb/node-api';
import type { Signal } from '@tailrace/core';
import type { PlacedRows } from './placed-rows.ts';
import { keepPrivate } from './private-files.ts';
import type { StoreCounts } from './store.ts';

/** Counts the rows of all tables; rejects when they cannot be read. */
export async function countAll(connection: DuckDBConnection, path: string): Promise<StoreCounts> {
  const answer = await connection.runAndReadAll(`SELECT (SELECT count(*) FROM logs), (SELECT count(*) FROM metrics),
(SELECT count(*) FROM traces), epoch_ms(min("@timestamp")), epoch_ms(max("@timestamp")) FROM logs`);
  const [logs, metrics, traces, first, last] = answer.getRowsJS()[0] as [bigint, bigint, bigint, bigint | null, bigint];
  return {
    logs: Number(logs),
    metrics: Number(metrics),
    traces: Number(traces),
    first: first === null ? null : Number(first),
    last: first === null ? null : Number(last),
    bytes: await keepPrivate(path),
  };
}

/** The counts after these rows were stored. */
export async function countMore(
  counts: StoreCounts,
  signal: Signal,
  { length, micros }: PlacedRows,
  path: string,
): Promise<StoreCounts> {
  const next = { ...counts, [signal]: counts[signal] + length, bytes: await keepPrivate(path) };
  if (signal !== 'logs') return next;
  let { first, last } = counts;
  for (const time of micros) {
    const at = Math.floor(time / 1000);
    if (first === null || at < first) first = at;
    if (last === null || at > last) last = at;
  }
  return { ...next, first, last };
}
