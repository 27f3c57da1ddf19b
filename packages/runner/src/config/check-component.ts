import { type JsonSchema, object, type PluginDeclaration, printPath, resolveConfig } from '@tailrace/core';
import type { Place } from '../component.ts';
import { type SinkSettings, sinkSettings } from '../options.ts';
import type { CheckOptions } from './check-options.ts';
import type { ModuleFault } from './code/module-fault.ts';
import type { ModuleLoader } from './code/module-loader.ts';
import { declarationFault, namedPlugin, namesModule } from './code/named-plugin.ts';
import { placeOf } from './code/read-code.ts';
import type { WrittenComponent } from './collect.ts';
import { describeValue } from './describe-schema.ts';
import { nearest } from './nearest.ts';
import type { PluginEntry } from './plugin-entry.ts';
import type { Report } from './problem.ts';
import { type Entry, entryOf, plainValue, type Tree } from './tree.ts';

/** One entry of `inputs`, and where it stands. */
export interface Input {
  readonly pattern: string;
  readonly place: Place;
  readonly path: string;
}

/** A component whose options are known; `config` is missing when they are faulty. */
export interface CheckedComponent extends WrittenComponent {
  readonly declaration: PluginDeclaration | undefined;
  readonly inputs: readonly Input[];
  readonly options: { readonly config: unknown; readonly sink: SinkSettings | null } | undefined;
}

/** Where plugins come from. */
export interface PluginSource {
  readonly plugins: readonly PluginEntry[];
  readonly modules: ModuleLoader;
  /** The folder of the process, for file names in messages. */
  readonly cwd: string;
  /** Hears of the files of a plugin's module. */
  read(file: string): void;
}

const KIND = { sources: 'source', transforms: 'transform', sinks: 'sink' } as const;
const sinkOptions = object(sinkSettings);

/** Finds the component's plugin and checks its options. */
export async function checkComponent(
  written: WrittenComponent,
  source: PluginSource,
  check: CheckOptions,
  report: Report,
): Promise<CheckedComponent> {
  const at = [written.section, written.id];
  if (written.tree.kind !== 'map') {
    const value = plainValue(written.tree);
    const what = `is ${describeValue(value, true)}`;
    report({ ...written.tree.place, path: printPath(at), what, expected: 'options, "type" among them' });
    return { ...written, declaration: undefined, inputs: [], options: undefined };
  }
  const inputs = written.section === 'sources' ? [] : readInputs(written, report);
  const declaration = await findDeclaration(written, source, report);
  if (!declaration) return { ...written, declaration, inputs, options: undefined };

  const raw = check(schemaOf(declaration), { tree: written.tree, at, place: written.keyPlace }, report);
  if (raw === undefined) return { ...written, declaration, inputs, options: undefined };
  const config = resolveConfig(declaration.config, raw);
  const sink = declaration.kind === 'sink' ? resolveConfig(sinkOptions, raw) : null;
  return { ...written, declaration, inputs, options: { config, sink } };
}

const schemas = new WeakMap<PluginDeclaration, JsonSchema>();

/** The schema of a whole component: the plugin's options and those that every component of its kind has. */
export function schemaOf(declaration: PluginDeclaration): JsonSchema {
  const known = schemas.get(declaration);
  if (known) return known;
  const { json } = declaration.config;
  const schema: JsonSchema = {
    ...json,
    properties: {
      // Which type it is was found out before: a plugin of another package has its package's name in front.
      type: { type: 'string', description: declaration.summary },
      // What stands in `inputs` is checked by itself: its faults need the whole pipeline.
      ...(declaration.kind === 'source' ? {} : { inputs: INPUTS }),
      ...json.properties,
      ...(declaration.kind === 'sink' ? sinkOptions.json.properties : {}),
    },
    additionalProperties: false,
  };
  schemas.set(declaration, schema);
  return schema;
}

const INPUTS: JsonSchema = {
  description:
    'Ids of the components it reads, or their named outputs (`router.errors`): a list or one; "*" stands for any characters.',
};

/** The plugin that the component names, or holds. */
async function findDeclaration(
  written: WrittenComponent,
  source: PluginSource,
  report: Report,
): Promise<PluginDeclaration | undefined> {
  const kind = KIND[written.section];
  const entry = entryOf(written.tree, 'type');
  const type = entry && plainValue(entry.value);
  const path = printPath([written.section, written.id, 'type']);
  const refuse = (fault: ModuleFault & { near?: string | undefined }): undefined => {
    const { what, expected, near } = fault;
    report({ ...placeOf(fault, source.cwd, entry!.value.place), path, what, expected, near });
  };
  if (written.declaration) {
    const fault = declarationFault(String(type), kind, { ...written.declaration });
    return fault ? refuse(fault) : written.declaration;
  }
  if (typeof type !== 'string' || !namesModule(type)) return findPlugin(written, source.plugins, report)?.load();
  const { declaration, fault, files } = await namedPlugin(type, kind, written.folder, source.modules);
  for (const file of files) source.read(file);
  return fault ? refuse(fault) : declaration;
}

function findPlugin(
  written: WrittenComponent,
  plugins: readonly PluginEntry[],
  report: Report,
): PluginEntry | undefined {
  const kind = KIND[written.section];
  const path = printPath([written.section, written.id, 'type']);
  const types = plugins.filter((plugin) => plugin.kind === kind).map((plugin) => plugin.type);
  const expected = `one of ${types.join(', ')}`;
  const entry = entryOf(written.tree, 'type');
  if (!entry) {
    report({ ...written.keyPlace, path, what: 'is missing', expected });
    return undefined;
  }
  const type = plainValue(entry.value);
  const plugin = plugins.find((one) => one.kind === kind && one.type === type);
  if (plugin) return plugin;
  const { place } = entry.value;
  if (typeof type !== 'string') report({ ...place, path, what: `is ${describeValue(type, true)}`, expected });
  else {
    const near = nearest(type, types);
    const elsewhere = plugins.find((one) => one.type === type);
    const what = elsewhere ? `"${type}" is a ${elsewhere.kind}, not a ${kind}` : `unknown ${kind} type "${type}"`;
    report({ ...place, path, what, expected, near });
  }
  return undefined;
}

function readInputs({ section, id, tree, keyPlace }: WrittenComponent, report: Report): Input[] {
  const path = printPath([section, id, 'inputs']);
  const expected = 'the id of a source or transform, or a list of them';
  const entry: Entry | undefined = entryOf(tree, 'inputs');
  const value = entry?.value;
  if (!entry || !value) {
    report({ ...keyPlace, path, what: 'is missing', expected });
    return [];
  }
  if (value.kind === 'list' && value.items.length === 0)
    report({ ...value.place, path, what: 'is an empty list', expected });
  const items =
    value.kind === 'list' ? value.items.map((item, i) => ({ item, path: `${path}[${i}]` })) : [{ item: value, path }];
  return items.flatMap(({ item, path: itemPath }) => readInput(item, itemPath, report) ?? []);
}

function readInput(item: Tree, path: string, report: Report): Input | undefined {
  const pattern = plainValue(item, { type: 'string' });
  if (typeof pattern === 'string' && pattern !== '') return { pattern, place: item.place, path };
  const expected = 'the id of a source or transform';
  report({ ...item.place, path, what: pattern === '' ? 'is empty' : `is ${describeValue(pattern, true)}`, expected });
  return undefined;
}
