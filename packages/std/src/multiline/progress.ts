import type { Multiline } from './options.ts';
import { APART, COMPLETE } from './rules.ts';

/** An event that lines are joined to. */
export interface Progress {
  /** Of the rules; COMPLETE when no further line can join. */
  readonly state: number;
  readonly lines: number;
  /** Of the joined text as it stands escaped in JSON. */
  readonly bytes: number;
}

/** The bytes of an escaped line feed. */
const LINE_FEED = 2;

/** The event that `line`, of so many bytes, begins. It depends on nothing that was before, so that reading again gives the same events. */
export function begun({ rules, maxLines }: Multiline, line: string, bytes: number): Progress {
  return { state: maxLines === 1 ? COMPLETE : rules.first(line), lines: 1, bytes };
}

/** The event with another line; `apart`: the line belongs to another one, `full`: it does because of a limit. */
export function joined(
  multiline: Multiline,
  event: Progress,
  line: string,
  bytes: number,
): Progress | 'apart' | 'full' {
  const state = multiline.rules.next(event.state, line);
  if (state === APART) return 'apart';
  const next = { state, lines: event.lines + 1, bytes: event.bytes + LINE_FEED + bytes };
  return next.lines > multiline.maxLines || next.bytes > multiline.maxBytes ? 'full' : next;
}
