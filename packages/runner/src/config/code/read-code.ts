import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type PluginDeclaration, printPath, Secret } from '@tailrace/core';
import { LineCounter } from 'yaml';
import type { Place } from '../../component.ts';
import { componentKey, SECTIONS } from '../collect.ts';
import type { Report } from '../problem.ts';
import type { Found } from '../read-yaml.ts';
import type { Entry, Tree } from '../tree.ts';
import { type CodeNode, codePlaces } from './code-places.ts';
import { inTime, NeverEnds } from './in-time.ts';
import { ModuleError, type ModuleFault, placeIn } from './module-fault.ts';
import type { ModuleLoader } from './module-loader.ts';

/** What a pipeline that is a function is called with, each time that it is loaded. */
export interface CodeContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file, without the newline at its end; relative to the module, watched as it is, and never shown in a message. */
  file(path: string): string;
}

/** A module with a pipeline. */
export interface CodeFile {
  /** What messages call it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** What reading code needs from around it. */
export interface CodeReader {
  readonly modules: ModuleLoader;
  readonly env: CodeContext['env'];
  readonly cwd: string;
  /** Makes a transform of a function that a pipeline holds. */
  readonly functionTransform?: (run: (...values: never[]) => unknown) => Promise<PluginDeclaration> | PluginDeclaration;
}

/** A pipeline in code: its tree, and the plugins that stand in it as values, by section and id. */
export interface ReadCode {
  readonly tree: Tree;
  readonly declarations: ReadonlyMap<string, PluginDeclaration>;
}

/** Whether a pipeline file is code: by its extension. */
export function isCode(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

// As for YAML: something that refers to itself would not end.
const MAX_NODES = 200_000;
const MAX_DEPTH = 64;

/** A pipeline while its value becomes a tree. */
interface Reading {
  readonly report: Report;
  readonly declarations: ReadonlyMap<string, PluginDeclaration>;
  placeAt(offset: number): Place;
  nodes: number;
}

type Way = readonly (string | number)[];

/** Imports a pipeline and gives it as a tree whose places are those of its literals; `undefined`: it cannot be loaded, and that is reported. */
export async function readCode(
  file: CodeFile,
  reader: CodeReader,
  report: Report,
  found: Found,
): Promise<ReadCode | undefined> {
  const place: Place = { file: file.name, line: 1, column: 1 };
  const folder = path.dirname(file.path);
  let value: unknown;
  let files: readonly string[] = [];
  try {
    const module = await reader.modules.load(`./${path.basename(file.path)}`, folder);
    files = module.files;
    for (const one of files) found.read(one);
    value = module.exports['default'];
    if (typeof value === 'function')
      value = (value as (context: CodeContext) => unknown)(contextOf(folder, reader, found));
    value = await inTime(value, reader.modules.limitMs);
  } catch (error) {
    if (error instanceof ModuleError) for (const one of error.files) found.read(one);
    const fault: ModuleFault = error instanceof ModuleError ? error.fault : functionFault(error, files);
    report({ ...placeOf(fault, reader.cwd, place), path: '', what: fault.what, expected: fault.expected });
    return undefined;
  }
  if (!isPlain(value)) {
    const expected = 'export default definePipeline({ … })';
    report({ ...place, path: '', what: 'its default export is no pipeline', expected });
    return undefined;
  }
  const placeAt = placesIn(file.text, file.name);
  const declarations = await pluginsIn(value, reader);
  const reading: Reading = { report, declarations, placeAt, nodes: 0 };
  return { tree: build(reading, value, codePlaces(file.text), []), declarations };
}

function contextOf(folder: string, { env }: CodeReader, found: Found): CodeContext {
  return {
    env,
    file(name) {
      const absolute = path.resolve(folder, name);
      found.read(absolute);
      const text = readFileSync(absolute, 'utf8').replace(/\r?\n$/, '');
      if (text !== '') found.secret(text);
      return text;
    },
  };
}

function functionFault(error: unknown, files: readonly string[]): ModuleFault {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NeverEnds) {
    return { what: `the pipeline's function does not end: ${message}`, expected: 'a promise that is settled' };
  }
  const at = placeIn(error, files);
  return { what: `the pipeline's function threw: ${message}`, ...(at && { at }) };
}

/** The place that a fault names, with the file as the command line would name it. */
export function placeOf({ at }: ModuleFault, cwd: string, otherwise: Place): Place {
  return at ? { ...at, file: path.relative(cwd, at.file) } : otherwise;
}

function placesIn(source: string, file: string): (offset: number) => Place {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let i = source.indexOf('\n'); i >= 0; i = source.indexOf('\n', i + 1)) lines.addNewLine(i + 1);
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `node` is the literal of the value, or of what holds it where the value was computed. */
function build(reading: Reading, value: unknown, node: CodeNode, way: Way): Tree {
  const place = reading.placeAt(node.offset);
  const nothing: Tree = { kind: 'scalar', place, value: null };
  reading.nodes++;
  const tooMany = reading.nodes > MAX_NODES;
  if (tooMany || way.length > MAX_DEPTH) {
    const what = tooMany ? `more than ${MAX_NODES} values` : `nested deeper than ${MAX_DEPTH} levels`;
    // Said once: what follows is not read.
    if (reading.nodes <= MAX_NODES + 1) reading.report({ ...place, path: printPath(way.slice(0, 3)), what });
    reading.nodes = MAX_NODES + 1;
    return nothing;
  }
  if (Array.isArray(value)) {
    const items = value.map((item, i) => build(reading, item, node.items[i] ?? around(node), [...way, i]));
    return { kind: 'list', place, items };
  }
  if (isPlain(value)) return { kind: 'map', place, entries: entries(reading, value, node, way) };
  if (value instanceof Secret) return { kind: 'scalar', place, value: value.reveal() };
  if (value === null || ['string', 'boolean', 'bigint'].includes(typeof value) || Number.isFinite(value)) {
    return { kind: 'scalar', place, value: value as string | number | bigint | boolean | null };
  }
  reading.report({ ...place, path: printPath(way), what: `is ${kindOf(value)}`, expected: 'what YAML could hold too' });
  return nothing;
}

function around({ offset }: CodeNode): CodeNode {
  return { offset, members: new Map(), items: [] };
}

function kindOf(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return `a ${value.constructor.name}`;
  return String(value);
}

function entries(reading: Reading, value: Record<string, unknown>, node: CodeNode, way: Way): Entry[] {
  const component = isComponent(way) ? withPlugin(reading, value, way as readonly [string, string]) : value;
  return Object.entries(component).flatMap(([key, member]) => {
    // An option that is left open, as `env.X` may be, is one that is not set.
    if (member === undefined) return [];
    const written = node.members.get(key);
    const keyPlace = reading.placeAt(written?.keyOffset ?? node.offset);
    return [{ key, keyPlace, value: build(reading, member, written?.value ?? around(node), [...way, key]) }];
  });
}

function isComponent(way: Way): boolean {
  return way.length === 2 && SECTIONS.some((section) => section === way[0]);
}

/** The plugins that stand in a pipeline as values or functions, by section and id. */
async function pluginsIn(
  pipeline: Readonly<Record<string, unknown>>,
  { functionTransform }: CodeReader,
): Promise<Map<string, PluginDeclaration>> {
  const declarations = new Map<string, PluginDeclaration>();
  for (const section of SECTIONS) {
    const components = pipeline[section];
    for (const [id, component] of isPlain(components) ? Object.entries(components) : []) {
      if (!isPlain(component)) continue;
      const { type, run } = component;
      if (typeof type === 'object' && type !== null && 'create' in type) {
        declarations.set(componentKey(section, id), type as PluginDeclaration);
      } else if (functionTransform && section === 'transforms' && type === undefined && typeof run === 'function') {
        declarations.set(componentKey(section, id), await functionTransform(run as (...values: never[]) => unknown));
      }
    }
  }
  return declarations;
}

/** A component with its plugin's name where its code holds the plugin itself, or a function. */
function withPlugin(
  { declarations }: Reading,
  value: Readonly<Record<string, unknown>>,
  [section, id]: readonly [string, string],
): Readonly<Record<string, unknown>> {
  const declaration = declarations.get(componentKey(section, id));
  if (!declaration) return value;
  const { run, ...options } = value;
  return value['type'] === undefined
    ? { type: declaration.type, ...options }
    : { ...value, type: String(declaration.type) };
}
