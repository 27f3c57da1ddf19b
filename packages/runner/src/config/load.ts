import path from 'node:path';
import { resolveConfig } from '@tailrace/core';
import type { ComponentConfig, PipelineConfig, Place } from '../component.ts';
import { parseAddress } from '../http.ts';
import { pipelineSettings } from '../options.ts';
import { type CheckedComponent, checkComponent } from './check-component.ts';
import { checkGraph } from './check-graph.ts';
import { createChecker } from './check-options.ts';
import { type ModuleLoader, moduleLoader } from './code/module-loader.ts';
import type { CodeReader } from './code/read-code.ts';
import { type Collected, collect } from './collect.ts';
import type { PluginEntry } from './plugin-entry.ts';
import type { Problem, Report } from './problem.ts';
import { readFiles } from './read-files.ts';
import { redacted, secretsIn } from './redact.ts';
import { readTest, type TestConfig } from './test-config.ts';
import { type MapTree, walk } from './tree.ts';
import { tryCreate } from './try-create.ts';

/** What to load. */
export interface LoadOptions {
  /** Pipeline files, relative to `cwd`; together they are one pipeline. */
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly plugins: readonly PluginEntry[];
  readonly cwd: string;
  /** Loads plugins and pipelines that are code. One that is kept gives the same modules until they change, so that a reload exchanges only those. */
  readonly modules?: ModuleLoader;
  /** Makes a transform of a function in a pipeline that is code. */
  readonly functionTransform?: NonNullable<CodeReader['functionTransform']>;
}

/** A pipeline, or all that is wrong with it. */
export type Loaded = {
  /** Absolute paths of all files that the pipeline is made from: its own, and those that options and variables name. */
  readonly files: readonly string[];
  /** What works but may not be meant. */
  readonly warnings: readonly Problem[];
} & (
  | { readonly config: PipelineConfig; readonly tests: readonly TestConfig[]; readonly problems: readonly [] }
  | { readonly config?: undefined; readonly tests?: undefined; readonly problems: readonly [Problem, ...Problem[]] }
);

/** Reads pipeline files and checks everything that can be known before they run; never throws for what stands in them. */
export async function loadPipeline(options: LoadOptions): Promise<Loaded> {
  const problems: Problem[] = [];
  const secrets = new Set<string>();
  const report: Report = (problem) => problems.push(problem);
  const warned: Problem[] = [];
  const paths = new Set(options.files.map((name) => path.resolve(options.cwd, name)));
  const found = { secret: (value: string) => secrets.add(value), read: (file: string) => paths.add(file) };
  const modules = options.modules ?? moduleLoader(import.meta.url);
  const parsed = await readFiles(options.files, { ...options, modules }, report, found);
  const collected = collect(parsed, Object.keys(pipelineSettings.json.properties ?? {}), report);
  const check = createChecker();

  const settings = readSettings(collected, options, check, report);
  const components: CheckedComponent[] = [];
  for (const written of collected.components) {
    const component = await checkComponent(written, { ...options, modules, read: found.read }, check, report);
    for (const secret of secretsIn(component.options?.config)) secrets.add(secret);
    components.push(component);
  }
  const inputs = checkGraph(components, report, (problem) => warned.push(problem));
  if (problems.length === 0) reportEmpty(collected, options, report);
  const named = new Map<string, ReadonlyMap<string, string>>();
  for (const component of components)
    named.set(component.id, await tryCreate(component, settings.dataDir, modules, report));
  for (const files of named.values()) for (const file of files.keys()) paths.add(file);
  const files = [...paths];
  const tests = collected.tests.map((test) => readTest(test, components, check, report));

  const ordered = (found: readonly Problem[]): Problem[] =>
    inOrder(
      found.map((problem) => redacted(problem, secrets)),
      options.files,
    );
  const warnings = ordered(warned);
  const [first, ...others] = ordered(problems);
  if (first) return { files, warnings, problems: [first, ...others] };
  const config = {
    ...settings,
    components: components.map((component) => ({
      ...resolved(component, inputs.get(component.id) ?? []),
      modules,
      files: named.get(component.id)!,
    })),
  };
  return { files, warnings, config, tests: tests.filter((test) => test !== undefined), problems: [] };
}

function readSettings(
  { settings }: Collected,
  { files, cwd }: LoadOptions,
  check: ReturnType<typeof createChecker>,
  report: Report,
): Omit<PipelineConfig, 'components'> {
  const place: Place = { file: files[0] ?? '', line: 1, column: 1 };
  const tree: MapTree = { kind: 'map', place, entries: settings };
  const raw = check(pipelineSettings.json, { tree, at: [], place }, report) ?? {};
  const values = resolveConfig(pipelineSettings, raw);
  checkAddress(values.metrics.address, tree, report);
  const folder = path.dirname(path.resolve(cwd, files[0] ?? '.'));
  return { settings: values, dataDir: path.resolve(folder, values.data_dir) };
}

function checkAddress(address: string, tree: MapTree, report: Report): void {
  if (parseAddress(address)) return;
  const { place } = walk(tree, ['metrics', 'address']).tree;
  const expected = 'host:port or unix:PATH';
  report({ ...place, path: 'metrics.address', what: `${JSON.stringify(address)} is no address`, expected });
}

function reportEmpty({ components }: Collected, { files }: LoadOptions, report: Report): void {
  const place: Place = { file: files[0] ?? '', line: 1, column: 1 };
  for (const section of ['sources', 'sinks'] as const) {
    if (components.some((component) => component.section === section)) continue;
    report({ ...place, path: section, what: `the pipeline has no ${section}`, expected: 'at least one' });
  }
}

function resolved(component: CheckedComponent, inputs: readonly string[]): ComponentConfig {
  const { id, folder, tree, keyPlace, declaration, options } = component;
  return {
    id,
    declaration: declaration!,
    inputs,
    config: options!.config,
    sink: options!.sink,
    folder,
    place: (at) => (at.length === 0 ? keyPlace : walk(tree, at).tree.place),
  };
}

function inOrder(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = (problem: Problem): number => files.indexOf(problem.file);
  return problems.toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}
