import type { ErrorCode, Json } from '@tailrace/core';

/** What a line says, by its keys; it has no prototype, so that any key is an ordinary one. */
export interface Members {
  [key: string]: Json;
}

/** Why a line could not be parsed. */
export interface Misfit {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Adds what a line says to `members`; answers with the reason when the line does not have the format. Its time grows with the line's length. */
export type ParseLine = (line: string, members: Members) => Misfit | null;

/** An object without a prototype. */
export function noMembers(): Members {
  return Object.create(null) as Members;
}

/** A line that does not have the format; `at` counts UTF-16 units from 0. */
export function misfit(message: string, at?: number): Misfit {
  return { code: 'not_parsed', message: at === undefined ? message : `column ${at + 1}: ${message}` };
}

/** A key as a message shows it. */
export function shown(key: string): string {
  return key.length > 40 ? `${key.slice(0, 40)}…` : key;
}

/** A line with more members than are allowed. */
export function tooMany(maxFields: number): Misfit {
  return { code: 'too_many_fields', message: `has more than ${maxFields} members` };
}

/** Puts a value at the end of a way of keys, with objects on the way. */
export function place(members: Members, keys: readonly string[], value: Json): void {
  let object = members;
  for (const key of keys.slice(0, -1)) {
    const inner = object[key];
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    const next = isObject ? inner : noMembers();
    object[key] = next;
    object = next;
  }
  object[keys.at(-1)!] = value;
}
