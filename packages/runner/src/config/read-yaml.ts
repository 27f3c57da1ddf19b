import path from 'node:path';
import { printPath } from '@tailrace/core';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
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
  // What is no YAML may make all that follows look like none.
  for (const error of document.errors.slice(0, MAX_SYNTAX_ERRORS)) {
    report({ ...placeAt(error.pos[0]), path: '', what: syntaxText(error, file.text, lines) });
  }
  if (document.errors.length > 0) return undefined;
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
  if (isAlias(node)) return build(reading, node.resolve(reading.document) ?? null, way, place);
  if (isMap(node)) return { kind: 'map', place, entries: entries(reading, node.items, way, place) };
  if (isSeq(node)) {
    const items = node.items.map((item, i) => build(reading, item as Node | null, [...way, i], place));
    return { kind: 'list', place, items };
  }
  return scalar(reading, node, way, place);
}

function entries(reading: Reading, pairs: readonly { key: unknown; value: unknown }[], way: Way, at: Place): Entry[] {
  const first = new Map<string, Place>();
  const result: Entry[] = [];
  for (const { key: keyNode, value } of pairs) {
    const keyPlace = isScalar(keyNode) && keyNode.range ? reading.placeAt(keyNode.range[0]) : at;
    const key = isScalar(keyNode) ? String(keyNode.value) : String(keyNode);
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
  return result;
}

function scalar({ variables, report, found }: Reading, node: Node, way: Way, place: Place): ScalarTree {
  const value = isScalar(node) ? node.value : null;
  if (way[0] === 'tests' && isScalar(node)) return { kind: 'scalar', place, value: exact(node) };
  if (typeof value !== 'string') return { kind: 'scalar', place, value: plain(value) };
  const { text, changed, secrets, files, faults } = interpolate(value, variables);
  for (const fault of faults) report({ ...place, path: printPath(way), ...fault });
  for (const hidden of secrets) found.secret(hidden);
  for (const file of files) found.read(file);
  if (!changed) return { kind: 'scalar', place, value: text };
  const quoted = isScalar(node) && node.type !== 'PLAIN';
  return { kind: 'scalar', place, value: text, filled: quoted ? 'quoted' : 'unquoted' };
}

/** A value of a test: an integer that a double cannot hold keeps its digits. */
function exact(node: Scalar): ScalarTree['value'] {
  const { value, source } = node;
  const inexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return inexact && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : plain(value);
}

function plain(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}

function syntaxText(error: YAMLError, text: string, lines: LineCounter): string {
  if (error.code === 'MULTIPLE_DOCS') return 'a second YAML document begins here ("---"), expected one per file';
  const { line } = lines.linePos(error.pos[0]);
  const source = text.split('\n')[line - 1] ?? '';
  const flow = error.code === 'MISSING_CHAR' && source.includes('${');
  return `not YAML: ${error.message}${flow ? ` (inside [ ] and { }, put "\${…}" in quotes)` : ''}`;
}
