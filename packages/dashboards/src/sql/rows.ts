import type { LogQuery } from '../model.ts';
import { type AnswerRow, type CellValue, columnNames, type GroupValue } from '../view.ts';

/** A value as DuckDB's client hands it out. */
export type SqlValue = string | number | bigint | boolean | null;

/** The rows of an answer to `sqlOf`; throws an Error when they are not of its form. */
export function readRows(query: LogQuery, rows: readonly (readonly SqlValue[])[]): AnswerRow[] {
  const groups = query.by?.length ?? 0;
  const times = query.over === undefined ? 0 : 1;
  const width = groups + times + columnNames(query).length;
  return rows.map((row) => {
    if (row.length !== width) throw new Error(`expected ${width} columns, not ${row.length}`);
    return {
      groups: row.slice(0, groups).map((value) => cellOf(value) as GroupValue),
      ...(times === 1 && { time: Number(row[groups]) }),
      columns: row.slice(groups + times).map((value) => (value === null ? null : Number(value))),
    };
  });
}

/** The cells of an answer to `eventsSqlOf`; `@timestamp` in Unix milliseconds. */
export function readCells(rows: readonly (readonly SqlValue[])[]): CellValue[][] {
  return rows.map((row) => row.map(cellOf));
}

/** Whole numbers beyond 2^53 lose digits, as they do in JSON. */
function cellOf(value: SqlValue): CellValue {
  return typeof value === 'bigint' ? Number(value) : value;
}
