import { type Misfit, misfit, type ParseLine, place } from '../line.ts';

/** How a record is written (RFC 4180). */
export interface CsvOptions {
  /** The way of keys that each value takes; `null`: the value is left out. */
  readonly columns: readonly (readonly string[] | null)[];
  readonly delimiter: string;
  readonly quote: string;
}

/** One record of comma-separated values. A value that is empty and not quoted is left out. */
export function csvFormat({ columns, delimiter, quote }: CsvOptions): ParseLine {
  return (line, members) => {
    let column = 0;
    for (let at = 0; at <= line.length; column++) {
      if (column === columns.length) return misfit(`has more values than the ${columns.length} columns`, at);
      const value = line.startsWith(quote, at) ? quoted(line, at, delimiter, quote) : plain(line, at, delimiter);
      if ('code' in value) return value;
      const keys = columns[column];
      if (keys && value.text !== null) place(members, keys, value.text);
      at = value.end + delimiter.length;
    }
    return column === 1 && line === '' ? misfit('is empty') : null;
  };
}

interface Value {
  /** `null`: nothing stands there. */
  readonly text: string | null;
  readonly end: number;
}

function plain(line: string, at: number, delimiter: string): Value {
  const found = line.indexOf(delimiter, at);
  const end = found < 0 ? line.length : found;
  return { text: end === at ? null : line.slice(at, end), end };
}

function quoted(line: string, at: number, delimiter: string, quote: string): Value | Misfit {
  let text = '';
  let from = at + 1;
  for (;;) {
    const end = line.indexOf(quote, from);
    if (end < 0) return misfit('the quote is not closed', at);
    text += line.slice(from, end);
    if (line[end + 1] !== quote) return closed(line, text, end + 1, delimiter);
    text += quote;
    from = end + 2;
  }
}

function closed(line: string, text: string, end: number, delimiter: string): Value | Misfit {
  if (end === line.length || line.startsWith(delimiter, end)) return { text, end };
  return misfit('the value goes on behind its closing quote', end);
}
