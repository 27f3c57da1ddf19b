import type { QueryAnswer } from '../api/types.ts';
import type { ReadAnswer } from '../read/read.ts';

/** Types whose values a read gives as JSON text. */
const NESTED = /^(STRUCT|MAP|UNION)\(|\]$/;

/** An answer as those see it who asked for it: lists, maps and structs as such. */
export function queryAnswer({ columns, rows, truncated, milliseconds }: ReadAnswer): QueryAnswer {
  const nested = columns.map(({ type }) => NESTED.test(type));
  if (!nested.includes(true)) return { columns, rows, truncated, milliseconds };
  return {
    columns,
    rows: rows.map((row) => row.map((cell, i) => nestedCell(cell, nested[i]))),
    truncated,
    milliseconds,
  };
}

function nestedCell(cell: unknown, isNested: boolean | undefined): unknown {
  if (!isNested || typeof cell !== 'string') return cell;
  try {
    return JSON.parse(cell);
  } catch {
    // A union that holds a text.
    return cell;
  }
}
