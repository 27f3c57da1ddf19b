import { PLUGIN_CONTRACT, type PluginDeclaration } from '@tailrace/core';
import { sinkSettings } from '../../options.ts';
import { nearest } from '../nearest.ts';
import { ModuleError, type ModuleFault } from './module-fault.ts';
import { isRelative, type ModuleLoader } from './module-loader.ts';

type Kind = PluginDeclaration['kind'];

/** A plugin that a pipeline names by its module, or why there is none. */
export type NamedPlugin = {
  /** Files that it is made of, absolute. */
  readonly files: readonly string[];
} & (
  | { readonly declaration: PluginDeclaration; readonly fault?: undefined }
  | { readonly declaration?: undefined; readonly fault: ModuleFault & { readonly near?: string | undefined } }
);

/** Whether a type names a module: `./plugin.ts`, `package/name`. */
export function namesModule(type: string): boolean {
  return type.includes('/');
}

/**
 * Loads the plugin that `type` names: the default export of `./plugin.ts` or its only one of that kind, or `package/name`, the plugin
 * `name` among the exports of a package that is found from `folder`.
 */
export async function namedPlugin(
  type: string,
  kind: Kind,
  folder: string,
  modules: ModuleLoader,
): Promise<NamedPlugin> {
  const named = /^(@[^/]+\/[^/]+|[^/@.][^/]*)((?:\/[^/]+)*)\/([^/]+)$/.exec(type);
  if (!isRelative(type) && !named) {
    const what = `"${type}" names no plugin`;
    return { files: [], fault: { what, expected: './file.ts, package/name or @scope/package/name' } };
  }
  const specifier = isRelative(type) ? type : `${named![1]}${named![2]}`;
  try {
    const { exports, files } = await modules.load(specifier, folder);
    const found = isRelative(type)
      ? onlyPlugin(specifier, kind, exports)
      : pluginOf(specifier, named![3]!, kind, exports);
    return { files, ...found };
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    return { files: error.files, fault: error.fault };
  }
}

/** The plugins that `type` names, of any kind, or why there are none. */
export async function pluginsOf(
  type: string,
  folder: string,
  modules: ModuleLoader,
): Promise<{ declarations: PluginDeclaration[]; fault?: string }> {
  const declarations: PluginDeclaration[] = [];
  let fault = '';
  for (const kind of ['source', 'transform', 'sink'] as const) {
    const found = await namedPlugin(type, kind, folder, modules);
    if (found.declaration) declarations.push(found.declaration);
    else fault ||= found.fault.what;
  }
  return declarations.length > 0 ? { declarations } : { declarations, fault };
}

type Chosen =
  | { readonly declaration: PluginDeclaration }
  | { readonly fault: ModuleFault & { readonly near?: string | undefined } };
type Exports = Readonly<Record<string, unknown>>;

/** What a module exports that says it is a plugin, each once: by itself, or in a list as `plugins` is. */
function candidates(exports: Exports): Record<string, unknown>[] {
  const all = Object.values(exports).flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
  return [...new Set(all)].filter(isObject).filter((one) => typeof one['kind'] === 'string' && 'create' in one);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function onlyPlugin(specifier: string, kind: Kind, exports: Exports): Chosen {
  const byDefault = exports['default'];
  if (isObject(byDefault) && !Array.isArray(byDefault)) return checked(specifier, kind, byDefault);
  const all = candidates(exports);
  const fitting = all.filter((one) => one['kind'] === kind);
  if (fitting.length === 1) return checked(specifier, kind, fitting[0]!);
  const expected = `export default ${DEFINE[kind]}({ … })`;
  if (fitting.length > 1) {
    return { fault: { what: `"${specifier}" exports ${fitting.length} ${kind}s: ${typesOf(fitting)}`, expected } };
  }
  const [other] = all;
  if (other) return checked(specifier, kind, other);
  return { fault: { what: `"${specifier}" exports no plugin`, expected } };
}

function pluginOf(specifier: string, name: string, kind: Kind, exports: Exports): Chosen {
  const all = candidates(exports);
  const fitting = all.filter((one) => one['kind'] === kind);
  const found = fitting.find((one) => one['type'] === name) ?? all.find((one) => one['type'] === name);
  if (found) return checked(`${specifier}/${name}`, kind, found);
  const types = fitting.map((one) => String(one['type']));
  const what = `the package "${specifier}" exports no ${kind} of the type "${name}"`;
  const expected =
    types.length > 0 ? `one of ${types.join(', ')}` : `${DEFINE[kind]}({ type: '${name}', … }) among its exports`;
  return { fault: { what, expected, near: nearest(name, types) } };
}

const DEFINE = { source: 'defineSource', transform: 'defineTransform', sink: 'defineSink' } as const;

function typesOf(plugins: readonly Record<string, unknown>[]): string {
  return plugins
    .map((one) => String(one['type']))
    .sort()
    .join(', ');
}

/** Says why a value is no plugin that this version can use; `null`: it is one. */
export function declarationFault(
  name: string,
  kind: Kind,
  plugin: Readonly<Record<string, unknown>>,
): ModuleFault | null {
  const made = `a plugin made by ${DEFINE[kind]} of @tailrace/core`;
  const { contract } = plugin;
  if (typeof contract !== 'number')
    return { what: `"${name}" exports what ${DEFINE[kind]} has not made`, expected: made };
  if (contract > PLUGIN_CONTRACT) {
    const what = `"${name}" was made for version ${contract} of the plugin contract, and this tailrace knows ${PLUGIN_CONTRACT}`;
    return { what, expected: 'a newer tailrace, or an older version of the plugin' };
  }
  if (plugin['kind'] !== kind)
    return { what: `"${name}" is a ${String(plugin['kind'])}, not a ${kind}`, expected: made };
  const missing = missingMembers(plugin);
  if (missing.length > 0) return { what: `"${name}" lacks ${missing.join(', ')}`, expected: made };
  const taken = ['type', 'inputs', ...Object.keys(sinkSettings)].filter((option) => hasOption(plugin, option, kind));
  if (taken.length === 0) return null;
  return {
    what: `"${name}" declares the option ${taken.join(', ')}, which tailrace has already`,
    expected: 'another name',
  };
}

function checked(name: string, kind: Kind, plugin: Record<string, unknown>): Chosen {
  const fault = declarationFault(name, kind, plugin);
  return fault ? { fault } : { declaration: plugin as unknown as PluginDeclaration };
}

function missingMembers(plugin: Readonly<Record<string, unknown>>): string[] {
  const { type, summary, config, create, examples } = plugin;
  const json = isObject(config) ? config['json'] : undefined;
  return [
    ...(typeof type === 'string' && /^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(type) ? [] : ['a type (lower_snake)']),
    ...(typeof summary === 'string' && summary !== '' ? [] : ['a summary (one sentence)']),
    ...(isObject(json) && isObject(json['properties']) ? [] : ['a config (made by object({ … }))']),
    ...(typeof create === 'function' ? [] : ['create (a function)']),
    ...(Array.isArray(examples) ? [] : ['examples (a list)']),
  ];
}

function hasOption({ config }: Readonly<Record<string, unknown>>, option: string, kind: Kind): boolean {
  if (kind === 'source' && option === 'inputs') return false;
  if (kind !== 'sink' && Object.hasOwn(sinkSettings, option)) return false;
  const { properties } = (config as { json: { properties: object } }).json;
  return Object.hasOwn(properties, option);
}
