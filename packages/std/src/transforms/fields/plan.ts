import type { Field, FieldSplit, FieldType } from '@tailrace/core';
import { compilePaths, EXPECT, type Paths } from '@tailrace/kernel';
import { type Coercion, coercionTo } from './coerce.ts';
import { remembered } from './remembered.ts';

/** A declared field, ready to work with. */
export interface PlannedField {
  readonly name: string;
  readonly keys: readonly string[];
  readonly type: FieldType;
  readonly coerce: Coercion;
  /** JSON text of the value that stands for a JSON text; `null` when no value has an alias. */
  readonly aliases: ReadonlyMap<string, string> | null;
  readonly isText: boolean;
  readonly split: Split | null;
}

/** Fields that take the pieces of another one. */
export interface Split {
  readonly separator: string;
  /** `beside`: the member's key and colon as text, `null` when it stands in another object. */
  readonly targets: readonly { readonly into: PlannedField; readonly beside: string | null }[];
}

/** The declared paths as a tree of keys. */
export interface PlanNode {
  readonly children: Map<string, PlanNode>;
  field: PlannedField | null;
}

/** Another name of a field. */
export interface Move {
  readonly from: readonly string[];
  readonly to: PlannedField;
  /** Key and colon of the declared member as text; `null` when it stands in another object. */
  readonly beside: string | null;
}

/** Another text of a known value. */
export interface ValueAlias {
  readonly field: PlannedField;
  readonly alias: string;
  /** JSON text of the value. */
  readonly value: string;
}

/**
 * What the transform prepares once: the kernel's paths (fields first, then other names, then aliases of values as keys below their
 * fields) and the same as a tree for single events.
 */
export interface Plan {
  readonly fields: readonly PlannedField[];
  readonly moves: readonly Move[];
  readonly valueAliases: readonly ValueAlias[];
  readonly splits: readonly PlannedField[];
  readonly root: PlanNode;
  readonly paths: Paths;
  readonly expect: Uint8Array;
  /** The fields that the value of each path may fill, besides its own. */
  readonly fills: readonly (readonly PlannedField[])[];
  /** Paths that another name or the pieces of another field may fill. */
  readonly watched: Uint32Array;
  /** 1 for each path whose value is the event's time, maybe under another name. */
  readonly setsTime: Uint8Array;
}

const EXPECTED: Readonly<Record<FieldType, number>> = {
  keyword: EXPECT.string,
  text: EXPECT.string,
  long: EXPECT.integer,
  double: EXPECT.number,
  boolean: EXPECT.boolean,
  date: EXPECT.dateText,
  // The range of years is looked at here.
  date_nanos: EXPECT.always,
  ip: EXPECT.stringAlways,
  object: EXPECT.object,
  flattened: EXPECT.opaque,
};

/** The member that every source gives its events. */
const TIMESTAMP = '@timestamp';

/**
 * Compiles declared fields and those that need no declaration: `overflow`, the key that takes what has no place of its own, and
 * `@timestamp`, of which every index has a date.
 */
export function planOf(declared: readonly Field[], overflow: string): Plan {
  const own = declared.some((field) => field.path.steps.length === 1 && field.path.steps[0] === overflow);
  const keys = new Set(declared.flatMap((field) => [field.path, ...field.aliases].map(({ steps }) => steps[0])));
  const fields = declared.map(fieldOf);
  const byName = new Map(fields.map((field) => [field.keys.join('\0'), field]));
  for (const [i, { split }] of declared.entries()) {
    const field = fields[i]!;
    if (split) field.split = splitOf(field, split, byName);
  }
  if (!own) fields.push(undeclared(overflow, 'flattened'));
  if (!keys.has(TIMESTAMP) && overflow !== TIMESTAMP) fields.push(undeclared(TIMESTAMP, 'date'));
  const moves = declared.flatMap(({ aliases }, i) =>
    aliases.map((alias): Move => {
      const from = alias.steps as string[];
      const to = fields[i]!;
      return { from, to, beside: besideOf(from, to.keys) };
    }),
  );
  const root: PlanNode = { children: new Map(), field: null };
  for (const field of fields) nodeAt(root, field.keys).field = field;
  for (const move of moves) nodeAt(root, move.from);
  const aliased = new Set(fields.filter((field) => isAliased(field) && nodeAt(root, field.keys).children.size === 0));
  const valueAliases = [...aliased].flatMap(aliasesOf);
  const ways = [...moves.map(({ from }) => from), ...valueAliases.map(({ field, alias }) => [...field.keys, alias])];
  return {
    fields,
    moves,
    valueAliases,
    splits: fields.filter(({ split }) => split),
    fills: [
      ...fields.map(({ split }) => split?.targets.map(({ into }) => into) ?? []),
      ...moves.map(({ to }) => [to]),
      ...valueAliases.map(() => []),
    ],
    root,
    watched: Uint32Array.from(filledBy(fields, moves), (field) => fields.indexOf(field)),
    setsTime: Uint8Array.from([...fields, ...moves.map(({ to }) => to)], ({ name }) => (name === TIMESTAMP ? 1 : 0)),
    paths: compilePaths([...fields.map(({ keys }) => keys), ...ways]),
    expect: Uint8Array.from([
      ...fields.map((field) => expectOf(field, aliased.has(field))),
      ...ways.map(() => EXPECT.always),
    ]),
  };
}

function filledBy(fields: readonly PlannedField[], moves: readonly Move[]): Set<PlannedField> {
  const pieces = fields.flatMap(({ split }) => split?.targets.map(({ into }) => into) ?? []);
  return new Set([...moves.map(({ to }) => to), ...pieces]);
}

function splitOf(field: PlannedField, split: FieldSplit, byName: ReadonlyMap<string, PlannedField>): Split {
  const targets = split.into.map((where) => {
    const into = byName.get(where.steps.join('\0'))!;
    // A field that has pieces to give away itself takes the long way.
    return { into, beside: into.split === null ? besideOf(field.keys, into.keys) : null };
  });
  return { separator: split.separator, targets };
}

function besideOf(keys: readonly string[], other: readonly string[]): string | null {
  const same = keys.length === other.length && keys.slice(0, -1).every((key, i) => key === other[i]);
  return same ? `${JSON.stringify(other.at(-1))}:` : null;
}

function fieldOf(field: Field): PlannedField & { split: Split | null } {
  const aliases = new Map(
    field.values.flatMap(({ value, aliases: others }) =>
      others.map((other) => [JSON.stringify(other), JSON.stringify(value)] as const),
    ),
  );
  const known = aliases.size > 0 ? aliases : null;
  return {
    name: field.path.text,
    keys: field.path.steps as string[],
    type: field.type,
    coerce: remembered(coercionTo(field.type, known)),
    aliases: known,
    isText: field.type === 'keyword' || field.type === 'text',
    split: null,
  };
}

function undeclared(key: string, type: FieldType): PlannedField & { split: null } {
  return {
    name: key,
    keys: [key],
    type,
    coerce: remembered(coercionTo(type, null)),
    aliases: null,
    isText: false,
    split: null,
  };
}

function expectOf(field: PlannedField, aliasesArePaths: boolean): number {
  if (field.split) return EXPECT.always;
  if (aliasesArePaths) return EXPECT.aliased;
  return isAliased(field) ? EXPECT.stringAlways : EXPECTED[field.type];
}

function isAliased({ aliases, isText, split }: PlannedField): boolean {
  return aliases !== null && isText && split === null;
}

function aliasesOf(field: PlannedField): ValueAlias[] {
  return [...field.aliases!].map(([alias, value]) => ({ field, alias: JSON.parse(alias) as string, value }));
}

function nodeAt(root: PlanNode, keys: readonly string[]): PlanNode {
  let node = root;
  for (const key of keys) {
    const next: PlanNode = node.children.get(key) ?? { children: new Map(), field: null };
    node.children.set(key, next);
    node = next;
  }
  return node;
}
