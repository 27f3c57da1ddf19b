import path from 'node:path';
import {
  type ConfigError,
  type Log,
  type PluginDeclaration,
  printPath,
  type SourceContext,
  type TransformContext,
} from '@tailrace/core';
import { thrownText } from '../plugin-fault.ts';
import type { CheckedComponent } from './check-component.ts';
import { loadModule } from './code/load-module.ts';
import type { ModuleLoader } from './code/module-loader.ts';
import { contentHash } from './content-hash.ts';
import type { Report } from './problem.ts';
import { walk } from './tree.ts';

const nothing = (): void => {};
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/**
 * Creates the component and lets go of it: what its options mean together is only known to the plugin. Nothing is opened or sent. Gives
 * the files that a transform or sink asked for, with the hashes of their contents; what a source names are its inputs.
 */
export async function tryCreate(
  component: CheckedComponent,
  dataDir: string,
  modules: ModuleLoader,
  report: Report,
): Promise<ReadonlyMap<string, string>> {
  const { declaration, options, section, id, keyPlace, tree } = component;
  const files = new Map<string, string>();
  if (!declaration || !options) return files;
  const { config } = options;
  const context = idleContext(component, { dataDir, modules }, (file) => {
    if (declaration.kind !== 'source') files.set(file, contentHash(file));
  });
  try {
    const created: unknown = await create(declaration, config, context);
    const missing = missingParts(declaration.kind, created);
    if (missing.length > 0) throw new Error(`create gave no ${declaration.kind}: ${missing.join(', ')} missing`);
  } catch (error) {
    const at = isConfigError(error) ? error.at : [];
    const found = walk(tree, at);
    const place = at.length === 0 ? keyPlace : found.tree.place;
    const what = isConfigError(error) ? error.message : `cannot be created: ${thrownText(error)}`;
    report({ ...place, path: printPath([section, id, ...at]), what });
  }
  return files;
}

/** By its name: a plugin of another package may bring a core of its own. */
function isConfigError(error: unknown): error is ConfigError {
  return error instanceof Error && error.name === 'ConfigError' && Array.isArray((error as Partial<ConfigError>).at);
}

function create(declaration: PluginDeclaration, config: unknown, context: SourceContext & TransformContext): unknown {
  if (declaration.kind === 'source') return declaration.create({ config, context });
  if (declaration.kind === 'transform') return declaration.create({ config, context });
  return declaration.create({ config, context });
}

const PARTS = {
  source: { run: 'function' },
  transform: { process: 'function', flush: 'function', holds: 'boolean' },
  sink: { encode: 'function', send: 'function', limits: 'object', maxInFlight: 'number' },
} as const;

/** What a plugin's `create` left out of what it has to give. */
function missingParts(kind: PluginDeclaration['kind'], created: unknown): string[] {
  if (kind === 'transform' && typeof created === 'function') return [];
  const parts = typeof created === 'object' && created !== null ? created : {};
  return Object.entries(PARTS[kind]).flatMap(([name, type]) =>
    typeof Reflect.get(parts, name) === type ? [] : [name],
  );
}

function idleContext(
  { id, folder }: CheckedComponent,
  { dataDir, modules }: { dataDir: string; modules: ModuleLoader },
  named: (file: string) => void,
): SourceContext & TransformContext {
  return {
    componentId: id,
    nodeId: 'none',
    log: silent,
    dataDir,
    resolvePath(file) {
      const absolute = path.resolve(folder, file);
      named(absolute);
      return absolute;
    },
    loadModule: (name) => loadModule(modules, name, folder, named),
    countErrors: nothing,
    gauge: nothing,
    notReady: nothing,
    reject: nothing,
    discardReason: nothing,
    route: nothing,
    newBatch: tooEarly,
    newRecordBatch: tooEarly,
    runNumbers: tooEarly,
  };
}

function tooEarly(): never {
  throw new Error('a plugin worked before the pipeline runs');
}
