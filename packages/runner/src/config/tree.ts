import type { JsonSchema } from '@tailrace/core';
import type { Place } from '../component.ts';

/** A piece of a YAML file that knows where it stands. */
export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: Tree;
}

export interface ListTree {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Tree[];
}

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | bigint | boolean | null;
  /** The value was filled in by a variable, so messages do not show it; unquoted, its type follows what is wanted. */
  readonly filled?: 'quoted' | 'unquoted';
}

export type At = readonly (string | number)[];

/** The member of a map. */
export function entryOf(tree: Tree | undefined, key: string): Entry | undefined {
  return tree?.kind === 'map' ? tree.entries.find((entry) => entry.key === key) : undefined;
}

/** The tree at the end of a way, or as far as it goes. */
export function walk(tree: Tree, at: At): { tree: Tree; keyPlace: Place | undefined; whole: boolean } {
  let keyPlace: Place | undefined;
  for (const step of at) {
    const entry = typeof step === 'string' ? entryOf(tree, step) : undefined;
    const next = entry?.value ?? (tree.kind === 'list' ? tree.items[Number(step)] : undefined);
    if (!next) return { tree, keyPlace, whole: false };
    keyPlace = entry?.keyPlace;
    tree = next;
  }
  return { tree, keyPlace, whole: true };
}

/** The plain value of a tree; `schema` decides what an unquoted variable becomes. */
export function plainValue(tree: Tree, schema?: JsonSchema): unknown {
  switch (tree.kind) {
    case 'scalar':
      return tree.filled === 'unquoted' ? typed(String(tree.value), schema) : sized(tree.value, schema);
    case 'list':
      return tree.items.map((item) => plainValue(item, shapeFor(schema, 'array')?.items));
    case 'map': {
      const shape = shapeFor(schema, 'object');
      return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plainValue(value, memberOf(shape, key))]));
    }
  }
}

function memberOf(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  if (schema?.properties && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function shapeFor(schema: JsonSchema | undefined, type: string): JsonSchema | undefined {
  return schema?.anyOf ? schema.anyOf.find((shape) => shape.type === type) : schema;
}

/** A password made of digits stays text, a port becomes a number: the schema knows which of them it is. */
function typed(text: string, schema: JsonSchema | undefined): string | number | bigint | boolean {
  const shapes = schema?.anyOf ?? (schema ? [schema] : []);
  if (shapes.some((shape) => takesText(shape, text))) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  if (!/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text) || !Number.isFinite(Number(text))) return text;
  const isExact = !/^[-+]?\d+$/.test(text) || Number.isSafeInteger(Number(text));
  return isExact ? Number(text) : sized(BigInt(text), schema);
}

/** A large integer keeps its digits where any value may stand: it becomes a part of events. Settings are numbers. */
function sized<T>(value: T | bigint, schema: JsonSchema | undefined): T | number | bigint {
  const takesAnything = schema === undefined || !(schema.type ?? schema.anyOf ?? schema.enum);
  return typeof value === 'bigint' && !takesAnything ? Number(value) : value;
}

function takesText(schema: JsonSchema, text: string): boolean {
  if (schema.enum) return schema.enum.includes(text);
  return schema.type === 'string' || (Array.isArray(schema.type) && schema.type.includes('string'));
}
