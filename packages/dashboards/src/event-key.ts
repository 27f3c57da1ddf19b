/** What tells an event from all others: the stream that it came in, and where it stands there. */
export interface EventKey {
  /** Id of the stream. */
  readonly stream: string;
  /** Bytes before it in the stream. */
  readonly offset: number;
  /** Counts the events that one line was split into. */
  readonly sub: number;
}

const KEY = /^(.{1,200})-([0-9a-f]{12,14})(?:\.([0-9a-f]{1,8}))?$/s;

/** A key as text, as sinks write it where events have an id: `<stream>-<offset, 12 hex digits>[.<sub, hex>]`. */
export function printEventKey({ stream, offset, sub }: EventKey): string {
  const place = `${stream}-${offset.toString(16).padStart(12, '0')}`;
  return sub === 0 ? place : `${place}.${sub.toString(16)}`;
}

/** The key that a text says, `undefined` when it is none. */
export function parseEventKey(text: string): EventKey | undefined {
  const [, stream, offset, sub = '0'] = KEY.exec(text) ?? [];
  if (stream === undefined || offset === undefined) return undefined;
  const key = { stream, offset: Number.parseInt(offset, 16), sub: Number.parseInt(sub, 16) };
  return Number.isSafeInteger(key.offset) && printEventKey(key) === text ? key : undefined;
}
