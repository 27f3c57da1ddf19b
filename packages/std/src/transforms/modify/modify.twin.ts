import { createHmac } from 'node:crypto';
import { path, type Step } from '@tailrace/core';
import { kindOf, parseTree, type Value } from '../fields/event-tree.ts';

/** JSON with the text of every leaf as it is written. */
export type Raw = string | Raw[] | Map<string, Raw>;

/** Reads JSON text; of members with the same key the last one counts. */
export function rawOf(text: string): Raw {
  const { source, root } = parseTree(text);
  const read = (value: Value): Raw => {
    if (value.items) return value.items.map(read);
    if (value.members) return new Map([...value.members.values()].map((member) => [member.key, read(member)]));
    return source.slice(value.from, value.to);
  };
  return read(root);
}

/** One of the operations that the twin knows, as they are configured. */
export interface TwinOperation {
  readonly [name: string]: unknown;
  readonly when?: string;
}

/** Does operations to an event in the plainest way: one after the other, on objects. What cannot be done is left out. */
export function applyTwin(event: Map<string, Raw>, operations: readonly TwinOperation[]): void {
  for (const { when, ...entry } of operations) {
    if (when !== undefined && !holds(event, when)) continue;
    const [name, options] = Object.entries(entry)[0] as [keyof typeof TWINS, never];
    TWINS[name](event, options);
  }
}

/** Conditions of the form `has(<path>)`. */
function holds(event: Map<string, Raw>, when: string): boolean {
  const value = get(event, /^has\((.*)\)$/.exec(when)![1]!);
  return value !== undefined && value !== 'null';
}

interface Fields {
  readonly fields: readonly string[];
}
interface FromTo {
  readonly from: string;
  readonly to: string;
}

const TWINS = {
  set: (event: Map<string, Raw>, { field, value }: { field: string; value: unknown }) =>
    put(event, field, rawOf(JSON.stringify(value))),
  default(event: Map<string, Raw>, { field, value }: { field: string; value: unknown }) {
    const there = get(event, field);
    if (there === undefined || there === 'null') put(event, field, rawOf(JSON.stringify(value)));
  },
  rename(event: Map<string, Raw>, { from, to }: FromTo) {
    const value = get(event, from);
    if (value === undefined) return;
    take(event, [from]);
    put(event, to, value);
  },
  copy(event: Map<string, Raw>, { from, to }: FromTo) {
    const value = get(event, from);
    if (value !== undefined) put(event, to, structuredClone(value));
  },
  remove: (event: Map<string, Raw>, { fields }: Fields) => take(event, fields),
  lower: (event: Map<string, Raw>, { fields }: Fields) =>
    edit(event, fields, (value) => (isTexts(value) ? leaves(value, (text) => text.toLowerCase(), isText) : value)),
  split(event: Map<string, Raw>, { field, to = field }: { field: string; to?: string }) {
    const value = get(event, field);
    if (typeof value === 'string' && isText(value))
      put(event, to, rawOf(JSON.stringify((JSON.parse(value) as string).split(','))));
  },
  join(event: Map<string, Raw>, { field, to = field }: { field: string; to?: string }) {
    const value = get(event, field);
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) return;
    const items = (value as string[]).filter((item) => item !== 'null');
    put(event, to, JSON.stringify(items.map((item) => (isText(item) ? JSON.parse(item) : item)).join(',')));
  },
  hash: (event: Map<string, Raw>, { fields, key }: Fields & { key: string }) =>
    edit(event, fields, (value) =>
      leaves(value, (text) => createHmac('sha256', key).update(text).digest('hex'), isSomething),
    ),
  mask: (event: Map<string, Raw>, { fields }: Fields) =>
    edit(event, fields, (value) => leaves(value, (text) => [...text].map(() => '*').join(''), isSomething)),
  truncate: (event: Map<string, Raw>, { fields, limit }: Fields & { limit: number }) =>
    edit(event, fields, (value) =>
      leaves(value, (text) => ([...text].length > limit ? `${[...text].slice(0, limit - 1).join('')}…` : text), isText),
    ),
};

const isText = (raw: string): boolean => kindOf(raw) === 'string';
const isSomething = (raw: string): boolean => kindOf(raw) !== 'null';
const isTexts = (value: Raw): boolean =>
  typeof value === 'string'
    ? isText(value)
    : Array.isArray(value) && value.every((item) => typeof item === 'string' && (isText(item) || item === 'null'));

function leaves(value: Raw, change: (text: string) => string, fits: (raw: string) => boolean): Raw {
  if (Array.isArray(value)) return value.map((item) => leaves(item, change, fits));
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, leaves(inner, change, fits)]));
  if (!fits(value)) return value;
  const before = isText(value) ? (JSON.parse(value) as string) : value;
  const after = change(before);
  return isText(value) && after === before ? value : JSON.stringify(after);
}

/** All fields are read before the first one is changed. */
function edit(event: Map<string, Raw>, fields: readonly string[], change: (value: Raw) => Raw): void {
  const changed = fields.map((field) => {
    const value = get(event, field);
    return value === undefined || value === 'null' ? undefined : change(value);
  });
  for (const [k, field] of fields.entries()) if (changed[k] !== undefined) put(event, field, changed[k]);
}

const step = (value: Raw | undefined, by: Step): Raw | undefined =>
  typeof by === 'number'
    ? Array.isArray(value)
      ? value[by]
      : undefined
    : value instanceof Map
      ? value.get(by)
      : undefined;

function get(event: Raw, field: string): Raw | undefined {
  return path(field).steps.reduce<Raw | undefined>(step, event);
}

/** All fields are found before the first one is removed. */
function take(event: Map<string, Raw>, fields: readonly string[]): void {
  const items = new Map<Raw[], Set<Step>>();
  const members: [Map<string, Raw>, string][] = [];
  for (const { steps } of fields.map(path)) {
    const holder = steps.slice(0, -1).reduce<Raw | undefined>(step, event);
    const last = steps.at(-1)!;
    if (holder instanceof Map && typeof last === 'string') members.push([holder, last]);
    if (Array.isArray(holder)) items.set(holder, (items.get(holder) ?? new Set()).add(last));
  }
  for (const [holder, name] of members) holder.delete(name);
  for (const [holder, indices] of items) {
    const left = holder.filter((_, index) => !indices.has(index));
    holder.splice(0, holder.length, ...left);
  }
}

function put(event: Map<string, Raw>, field: string, value: Raw): void {
  const { steps } = path(field);
  let holder: Raw = event;
  for (const [k, by] of steps.entries()) {
    const isLast = k === steps.length - 1;
    if (typeof by === 'number') {
      if (!Array.isArray(holder) || by >= holder.length) return;
      if (isLast) holder[by] = value;
      else holder = holder[by]!;
      continue;
    }
    const object = holder as Map<string, Raw>;
    if (isLast) object.set(by, value);
    else {
      if (!(step(object, by) instanceof Map) && typeof steps[k + 1] === 'string') object.set(by, new Map());
      holder = object.get(by)!;
    }
  }
}
