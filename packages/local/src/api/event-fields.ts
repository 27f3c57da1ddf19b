import { parseJson, printPath, type Step } from '@tailrace/core';
import type { OneEvent } from './types.ts';

type Field = OneEvent['fields'][number];

/** More members are in the event's text only. */
const MOST_FIELDS = 2000;

/**
 * The members of an event by path, those of objects one by one, lists and what is declared as a whole undivided. A whole number that a
 * double cannot hold is text, so that its digits are right. Empty when the text is no JSON object.
 */
export function fieldsOf(text: string, types: Readonly<Record<string, string>>): Field[] {
  const fields: Field[] = [];
  const add = (steps: readonly Step[], value: unknown): void => {
    if (fields.length >= MOST_FIELDS) return;
    const path = printPath(steps);
    const type = Object.hasOwn(types, path) ? (types[path] ?? null) : null;
    if (type === null && isObject(value) && Object.keys(value).length > 0) {
      for (const [key, member] of Object.entries(value)) add([...steps, key], member);
      return;
    }
    fields.push({ path, type, value: plain(value) });
  };
  const event = parsed(text);
  if (isObject(event)) for (const [key, member] of Object.entries(event)) add([key], member);
  return fields;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
    : value;
}
