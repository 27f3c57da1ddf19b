import path from 'node:path';
import { printPath } from '@tailrace/core';
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
import type { Place } from '../component.ts';
import { interpolate, type Variables } from './interpolate.ts';
import type { Report } from './problem.ts';
import type { Entry, ScalarTree, Tree } from './tree.ts';

/** A YAML file to read: `name` is what messages call it. */
export interface YamlFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** Hears of what variables bring in. */
export interface Found {
  /** What no message may show. */
  secret(value: string): void;
  /** A file whose content is filled in, absolute. */
  read(file: string): void;
}

// An alias repeats its node, so a short text can stand for a gigantic or endless one.
const MAX_NODES = 200_000;
const MAX_DEPTH = 64;
const MAX_SYNTAX_ERRORS = 3;
const MERGE = '<<';
/** A variable without quotes behind the bracket, brace, comma or colon of a flow collection. */
const BARE_IN_FLOW = /[[{].*\$\{/;
const TAG_ADVICE = `a value without one ("\${NAME}" fills in a variable), or quotes around a text that begins with !`;

/** A file while its tree is built. */
interface Reading {
  readonly document: Document;
  readonly variables: Variables;
  readonly report: Report;
  readonly found: Found;
  placeAt(offset: number): Place;
  nodes: number;
}

type Way = readonly (string | number)[];

/** Parses a file and fills in its variables, except below the top-level key `tests`, whose texts are data. `undefined`: it is no YAML. */
export function readYaml(file: YamlFile, env: Variables['env'], report: Report, found: Found): Tree | undefined {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: file.name, line: Math.max(1, line), column: Math.max(1, col) };
  };
  // What is no YAML may make all that follows look like none, the rest of its line first.
  const lineOf = ({ pos }: YAMLError): number => lines.linePos(pos[0]).line;
  const ofLines = document.errors.filter((error, i, all) => i === 0 || lineOf(error) !== lineOf(all[i - 1]!));
  for (const error of ofLines.slice(0, MAX_SYNTAX_ERRORS)) {
    report({ ...placeAt(error.pos[0]), path: '', what: syntaxText(error, file.text, lines) });
  }
  if (document.errors.length > 0) return undefined;
  for (const { code, pos } of document.warnings) {
    if (code !== 'TAG_RESOLVE_FAILED') continue;
    const tag = /^!\S*/.exec(file.text.slice(pos[0]))?.[0] ?? '!';
    report({ ...placeAt(pos[0]), path: '', what: `"${tag}" is no tag that is known`, expected: TAG_ADVICE });
  }
  const variables: Variables = { env, folder: path.dirname(file.path) };
  const reading: Reading = { document, variables, report, found, placeAt, nodes: 0 };
  return build(reading, document.contents as Node | null, [], { file: file.name, line: 1, column: 1 });
}

function build(reading: Reading, node: Node | null, way: Way, at: Place): Tree {
  reading.nodes++;
  const nothing: Tree = { kind: 'scalar', place: at, value: null };
  if (node === null) return nothing;
  const tooMany = reading.nodes > MAX_NODES;
  if (tooMany || way.length > MAX_DEPTH) {
    const what = tooMany ? `more than ${MAX_NODES} values` : `nested deeper than ${MAX_DEPTH} levels`;
    // Said once: what follows is not read.
    if (reading.nodes <= MAX_NODES + 1) reading.report({ ...at, path: printPath(way.slice(0, 3)), what });
    reading.nodes = MAX_NODES + 1;
    return nothing;
  }
  const place = node.range ? reading.placeAt(node.range[0]) : at;
  if (isAlias(node)) return aliased(reading, node, way, place);
  if (isMap(node)) return { kind: 'map', place, entries: entries(reading, node.items, way, place) };
  if (isSeq(node)) {
    const items = node.items.map((item, i) => build(reading, item as Node | null, [...way, i], place));
    return { kind: 'list', place, items };
  }
  return scalar(reading, node, way, place);
}

function aliased(reading: Reading, alias: Alias, way: Way, place: Place): Tree {
  const target = alias.resolve(reading.document);
  if (target !== undefined) return build(reading, target, way, place);
  const what = `there is no anchor "&${alias.source}" above`;
  reading.report({ ...place, path: printPath(way), what, expected: 'quotes around a text that begins with *' });
  return { kind: 'scalar', place, value: `*${alias.source}` };
}

function entries(reading: Reading, pairs: readonly { key: unknown; value: unknown }[], way: Way, at: Place): Entry[] {
  const first = new Map<string, Place>();
  const result: Entry[] = [];
  const merged: Entry[] = [];
  for (const { key: keyNode, value } of pairs) {
    const keyPlace = isScalar(keyNode) && keyNode.range ? reading.placeAt(keyNode.range[0]) : at;
    const key = isScalar(keyNode) ? String(keyNode.value) : String(keyNode);
    if (key === MERGE && isScalar(keyNode) && keyNode.type === 'PLAIN') {
      merged.push(...mergedEntries(reading, build(reading, value as Node | null, way, keyPlace), way));
      continue;
    }
    const inside = [...way, key];
    const other = first.get(key);
    if (other) {
      const what = `"${key}" stands twice, first at ${other.file}:${other.line}:${other.column}`;
      reading.report({ ...keyPlace, path: printPath(inside), what });
      continue;
    }
    first.set(key, keyPlace);
    result.push({ key, keyPlace, value: build(reading, value as Node | null, inside, keyPlace) });
  }
  for (const entry of merged) {
    if (first.has(entry.key)) continue;
    first.set(entry.key, entry.keyPlace);
    result.push(entry);
  }
  return result;
}

/** What `<<` brings into a map: the members of a map or of several, the first of those that stand in many. */
function mergedEntries(reading: Reading, from: Tree, way: Way): readonly Entry[] {
  if (from.kind === 'map') return from.entries;
  if (from.kind === 'list' && from.items.every(({ kind }) => kind === 'map')) {
    return from.items.flatMap((item) => mergedEntries(reading, item, way));
  }
  const expected = 'a map, an alias of one (*name), or a list of them';
  reading.report({ ...from.place, path: printPath([...way, MERGE]), what: 'is no map', expected });
  return [];
}

function scalar({ variables, report, found }: Reading, node: Node, way: Way, place: Place): ScalarTree {
  const value = isScalar(node) ? node.value : null;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    report({ ...place, path: printPath(way), what: 'is no number that JSON can hold' });
  }
  if (way[0] === 'tests' || typeof value !== 'string') return { kind: 'scalar', place, value: exact(node) };
  const { text, changed, secrets, files, faults } = interpolate(value, variables);
  for (const fault of faults) report({ ...place, path: printPath(way), ...fault });
  for (const hidden of secrets) found.secret(hidden);
  for (const file of files) found.read(file);
  if (!changed) return { kind: 'scalar', place, value: text };
  const quoted = isScalar(node) && node.type !== 'PLAIN';
  return { kind: 'scalar', place, value: text, filled: quoted ? 'quoted' : 'unquoted' };
}

/** The value of a scalar: an integer that a double cannot hold keeps its digits. */
function exact(node: Node): ScalarTree['value'] {
  if (!isScalar(node)) return null;
  const { value, source } = node;
  const isInexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isInexact && source !== undefined && /^[-+]?\d+$/.test(source) ? BigInt(source) : plain(value);
}

function plain(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}

function syntaxText(error: YAMLError, text: string, lines: LineCounter): string {
  if (error.code === 'MULTIPLE_DOCS') return 'a second YAML document begins here ("---"), expected one per file';
  const { line } = lines.linePos(error.pos[0]);
  const isOfVariable = BARE_IN_FLOW.test(text.split('\n')[line - 1] ?? '');
  return `not YAML: ${error.message}${isOfVariable ? ` (inside [ ] and { }, put "\${…}" in quotes)` : ''}`;
}
