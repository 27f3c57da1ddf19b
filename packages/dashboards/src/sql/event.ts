import type { EventKey } from '../event-key.ts';
import { bigint, identifier, text } from './quote.ts';
import type { SqlValue } from './rows.ts';
import type { EventTables } from './search.ts';
import { TIME } from './time.ts';

/** An event with all that a store has of it. */
export interface StoredEvent {
  /** Unix milliseconds. */
  readonly time: number;
  /** The event as JSON. */
  readonly text: string;
  readonly source: {
    /** Id of the source that read it. */
    readonly component: string;
    /** What the stream is called: a file's path, `stdin`. */
    readonly label: string;
    readonly stream: string;
    /** Bytes in the stream: its first, and the first behind it. */
    readonly offset: number;
    readonly end: number;
    readonly sub: number;
  };
}

/** One event by its key, as DuckDB's SQL; `readEvent` reads the row. */
export function eventSqlOf(
  { stream, offset, sub }: EventKey,
  { logs, streams }: EventTables = { logs: 'logs', streams: 'streams' },
): string {
  const whose = `SELECT number, id, source, label FROM ${identifier(streams)} WHERE id = ${text(stream)}`;
  return `SELECT epoch_ms(${TIME}), _text, source, label, id, _offset, _end, _sub FROM ${identifier(logs)} JOIN (${whose}) ON number = _stream
WHERE _offset = ${bigint(offset)} AND _sub = ${bigint(sub)} LIMIT 1`;
}

/** The answer to `eventSqlOf`; `undefined` when there is no such event. */
export function readEvent(rows: readonly (readonly SqlValue[])[]): StoredEvent | undefined {
  const [row] = rows;
  if (row === undefined) return undefined;
  const [time, event, component, label, stream, offset, end, sub] = row;
  return {
    time: Number(time),
    text: String(event),
    source: {
      ...{ component: String(component ?? ''), label: String(label ?? ''), stream: String(stream) },
      ...{ offset: Number(offset), end: Number(end), sub: Number(sub) },
    },
  };
}
