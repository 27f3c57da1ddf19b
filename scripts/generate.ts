/**
 * Writes every generated file of the repository, or with `--check` names those that are not current and exits 1.
 *
 * Two ways to take part: a package has a script `generate` that takes `--check`, or a module in `scripts/generate/` exports
 * `files`, which gives the text of each file it stands for.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(import.meta.dirname, 'generate');

interface Generator {
  /** The text of each generated file, by its path from the repository's root. */
  files(): Promise<Record<string, string>> | Record<string, string>;
}

/** Runs the packages' own `generate` scripts in the order of their dependencies; false when one of them failed. */
function runPackages(check: boolean): boolean {
  const script = ['-r', '--if-present', '--workspace-concurrency=1', 'run', 'generate', ...(check ? ['--check'] : [])];
  const result = spawnSync('pnpm', script, { cwd: root, stdio: 'inherit' });
  if (result.error) throw result.error;
  return result.status === 0;
}

/** Gives the paths of the generated files whose text was not current; writes them unless `check` is set. */
async function runModules(check: boolean): Promise<string[]> {
  const stale: string[] = [];
  const names = existsSync(folder) ? await readdir(folder) : [];
  const modules = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).sort();
  for (const name of modules) {
    const generator = (await import(path.join(folder, name))) as Generator;
    for (const [file, text] of Object.entries(await generator.files())) {
      const target = path.join(root, file);
      if ((await readFile(target, 'utf8').catch(() => undefined)) === text) continue;
      stale.push(file);
      if (check) continue;
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
    }
  }
  return stale;
}

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const packagesCurrent = runPackages(check);
const stale = await runModules(check);
for (const file of stale) console.log(check ? `${file} is not current: run pnpm generate` : `wrote ${file}`);
if (!packagesCurrent || (check && stale.length > 0)) process.exitCode = 1;
