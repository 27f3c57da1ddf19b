import { nearestHint } from './nearest.ts';
import { type Path, PathError, path, printPath } from './path.ts';

/** Types a field can be declared with; those of Elasticsearch that carry the same name. */
export const FIELD_TYPES = [
  'keyword',
  'text',
  'long',
  'double',
  'boolean',
  'date',
  'date_nanos',
  'ip',
  'object',
  'flattened',
] as const;

export type FieldType = (typeof FIELD_TYPES)[number];

/** A known value of a field; an event that has one of the aliases gets the value. */
export interface FieldValue {
  readonly value: string;
  readonly aliases: readonly string[];
  readonly description: string | null;
}

/** Where the pieces of a field go: first to first, only into fields that are missing. */
export interface FieldSplit {
  readonly separator: string;
  readonly into: readonly Path[];
}

/** One declared field. */
export interface Field {
  readonly path: Path;
  readonly type: FieldType;
  readonly unit: string | null;
  readonly description: string | null;
  /** Other paths of the same field, tried in this order. */
  readonly aliases: readonly Path[];
  readonly values: readonly FieldValue[];
  readonly split: FieldSplit | null;
  /** Longest keyword that is indexed, in characters; `null`: the sink's default. */
  readonly ignoreAbove: number | null;
}

/** The fields of one kind of log, in the order of the file. */
export interface FieldFile {
  readonly fields: readonly Field[];
}

/** What is wrong with a field file, and the way to it (`['fields', 'fields.port', 'type']`). */
export interface FieldProblem {
  readonly at: readonly (string | number)[];
  readonly message: string;
}

type Members = Readonly<Record<string, unknown>>;
type Report = (at: readonly (string | number)[], message: string) => void;

const FILE_KEYS = ['version', 'fields'];
const FIELD_KEYS = ['type', 'unit', 'description', 'aliases', 'values', 'split', 'ignore_above'];
const VALUE_KEYS = ['aliases', 'description'];
const SPLIT_KEYS = ['separator', 'into'];
const VERSION = 1;

/** Reads the parsed content of a field file; with problems, `fields` holds what could be read. */
export function fieldFileFrom(value: unknown): FieldFile & { readonly problems: readonly FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const report: Report = (at, message) => problems.push({ at, message });
  if (!isMembers(value)) {
    report([], `must be an object with "version" and "fields", is ${kindOf(value)}`);
    return { fields: [], problems };
  }
  refuseUnknown(value, FILE_KEYS, [], report);
  const { version } = value as { version?: unknown };
  if (version === undefined) report([], `has no version: write "version: ${VERSION}"`);
  else if (typeof version === 'number' && version > VERSION) {
    report(['version'], `is ${version}, newer than ${VERSION}: use a newer tailrace`);
  } else if (version !== VERSION) report(['version'], `must be ${VERSION}, is ${JSON.stringify(version)}`);
  const read = fieldsFrom((value as { fields?: unknown }).fields);
  problems.push(...read.problems.map(({ at, message }) => ({ at: ['fields', ...at], message })));
  return { fields: read.fields, problems };
}

/** Reads declared fields by their paths: the member `fields` of a field file. */
export function fieldsFrom(value: unknown): FieldFile & { readonly problems: readonly FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const report: Report = (at, message) => problems.push({ at, message });
  const fields: Field[] = [];
  if (!isMembers(value)) report([], `must be an object of fields by their paths, is ${kindOf(value)}`);
  else {
    for (const [key, declared] of Object.entries(value)) {
      const field = fieldFrom(key, declared, report);
      if (field) fields.push(field);
    }
    refuseClashes(fields, report);
  }
  return { fields, problems };
}

function fieldFrom(key: string, declared: unknown, report: Report): Field | undefined {
  const where = pathAt(key, [key], report);
  if (!isMembers(declared)) {
    report([key], `must be an object with a "type", is ${kindOf(declared)}`);
    return undefined;
  }
  refuseUnknown(declared, FIELD_KEYS, [key], report);
  const { type, aliases, values, split, ignore_above } = declared as Record<string, unknown>;
  if (type === undefined) report([key], `has no type: give it one of ${FIELD_TYPES.join(', ')}`);
  else if (!isFieldType(type))
    report([key, 'type'], `must be one of ${FIELD_TYPES.join(', ')}, is ${JSON.stringify(type)}`);
  if (!where || !isFieldType(type)) return undefined;
  if (ignore_above !== undefined && (type !== 'keyword' || !isCount(ignore_above))) {
    report([key, 'ignore_above'], 'must be a whole number above 0, and stands with the type keyword only');
  }
  return {
    path: where,
    type,
    unit: textAt(declared, 'unit', [key], report),
    description: textAt(declared, 'description', [key], report),
    aliases: pathsAt(aliases, [key, 'aliases'], report),
    values: valuesFrom(values, type, [key, 'values'], report),
    split: splitFrom(split, type, [key, 'split'], report),
    ignoreAbove: isCount(ignore_above) ? ignore_above : null,
  };
}

function valuesFrom(value: unknown, type: FieldType, at: readonly string[], report: Report): FieldValue[] {
  if (value === undefined) return [];
  if (!isMembers(value)) {
    report(at, `must be an object of known values, is ${kindOf(value)}`);
    return [];
  }
  if (type !== 'keyword' && type !== 'text') report(at, `are for keyword and text only, and this is a ${type}`);
  const owners = new Map<string, string>(Object.keys(value).map((known) => [known, known]));
  return Object.entries(value).map(([known, details]) => {
    const members = details === null ? {} : details;
    if (!isMembers(members)) {
      report([...at, known], `must be an object, is ${kindOf(details)}`);
      return { value: known, aliases: [], description: null };
    }
    refuseUnknown(members, VALUE_KEYS, [...at, known], report);
    const aliases = textsAt((members as { aliases?: unknown }).aliases, [...at, known, 'aliases'], report);
    for (const [i, alias] of aliases.entries()) {
      const owner = owners.get(alias);
      if (owner !== undefined) report([...at, known, 'aliases', i], `"${alias}" stands for "${owner}" already`);
      owners.set(alias, known);
    }
    return { value: known, aliases, description: textAt(members, 'description', [...at, known], report) };
  });
}

function splitFrom(value: unknown, type: FieldType, at: readonly string[], report: Report): FieldSplit | null {
  if (value === undefined) return null;
  if (!isMembers(value)) {
    report(at, `must be an object with "separator" and "into", is ${kindOf(value)}`);
    return null;
  }
  if (type !== 'keyword' && type !== 'text') report(at, `is for keyword and text only, and this is a ${type}`);
  refuseUnknown(value, SPLIT_KEYS, at, report);
  const { separator, into } = value as { separator?: unknown; into?: unknown };
  if (typeof separator !== 'string' || separator === '') report([...at, 'separator'], 'must be text');
  const paths = pathsAt(into, [...at, 'into'], report);
  if (paths.length === 0) report([...at, 'into'], 'must name the fields that take the pieces');
  return { separator: typeof separator === 'string' ? separator : '', into: paths };
}

/** Refuses what would give a path two meanings: said twice, an alias that is declared, members below a field that has none. */
function refuseClashes(fields: readonly Field[], report: Report): void {
  const owners = new Map<string, string>();
  const types = new Map(fields.map((field) => [printPath(field.path.steps), field.type]));
  const claim = (where: Path, field: Field, at: readonly (string | number)[]): void => {
    const name = printPath(where.steps);
    const owner = owners.get(name);
    if (owner !== undefined) report(at, `"${name}" is the field "${owner}" already`);
    owners.set(name, field.path.text);
  };
  for (const field of fields) claim(field.path, field, [field.path.text]);
  for (const field of fields) {
    for (const [i, alias] of field.aliases.entries()) claim(alias, field, [field.path.text, 'aliases', i]);
    for (let n = 1; n < field.path.steps.length; n++) {
      const above = printPath(field.path.steps.slice(0, n));
      const type = types.get(above);
      if (type !== undefined && type !== 'object') {
        report([field.path.text], `cannot stand below "${above}", which is a ${type}: only an object has members`);
      }
    }
    for (const [i, into] of (field.split?.into ?? []).entries()) {
      if (types.has(printPath(into.steps))) continue;
      report(
        [field.path.text, 'split', 'into', i],
        `"${into.text}" is not declared${nearestHint(into.text, [...types.keys()])}`,
      );
    }
  }
}

function pathAt(text: unknown, at: readonly (string | number)[], report: Report): Path | undefined {
  if (typeof text !== 'string') {
    report(at, `must be a field path, is ${kindOf(text)}`);
    return undefined;
  }
  try {
    const where = path(text);
    if (where.steps.every((step) => typeof step === 'string')) return where;
    report(at, `names an array item: a field holds for all items, so write it without "[…]"`);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    report(at, error.message);
  }
  return undefined;
}

function pathsAt(value: unknown, at: readonly (string | number)[], report: Report): Path[] {
  return textsAt(value, at, report)
    .map((text, i) => pathAt(text, [...at, i], report))
    .filter((where) => where !== undefined);
}

function textsAt(value: unknown, at: readonly (string | number)[], report: Report): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  report(at, `must be a list of texts, is ${Array.isArray(value) ? 'a list with something else' : kindOf(value)}`);
  return [];
}

function textAt(members: Members, key: string, at: readonly (string | number)[], report: Report): string | null {
  const value = members[key];
  if (value === undefined || typeof value === 'string') return value ?? null;
  report([...at, key], `must be text, is ${kindOf(value)}`);
  return null;
}

function refuseUnknown(members: Members, known: readonly string[], at: readonly string[], report: Report): void {
  for (const key of Object.keys(members)) {
    if (!known.includes(key)) report([...at, key], `is not known here${nearestHint(key, known)}`);
  }
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isFieldType = (value: unknown): value is FieldType => FIELD_TYPES.includes(value as FieldType);
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;
const kindOf = (value: unknown): string =>
  value === undefined ? 'missing' : value === null ? 'empty' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
