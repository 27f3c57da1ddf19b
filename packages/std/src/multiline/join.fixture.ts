// The joiner once more, of texts alone, and without any care for streams, limits or time: what tests compare with.
import { APART, COMPLETE, type LineRules } from './rules.ts';

/** The events of all lines of one stream. Empty lines at the end of an event of several are not part of its text. */
export function joinTexts(rules: LineRules, lines: readonly string[]): string[] {
  return joinLines(rules, lines).map(withoutBlankEnd);
}

/** The lines of each event. */
export function joinLines(rules: LineRules, lines: readonly string[]): string[][] {
  const events: string[][] = [];
  let state = COMPLETE;
  for (const line of lines) {
    const next = state === COMPLETE ? APART : rules.next(state, line);
    if (next === APART) events.push([line]);
    else events.at(-1)!.push(line);
    state = next === APART ? rules.first(line) : next;
  }
  return events;
}

/** The lines of an event as its text. */
export function withoutBlankEnd(lines: readonly string[]): string {
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(0, Math.max(0, last) + 1).join('\n');
}
