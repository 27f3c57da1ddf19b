import { printEventKey } from '../event-key.ts';
import type { CellValue } from '../view.ts';
import { printCursor } from './cursor.ts';
import { readCells, type SqlValue } from './rows.ts';
import type { EventSearch } from './search.ts';

/** An event of a page. */
export interface FoundEvent {
  /** See `printEventKey`. */
  readonly key: string;
  /** Unix milliseconds. */
  readonly time: number;
  /** One per column asked for. */
  readonly cells: readonly CellValue[];
}

/** A page of events. */
export interface FoundPage {
  readonly events: readonly FoundEvent[];
  /** What `before` has to be for the next page; null at the end. */
  readonly next: string | null;
}

const PLACE = 5;

/** The rows of an answer to `searchSqlOf`; throws an Error when they are not of its form. */
export function readFound(
  { columns, limit }: Pick<EventSearch, 'columns' | 'limit'>,
  rows: readonly (readonly SqlValue[])[],
): FoundPage {
  const shown = rows.slice(0, limit);
  const events = shown.map((row) => {
    if (row.length !== PLACE + columns.length)
      throw new Error(`expected ${PLACE + columns.length} columns, not ${row.length}`);
    const [stream, micros, , offset, sub] = row;
    return {
      key: printEventKey({ stream: String(stream ?? ''), offset: Number(offset), sub: Number(sub) }),
      time: Math.floor(Number(micros) / 1000),
      cells: readCells([row.slice(PLACE)])[0] ?? [],
    };
  });
  return { events, next: rows.length > limit ? cursorOf(shown.at(-1) ?? []) : null };
}

function cursorOf([, micros, stream, offset, sub]: readonly SqlValue[]): string {
  return printCursor({
    ...{ micros: String(micros), stream: String(stream), offset: String(offset), sub: String(sub) },
  });
}
