import type { PluginDeclaration } from '@tailrace/core';
import { type Loaded, loadPipeline, moduleLoader, pluginsOf, printProblem } from '@tailrace/runner';
import { registry } from './registry.generated.ts';

// What imports `tailrace` without having it installed beside it gets this one. Kept, so that a reload knows which modules are the same.
const modules = moduleLoader(import.meta.url);

// For the same reason: a function that is the same is the same transform.
const transforms = new WeakMap<object, PluginDeclaration>();

async function functionTransform(run: (...values: never[]) => unknown): Promise<PluginDeclaration> {
  const { functionTransform: make } = await import('@tailrace/std');
  const known = transforms.get(run) ?? make(run);
  transforms.set(run, known);
  return known;
}

/** Loads pipeline files, YAML and code, with the plugins of this distribution and those that the files name. */
export function load(files: readonly string[]): Promise<Loaded> {
  return loadPipeline({
    ...{ files, env: process.env, plugins: registry, cwd: process.cwd() },
    ...{ modules, functionTransform },
  });
}

/** The plugins of a module that a pipeline in this folder would name by `type`, or why there are none. */
export function loadPlugin(type: string): Promise<{ declarations: readonly PluginDeclaration[]; fault?: string }> {
  return pluginsOf(type, process.cwd(), modules);
}

/** Warnings as text, a line each. */
export function warningsText(warnings: Loaded['warnings']): string {
  return warnings.map((warning) => `${printProblem(warning)} (warning)\n`).join('');
}

/** Problems as text, a line each, then their number. */
export function problemsText(problems: Loaded['problems']): string {
  const lines = problems.map((problem) => `${printProblem(problem)}\n`).join('');
  return `${lines}${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`;
}
