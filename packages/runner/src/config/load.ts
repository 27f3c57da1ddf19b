import { readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveConfig } from '@tailrace/core';
import type { ComponentConfig, PipelineConfig, Place } from '../component.ts';
import { parseAddress } from '../http.ts';
import { pipelineSettings } from '../options.ts';
import { type CheckedComponent, checkComponent } from './check-component.ts';
import { checkGraph } from './check-graph.ts';
import { createChecker } from './check-options.ts';
import { type Collected, collect, type ParsedFile } from './collect.ts';
import type { PluginEntry } from './plugin-entry.ts';
import type { Problem, Report } from './problem.ts';
import { type Found, readYaml } from './read-yaml.ts';
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
}

/** A pipeline, or all that is wrong with it. */
export type Loaded = {
  /** Absolute paths of all files that the pipeline is made from: its own, and those that options and variables name. */
  readonly files: readonly string[];
} & (
  | { readonly config: PipelineConfig; readonly tests: readonly TestConfig[]; readonly problems: readonly [] }
  | { readonly config?: undefined; readonly tests?: undefined; readonly problems: readonly [Problem, ...Problem[]] }
);

/** Reads pipeline files and checks everything that can be known before they run; never throws for what stands in them. */
export async function loadPipeline(options: LoadOptions): Promise<Loaded> {
  const problems: Problem[] = [];
  const secrets = new Set<string>();
  const report: Report = (problem) => problems.push(problem);
  const paths = new Set(options.files.map((name) => path.resolve(options.cwd, name)));
  const parsed = readFiles(options, report, { secret: (value) => secrets.add(value), read: (file) => paths.add(file) });
  const collected = collect(parsed, Object.keys(pipelineSettings.json.properties ?? {}), report);
  const check = createChecker();

  const settings = readSettings(collected, options, check, report);
  const components: CheckedComponent[] = [];
  for (const written of collected.components) {
    const component = await checkComponent(written, options.plugins, check, report);
    for (const secret of secretsIn(component.options?.config)) secrets.add(secret);
    components.push(component);
  }
  const inputs = checkGraph(components, report);
  if (problems.length === 0) reportEmpty(collected, options, report);
  const named = new Map<string, ReadonlyMap<string, string>>();
  for (const component of components) named.set(component.id, await tryCreate(component, settings.dataDir, report));
  for (const files of named.values()) for (const file of files.keys()) paths.add(file);
  const files = [...paths];
  const tests = collected.tests.map((test) => readTest(test, collected.components, check, report));

  const [first, ...others] = inOrder(
    problems.map((problem) => redacted(problem, secrets)),
    options.files,
  );
  if (first) return { files, problems: [first, ...others] };
  const config = {
    ...settings,
    components: components.map((component) => ({
      ...resolved(component, inputs.get(component.id) ?? []),
      files: named.get(component.id)!,
    })),
  };
  return { files, config, tests: tests.filter((test) => test !== undefined), problems: [] };
}

function readFiles({ files, cwd, env }: LoadOptions, report: Report, found: Found): ParsedFile[] {
  const parsed: ParsedFile[] = [];
  for (const name of files) {
    const file = path.resolve(cwd, name);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const what = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code ?? 'unknown error'})`;
      report({ file: name, line: 1, column: 1, path: '', what });
      continue;
    }
    const tree = readYaml({ name, path: file, text }, env, report, found);
    if (tree) parsed.push({ tree, folder: path.dirname(file) });
  }
  return parsed;
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
