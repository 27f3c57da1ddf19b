import type { Span } from '../panel-contract.ts';

const MOST = 50;

/** The statement that asks the store for the most frequent values of a declared field in a stretch of time: value, count. */
export function valuesSql(field: string, { from, to }: Span): string {
  const column = `"${field.replaceAll('"', '""')}"`;
  const time = '"@timestamp"';
  const inTime = `${time} >= make_timestamp(${from}000) AND ${time} < make_timestamp(${to}000)`;
  return `SELECT CAST(${column} AS VARCHAR) AS value, count(*) AS events FROM logs WHERE ${inTime} AND ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${MOST}`;
}
