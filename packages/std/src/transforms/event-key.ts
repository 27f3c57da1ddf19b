import { createHash } from 'node:crypto';
import { type LogBatch, path } from '@tailrace/core';
import { compilePaths, kernel, locate } from '@tailrace/kernel';
import { readValues } from './filter/values.ts';

/** Longer keys are remembered by their hash, so that what a key takes in memory is bounded. */
const MAX_PLAIN = 64;

/**
 * Reads the key of event `i`: one text for the values of its fields, the same for values that CEL calls equal (`1` and `1.0`, objects in
 * any order of keys). A missing field is null; `null` when the event has none of them.
 */
export type EventKeys = (i: number) => string | null;

/** Prepares keys made of these fields; the paths have passed validation. */
export function eventKeys(fields: readonly string[]): (batch: LogBatch) => EventKeys {
  const paths = compilePaths(fields.map((field) => path(field).steps));
  const values: unknown[] = fields.map(() => null);
  return (batch) => {
    const events = batch.events();
    const read = readValues(events, locate(kernel(), events, paths), paths.count);
    return (i) => {
      read(i, values);
      let key = '';
      let isMissing = true;
      for (const value of values) {
        const text = valueText(value);
        // With its length in front, where one ends and the next begins is never in doubt.
        key += `${text.length}${text}`;
        if (value !== null) isMissing = false;
      }
      if (isMissing) return null;
      return key.length <= MAX_PLAIN ? key : `#${createHash('sha256').update(key).digest('base64url')}`;
    };
  };
}

/** A value as text, its kind in front; equal values have equal texts. */
function valueText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `s${value}`;
    case 'bigint':
      return `n${value}`;
    case 'number':
      return `n${Number.isInteger(value) ? BigInt(value) : value}`;
    case 'boolean':
      return value ? 't' : 'f';
  }
  if (value === null) return 'z';
  return jsonText(value as object);
}

/** Inside of arrays and objects a text needs quotes to have an end. */
function jsonText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return valueText(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join()}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`).join()}}`;
}
