import { type LogBatch, type Path, path } from '@tailrace/core';
import type { OwnEdit } from './attributes.ts';
import type { Located } from './columns.ts';
import type { Pieces } from './entry.ts';

const CLOSING = Buffer.from('}');
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const SPACE = 0x20;

interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: Buffer;
}

/**
 * Makes the function that adds the event's own members, with the changes that keep keys apart, and the closing brace, behind members
 * that end with a comma.
 */
export function createOwnMembers() {
  const changesOf = createChanges();
  return (pieces: Pieces, batch: LogBatch, located: Located, i: number, edits: readonly OwnEdit[]): void => {
    const { text } = located;
    const { start, end } = located.events;
    let at = start[i]!;
    while (text[at] !== OPEN) at++;
    at++;
    let first = at;
    while (text[first]! <= SPACE) first++;
    if (text[first] === CLOSE) {
      close(pieces);
      return;
    }
    if (edits.length > 0) {
      for (const change of changesOf(batch, located, i, edits)) {
        pieces.add(text, at, change.start);
        pieces.add(change.text);
        at = change.end;
      }
    }
    pieces.add(text, at, end[i]!);
  };
}

/** The event has no members of its own. */
function close(pieces: Pieces): void {
  const before = pieces.joined();
  pieces.clear();
  pieces.add(before, 0, before.at(-1) === COMMA ? before.length - 1 : before.length);
  pieces.add(CLOSING);
}

/** Makes the function that gives the changes in the order in which they stand in the event. */
function createChanges() {
  const paths = new Map<string, Path>();
  const pathOf = (key: string): Path => {
    const where = paths.get(key) ?? path(JSON.stringify(key));
    paths.set(key, where);
    return where;
  };
  /** The key, with `_` behind it as often as the event has a member of that name. `message` was made free before. */
  const freeKey = (batch: LogBatch, i: number, key: string): string => {
    let free = key;
    while (free !== 'message' && batch.getText(i, pathOf(free)) !== undefined) free += '_';
    return free;
  };
  return (batch: LogBatch, located: Located, i: number, edits: readonly OwnEdit[]): Change[] => {
    const changes = edits.map((edit): Change => {
      const { column } = edit;
      if (edit.kind === 'replace') {
        return { start: located.start(i, column), end: located.end(i, column), text: edit.value };
      }
      return { ...located.key(i, column), text: Buffer.from(JSON.stringify(freeKey(batch, i, edit.key))) };
    });
    return changes.sort((a, b) => a.start - b.start);
  };
}
