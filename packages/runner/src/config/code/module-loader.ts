import { createHash, randomInt } from 'node:crypto';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { LoadedModule } from '@tailrace/core';
import { contentHash } from '../content-hash.ts';
import { inTime } from './in-time.ts';
import { ModuleError, moduleFault } from './module-fault.ts';

/** Loads modules anew when one of their files has changed, else gives what it gave before. */
export interface ModuleLoader {
  /** Longest time in milliseconds that loading a module may take, and a pipeline's function. */
  readonly limitMs: number;
  /** `specifier`: `./plugin.ts`, relative to `folder`, or a package that is found from there. Rejects with a {@link ModuleError}. */
  load(specifier: string, folder: string): Promise<LoadedModule>;
}

interface Known {
  readonly module: LoadedModule;
  readonly hashes: readonly string[];
}

const ENTRY = 'tailrace-entry:';
const VERSION = 'tailrace';
const OWN = /^(?:tailrace|@tailrace\/[a-z-]+)$/;

/**
 * Makes a loader. `product` is the URL of a module that finds tailrace's own packages: what imports one of them without having it installed
 * gets the one that runs.
 */
export function moduleLoader(product: string, limitMs = 30_000): ModuleLoader {
  const known = new Map<string, Known>();
  // Two loaders of one process must not give each other's modules.
  const own = randomInt(2 ** 47);
  let count = 0;
  return {
    limitMs,
    async load(specifier, folder) {
      const key = JSON.stringify([specifier, isRelative(specifier) ? path.resolve(folder, specifier) : folder]);
      const before = known.get(key);
      if (before && sameHashes(before)) return before.module;
      count++;
      const module = await importAnew(specifier, folder, { product, limitMs, version: `${VERSION}=${own}-${count}` });
      known.set(key, { module, hashes: module.files.map(contentHash) });
      return module;
    },
  };
}

/** Whether a specifier is a path and no package. */
export function isRelative(specifier: string): boolean {
  return specifier.startsWith('.') || path.isAbsolute(specifier);
}

function sameHashes({ module, hashes }: Known): boolean {
  return module.files.every((file, i) => contentHash(file) === hashes[i]);
}

/**
 * Node keeps every module that it has imported; a query in the URL makes it another one. The hook hands the query on to what the module
 * imports by a relative path, so that a change there is seen too; packages are shared with the process.
 */
async function importAnew(
  specifier: string,
  folder: string,
  { product, limitMs, version }: { product: string; limitMs: number; version: string },
): Promise<LoadedModule> {
  const files = new Set<string>();
  const inFolder = pathToFileURL(path.join(folder, 'pipeline')).href;
  const entry = `${ENTRY}${createHash('sha256').update(`${version} ${specifier}`).digest('hex')}`;
  const hooks = registerHooks({
    resolve(wanted, context, next) {
      const isEntry = wanted === entry;
      const isPart = context.parentURL?.endsWith(`?${version}`) === true;
      // Packages that it imports find tailrace's own as it does.
      if (!isEntry && !isPart) return resolveFrom(wanted, context, next, product);
      const name = isEntry ? entryName(specifier, folder) : wanted;
      const found = resolveFrom(name, isEntry ? { ...context, parentURL: inFolder } : context, next, product);
      const isFile = found.url.startsWith('file:') && isPath(name) && !found.url.includes('/node_modules/');
      if (!isFile) return found;
      files.add(fileURLToPath(found.url));
      const url = found.url.replace(/\?.*$/, '');
      // A package.json around it may say that its files are CommonJS, as `npm init` writes it; TypeScript here has imports all the same.
      const format = url.endsWith('.ts') ? 'module-typescript' : found.format;
      return { ...found, format, url: `${url}?${version}` };
    },
  });
  try {
    // By way of a module in the URL, so that what loads this file instead of Node (a bundler, a test runner) leaves the entry to the hook.
    const imported = import(`data:text/javascript,export * as exports from '${entry}'`);
    const { exports } = await inTime(imported as Promise<Pick<LoadedModule, 'exports'>>, limitMs);
    return { exports, files: [...files] };
  } catch (error) {
    const wanted = { specifier, folder, isPackage: !isRelative(specifier), files: [...files] };
    throw new ModuleError(moduleFault(error, wanted), [...files]);
  } finally {
    hooks.deregister();
  }
}

function entryName(specifier: string, folder: string): string {
  return isRelative(specifier) ? pathToFileURL(path.resolve(folder, specifier)).href : specifier;
}

function isPath(specifier: string): boolean {
  return isRelative(specifier) || specifier.startsWith('file:');
}

type Resolved = ReturnType<NonNullable<Parameters<typeof registerHooks>[0]['resolve']>>;
type ResolveContext = Parameters<NonNullable<Parameters<typeof registerHooks>[0]['resolve']>>[1];

function resolveFrom(
  name: string,
  context: ResolveContext,
  next: (specifier: string, context?: Partial<ResolveContext>) => Resolved,
  product: string,
): Resolved {
  if (!OWN.test(name)) return next(name, context);
  try {
    return next(name, context);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return next(name, { ...context, parentURL: product });
  }
}
