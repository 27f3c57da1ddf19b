import type { Field, FieldType } from '@tailrace/core';
import { compilePaths, EXPECT, type Paths } from '@tailrace/kernel';
import { type Coercion, coercionTo } from './coerce.ts';

/** A declared field, ready to work with. */
export interface PlannedField {
  readonly name: string;
  readonly keys: readonly string[];
  readonly type: FieldType;
  readonly coerce: Coercion;
  /** JSON text of the value that stands for a JSON text; `null` when no value has an alias. */
  readonly aliases: ReadonlyMap<string, string> | null;
  readonly split: { readonly separator: string; readonly into: readonly PlannedField[] } | null;
}

/** The declared paths as a tree of keys. */
export interface PlanNode {
  readonly children: Map<string, PlanNode>;
  field: PlannedField | null;
}

/** Another name of a field. */
interface Move {
  readonly from: readonly string[];
  readonly to: PlannedField;
}

/** What the transform prepares once: the kernel's paths (fields first, then other names) and the same as a tree for single events. */
export interface Plan {
  readonly fields: readonly PlannedField[];
  readonly moves: readonly Move[];
  readonly splits: readonly PlannedField[];
  readonly root: PlanNode;
  readonly paths: Paths;
  readonly expect: Uint8Array;
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

/** Compiles declared fields; `overflow` is the key that takes what has no place of its own. */
export function planOf(declared: readonly Field[], overflow: string): Plan {
  const own = declared.some((field) => field.path.steps.length === 1 && field.path.steps[0] === overflow);
  const fields: PlannedField[] = declared.map(fieldOf);
  const byName = new Map(fields.map((field) => [field.keys.join('\0'), field]));
  for (const [i, { split }] of declared.entries()) {
    if (!split) continue;
    const into = split.into.map((target) => byName.get(target.steps.join('\0'))!);
    fields[i] = Object.assign(fields[i]!, { split: { separator: split.separator, into } });
  }
  if (!own) fields.push(flattened(overflow));
  const moves = declared.flatMap(({ aliases }, i) =>
    aliases.map((alias) => ({ from: alias.steps as string[], to: fields[i]! })),
  );
  const root: PlanNode = { children: new Map(), field: null };
  for (const field of fields) nodeAt(root, field.keys).field = field;
  for (const move of moves) nodeAt(root, move.from);
  return {
    fields,
    moves,
    splits: fields.filter(({ split }) => split),
    root,
    paths: compilePaths([...fields.map(({ keys }) => keys), ...moves.map(({ from }) => from)]),
    expect: Uint8Array.from([...fields.map(expectOf), ...moves.map(() => EXPECT.always)]),
  };
}

function fieldOf(field: Field): PlannedField {
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
    coerce: coercionTo(field.type, known),
    aliases: known,
    split: null,
  };
}

function flattened(key: string): PlannedField {
  const coerce = coercionTo('flattened', null);
  return { name: key, keys: [key], type: 'flattened', coerce, aliases: null, split: null };
}

function expectOf({ type, aliases, split }: PlannedField): number {
  if (split) return EXPECT.always;
  return aliases && EXPECTED[type] === EXPECT.string ? EXPECT.stringAlways : EXPECTED[type];
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
