import { createHmac, createSecretKey } from 'node:crypto';
import { ConfigError, type Path } from '@tailrace/core';
import { editLeaves, type LeafEdit } from './leaves.ts';
import { type Action, changeAction } from './operation.ts';
import type { ActionOptions } from './options.ts';

/** The way to an action's options, for errors. */
type At = readonly (string | number)[];

/** Edits every leaf of a field; `hides`: to keep it from those who read the event. */
export function leavesAction(where: Path, edit: LeafEdit, hides: boolean): Action {
  return { ...changeAction(where, where, (text) => editLeaves(text, edit)), hides };
}

/** A shorter key could be found by trying, and with it the values. */
const MIN_KEY_BYTES = 16;

/** HMAC-SHA-256 (RFC 2104) over the UTF-8 of a text, or over a number as it is written. */
export function hashEdit(options: ActionOptions<'hash'>, at: At): LeafEdit {
  const { output, length, prefix } = options;
  const bytes = Buffer.from(options.key.reveal());
  if (bytes.length < MIN_KEY_BYTES) {
    throw new ConfigError(
      [...at, 'key'],
      `must have at least ${MIN_KEY_BYTES} bytes, so that nobody can find it by trying`,
    );
  }
  const key = createSecretKey(bytes);
  return ({ value }) => prefix + createHmac('sha256', key).update(value).digest(output).slice(0, length);
}

const encoder = new TextEncoder();

/** Cuts a text that is longer than the limit, and marks it. */
export function truncateEdit(options: ActionOptions<'truncate'>, at: At): LeafEdit {
  const { limit, unit, marker } = options;
  const marked = unit === 'bytes' ? Buffer.byteLength(marker) : [...marker].length;
  if (marked > limit)
    throw new ConfigError([...at, 'limit'], `must leave room for the marker, which has ${marked} ${unit}`);
  const kept = limit - marked;
  if (unit === 'bytes') {
    const room = new Uint8Array(kept);
    return ({ kind, value }) => {
      // A UTF-16 unit takes at most 3 bytes.
      if (kind !== 'string' || value.length * 3 <= limit || Buffer.byteLength(value) <= limit) return null;
      return value.slice(0, encoder.encodeInto(value, room).read) + marker;
    };
  }
  return ({ kind, value }) => {
    if (kind !== 'string' || value.length <= limit || endOfCharacters(value, limit) === value.length) return null;
    return value.slice(0, endOfCharacters(value, kept)) + marker;
  };
}

/** Where the first `count` characters of a text end. */
function endOfCharacters(text: string, count: number): number {
  let at = 0;
  for (let left = count; left > 0 && at < text.length; left--) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}
