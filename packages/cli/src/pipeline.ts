import { type Loaded, loadPipeline, printProblem } from '@tailrace/runner';
import { registry } from './registry.generated.ts';

/** Loads pipeline files with the plugins of this distribution. */
export function load(files: readonly string[]): Promise<Loaded> {
  return loadPipeline({ files, env: process.env, plugins: registry, cwd: process.cwd() });
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
