/** Where a page of events ended: the order of events is by these, in this order; all digits. */
export interface Cursor {
  readonly micros: string;
  readonly stream: string;
  readonly offset: string;
  readonly sub: string;
}

const CURSOR = /^(-?\d{1,18})\.(\d{1,10})\.(\d{1,16})\.(\d{1,10})$/;

/** A cursor as text. */
export function printCursor({ micros, stream, offset, sub }: Cursor): string {
  return [micros, stream, offset, sub].join('.');
}

/** What a cursor says; throws a RangeError for a text that is none. */
export function parseCursor(text: string): Cursor {
  const [, micros, stream, offset, sub] = CURSOR.exec(text) ?? [];
  if (micros === undefined || stream === undefined || offset === undefined || sub === undefined)
    throw new RangeError('before: must be the `next` of the page before');
  return { micros, stream, offset, sub };
}
