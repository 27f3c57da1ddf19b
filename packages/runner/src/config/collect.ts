import { type PluginDeclaration, printPath } from '@tailrace/core';
import type { Place } from '../component.ts';
import { DEAD_LETTERS } from '../dead-letters/letter-sinks.ts';
import { describeValue } from './describe-schema.ts';
import { nearest } from './nearest.ts';
import type { Report } from './problem.ts';
import { type Entry, plainValue, type Tree } from './tree.ts';

/** The parts of a pipeline that hold components. */
export const SECTIONS = ['sources', 'transforms', 'sinks'] as const;
export type Section = (typeof SECTIONS)[number];

/** A parsed file and the folder that its relative paths start from. */
export interface ParsedFile {
  readonly tree: Tree;
  readonly folder: string;
  /** Plugins that stand in a pipeline in code as values, by section and id. */
  readonly declarations?: ReadonlyMap<string, PluginDeclaration>;
}

/** A component as it is written. */
export interface WrittenComponent {
  readonly section: Section;
  readonly id: string;
  readonly keyPlace: Place;
  readonly tree: Tree;
  readonly folder: string;
  /** The plugin, where code gives it instead of its name. */
  readonly declaration?: PluginDeclaration | undefined;
}

/** A test as it is written. */
export interface WrittenTest {
  readonly tree: Tree;
  readonly at: readonly (string | number)[];
  readonly folder: string;
}

/** All files as one pipeline. */
export interface Collected {
  readonly components: readonly WrittenComponent[];
  readonly settings: readonly Entry[];
  readonly tests: readonly WrittenTest[];
}

/** The key of a component among the plugins that code holds. */
export function componentKey(section: string, id: string): string {
  return `${section} ${id}`;
}

const ID = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/;
const showPlace = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;

/** A pipeline while its files are put together. */
interface Collecting {
  readonly components: Map<string, WrittenComponent>;
  readonly settings: Map<string, Entry>;
  readonly tests: WrittenTest[];
  readonly report: Report;
}

/** Merges files: components and tests add up, a setting stands in one of them. `settings` are the known names. */
export function collect(files: readonly ParsedFile[], settings: readonly string[], report: Report): Collected {
  const all: Collecting = { components: new Map(), settings: new Map(), tests: [], report };
  for (const file of files) {
    const { tree, folder } = file;
    if (tree.kind !== 'map') {
      if (!isEmpty(tree))
        report({ ...tree.place, path: '', what: `the file is ${kindOf(tree)}`, expected: 'a pipeline' });
      continue;
    }
    for (const entry of tree.entries) {
      const section = SECTIONS.find((name) => name === entry.key);
      if (section) addSection(all, section, entry.value, file);
      else if (entry.key === 'tests') addTests(all, entry.value, folder);
      else addSetting(all, entry, settings);
    }
  }
  return { components: [...all.components.values()], settings: [...all.settings.values()], tests: all.tests };
}

function addSection(all: Collecting, section: Section, tree: Tree, file: ParsedFile): void {
  if (tree.kind === 'map') for (const entry of tree.entries) addComponent(all, section, entry, file);
  else if (!isEmpty(tree)) {
    all.report({ ...tree.place, path: section, what: `is ${kindOf(tree)}`, expected: 'components by id' });
  }
}

function addComponent(
  all: Collecting,
  section: Section,
  { key: id, keyPlace, value: tree }: Entry,
  { folder, declarations }: ParsedFile,
): void {
  const at = printPath([section, id]);
  const other = all.components.get(id);
  if (other) {
    const first = `${printPath([other.section, id])} at ${showPlace(other.keyPlace)}`;
    all.report({ ...keyPlace, path: at, what: `the id "${id}" is taken by ${first}` });
    return;
  }
  if (!ID.test(id)) {
    const expected = 'up to 64 letters, digits, "_" and "-", not beginning with "-"';
    all.report({ ...keyPlace, path: at, what: `"${id}" is no id`, expected });
  }
  if (id === DEAD_LETTERS) {
    const what = `the id "${id}" stands for the dead letters`;
    all.report({ ...keyPlace, path: at, what, expected: 'another id' });
  }
  const declaration = declarations?.get(componentKey(section, id));
  all.components.set(id, { section, id, keyPlace, tree, folder, declaration });
}

function addSetting(all: Collecting, entry: Entry, known: readonly string[]): void {
  const other = all.settings.get(entry.key);
  if (other) {
    all.report({ ...entry.keyPlace, path: entry.key, what: `is set already at ${showPlace(other.keyPlace)}` });
  } else if (known.includes(entry.key)) {
    all.settings.set(entry.key, entry);
  } else {
    const names = [...SECTIONS, 'tests', ...known];
    const near = nearest(entry.key, names);
    const expected = near === undefined ? `one of ${names.join(', ')}` : undefined;
    all.report({ ...entry.keyPlace, path: printPath([entry.key]), what: 'unknown key', expected, near });
  }
}

function addTests(all: Collecting, tree: Tree, folder: string): void {
  if (tree.kind === 'list') {
    for (const [i, item] of tree.items.entries()) all.tests.push({ tree: item, at: ['tests', i], folder });
  } else if (!isEmpty(tree)) {
    all.report({ ...tree.place, path: 'tests', what: `is ${kindOf(tree)}`, expected: 'a list' });
  }
}

function isEmpty(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.value === null;
}

function kindOf(tree: Tree): string {
  return describeValue(plainValue(tree), tree.kind === 'scalar' && tree.filled === undefined);
}
