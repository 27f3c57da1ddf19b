/** What a JSON value is, by the first character of its text. */
export type Kind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

const KINDS: Readonly<Record<string, Kind>> = {
  '{': 'object',
  '[': 'array',
  '"': 'string',
  t: 'boolean',
  f: 'boolean',
  n: 'null',
};

const KIND_OF: (Kind | undefined)[] = [];
for (const [character, kind] of Object.entries(KINDS)) KIND_OF[character.charCodeAt(0)] = kind;
const [QUOTE, COMMA, COLON, CLOSE_ARRAY, CLOSE_OBJECT, BACKSLASH] = Buffer.from('",:]}\\\\');

/** The kind of the value that a JSON text holds; the text has no white space in front. */
export function kindOf(text: string): Kind {
  return KINDS[text[0]!] ?? 'number';
}

/**
 * A value of an event that is being changed. What is not changed is printed as it stood in the source, so numbers and escapes
 * keep their bytes; a container that is changed loses the white space between its members.
 */
export interface Value {
  readonly kind: Kind;
  /** The member's key, and its text with the quotes; empty for items and the root. */
  readonly key: string;
  readonly keyText: string;
  /** Text of a value that is not the source's; `null` else. */
  readonly text: string | null;
  /** Place in the source. */
  readonly from: number;
  to: number;
  /** Members of an object by key, the last one of equal keys. */
  readonly members: Map<string, Value> | null;
  readonly items: Value[] | null;
  parent: Value | null;
  changed: boolean;
  /** Whether it stands elsewhere, or is another one, than in the source. */
  moved: boolean;
}

/** An event as a tree over its text; edits mark the way to the root. */
export interface EventTree {
  readonly source: string;
  readonly root: Value;
}

/** Reads valid JSON text. Throws SyntaxError on damage. */
export function parseTree(source: string): EventTree {
  const root = readValue(source, skipSpace(source, 0), null, '', '');
  return { source, root };
}

/** The value's text, edits applied. */
export function printValue(source: string, value: Value): string {
  if (!value.changed) return value.text ?? source.slice(value.from, value.to);
  if (value.items) return `[${value.items.map((item) => printValue(source, item)).join(',')}]`;
  let text = '{';
  for (const member of value.members!.values()) {
    text += `${text === '{' ? '' : ','}${member.keyText}:${printValue(source, member)}`;
  }
  return `${text}}`;
}

/** The value at the end of the keys; `undefined` where one is missing or something on the way is no object. */
export function findValue(root: Value, keys: readonly string[]): Value | undefined {
  let value: Value | undefined = root;
  for (const key of keys) {
    value = value.members?.get(key);
    if (!value) return undefined;
  }
  return value;
}

export function removeValue(value: Value): void {
  value.parent!.members!.delete(value.key);
  markChanged(value.parent!);
}

/** Removes an object without members, unless it is the event itself. */
export function removeEmpty(object: Value): void {
  if (object.parent && object.members!.size === 0) removeValue(object);
}

/** Puts JSON text in the place of a value, which keeps its key and its place among the members or items. */
export function replaceValue(value: Value, text: string): void {
  const made = newValue(text, value.key, value.keyText, value.parent);
  if (value.parent?.members) value.parent.members.set(value.key, made);
  else if (value.parent?.items) value.parent.items[value.parent.items.indexOf(value)] = made;
  if (value.parent) markChanged(value.parent);
}

/** Adds a member with JSON text, or with a value that was removed elsewhere; an equal key is replaced. */
export function addMember(object: Value, key: string, what: string | Value): Value {
  const keyText = JSON.stringify(key);
  const made =
    typeof what === 'string'
      ? newValue(what, key, keyText, object)
      : { ...what, key, keyText, parent: object, moved: true };
  if (typeof what !== 'string') {
    for (const inner of made.members?.values() ?? []) inner.parent = made;
    for (const inner of made.items ?? []) inner.parent = made;
    markMoved(made);
  }
  object.members!.set(key, made);
  markChanged(object);
  return made;
}

/**
 * Gives members other keys, in one go since an object can have very many; they keep their places. `keyFor` says the key of a
 * member, and may not give one that is `taken`.
 */
export function renameMembers(object: Value, keyFor: (member: Value, taken: (key: string) => boolean) => string): void {
  const before = new Map(object.members!);
  object.members!.clear();
  const taken = (key: string): boolean => object.members!.has(key) || before.has(key);
  for (const [old, member] of before) {
    before.delete(old);
    const key = keyFor(member, taken);
    if (key === old) object.members!.set(key, member);
    else addMember(object, key, member);
  }
}

/** The object at the end of the keys, made where it is missing; `undefined` when something else stands in the way. */
export function makeObject(root: Value, keys: readonly string[]): Value | undefined {
  let object = root;
  for (const key of keys) {
    const next: Value = object.members!.get(key) ?? addMember(object, key, '{}');
    if (!next.members) return undefined;
    object = next;
  }
  return object;
}

function markChanged(value: Value): void {
  for (let at: Value | null = value; at && !at.changed; at = at.parent) at.changed = true;
}

function markMoved(value: Value): void {
  value.moved = true;
  for (const inner of value.members?.values() ?? []) markMoved(inner);
}

function newValue(text: string, key: string, keyText: string, parent: Value | null): Value {
  const kind = kindOf(text);
  const members = text === '{}' ? new Map<string, Value>() : null;
  return { kind, key, keyText, text, from: 0, to: 0, members, items: null, parent, changed: false, moved: true };
}

function readValue(source: string, at: number, parent: Value | null, key: string, keyText: string): Value {
  const kind = KIND_OF[source.charCodeAt(at)] ?? 'number';
  const value: Value = {
    kind,
    key,
    keyText,
    text: null,
    from: at,
    to: at,
    members: kind === 'object' ? new Map() : null,
    items: kind === 'array' ? [] : null,
    parent,
    changed: false,
    moved: false,
  };
  if (kind === 'object') value.to = readMembers(source, at + 1, value);
  else if (kind === 'array') value.to = readItems(source, at + 1, value);
  else value.to = kind === 'string' ? endOfString(source, at) : endOfWord(source, at);
  return value;
}

function readMembers(source: string, start: number, object: Value): number {
  let at = skipSpace(source, start);
  if (source.charCodeAt(at) === CLOSE_OBJECT) return at + 1;
  for (;;) {
    const keyEnd = source.charCodeAt(at) === QUOTE ? endOfString(source, at) : damaged(at);
    const keyText = source.slice(at, keyEnd);
    const key = keyText.includes('\\') ? (JSON.parse(keyText) as string) : keyText.slice(1, -1);
    at = skipSpace(source, keyEnd);
    if (source.charCodeAt(at) !== COLON) damaged(at);
    const value = readValue(source, skipSpace(source, at + 1), object, key, keyText);
    // The last one of equal keys counts; the earlier one goes, since Elasticsearch refuses both.
    if (object.members!.delete(key)) markChanged(object);
    object.members!.set(key, value);
    at = skipSpace(source, value.to);
    if (source.charCodeAt(at) === CLOSE_OBJECT) return at + 1;
    if (source.charCodeAt(at) !== COMMA) damaged(at);
    at = skipSpace(source, at + 1);
  }
}

function readItems(source: string, start: number, array: Value): number {
  let at = skipSpace(source, start);
  if (source.charCodeAt(at) === CLOSE_ARRAY) return at + 1;
  for (;;) {
    const item = readValue(source, at, array, '', '');
    array.items!.push(item);
    at = skipSpace(source, item.to);
    if (source.charCodeAt(at) === CLOSE_ARRAY) return at + 1;
    if (source.charCodeAt(at) !== COMMA) damaged(at);
    at = skipSpace(source, at + 1);
  }
}

function skipSpace(source: string, start: number): number {
  let at = start;
  while (at < source.length && source.charCodeAt(at) <= 32) at++;
  return at;
}

function endOfString(source: string, start: number): number {
  let at = start;
  for (;;) {
    at = source.indexOf('"', at + 1);
    if (at < 0) damaged(source.length);
    let slashes = at;
    while (source.charCodeAt(slashes - 1) === BACKSLASH) slashes--;
    if ((at - slashes) % 2 === 0) return at + 1;
  }
}

function endOfWord(source: string, start: number): number {
  let at = start;
  for (; at < source.length; at++) {
    const c = source.charCodeAt(at);
    if (c === COMMA || c === CLOSE_OBJECT || c === CLOSE_ARRAY || c <= 32) break;
  }
  return at > start ? at : damaged(start);
}

function damaged(at: number): never {
  throw new SyntaxError(`JSON is damaged at character ${at}`);
}
