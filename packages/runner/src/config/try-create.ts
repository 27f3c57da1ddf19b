import path from 'node:path';
import { ConfigError, type Log, printPath, type SourceContext, type TransformContext } from '@tailrace/core';
import type { CheckedComponent } from './check-component.ts';
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
  report: Report,
): Promise<ReadonlyMap<string, string>> {
  const { declaration, options, section, id, keyPlace, tree } = component;
  const files = new Map<string, string>();
  if (!declaration || !options) return files;
  const { config } = options;
  const context = idleContext(component, dataDir, (file) => {
    if (declaration.kind !== 'source') files.set(file, contentHash(file));
  });
  try {
    if (declaration.kind === 'source') await declaration.create({ config, context });
    else if (declaration.kind === 'transform') await declaration.create({ config, context });
    else await declaration.create({ config, context });
  } catch (error) {
    const at = error instanceof ConfigError ? error.at : [];
    const found = walk(tree, at);
    const place = at.length === 0 ? keyPlace : found.tree.place;
    const message = error instanceof Error ? error.message : String(error);
    const what = error instanceof ConfigError ? message : `cannot be created: ${message}`;
    report({ ...place, path: printPath([section, id, ...at]), what });
  }
  return files;
}

function idleContext(
  { id, folder }: CheckedComponent,
  dataDir: string,
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
