import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installElasticsearch, startElasticsearch } from '@tailrace/testkit';
import { allCases, fastCases, nameOf, pairCases } from './axes.ts';
import { runMatrixCase } from './matrix-case.ts';
import { FAST_NAMED, LONG_NAMED, MEASURED, type NamedCase } from './named/cases.ts';
import { KIT } from './named/own-node.ts';
import { lineOf, writeTable } from './report.ts';
import { broken, type CaseResult, hasFailed, totalsOf } from './result.ts';
import type { Shared } from './stage.ts';

/**
 * `pnpm faults`: all pairs of the matrix and the named cases against a real Elasticsearch 8, and the table of docs/delivery.md.
 * --fast plays what the tests play, --all the full product; --only takes cases by name, with `*`; --json prints one object and nothing else
 * on standard output; --seed draws other random moments; --source runs the command from its sources; --said keeps the words of failed cases.
 */
const values = options();
const root = join(import.meta.dirname, '../..');
const tell = (text: string): void => void process.stderr.write(`${text}\n`);
interface Play {
  name: string;
  play(shared: Shared): Promise<CaseResult>;
}

const { beside, measured } = chosen();
if (beside.length + measured.length === 0) {
  tell(`faults: no case is called ${values.only}; test/faults/pairs.txt holds the names of cells`);
  process.exit(64);
}
const missing = await installElasticsearch(KIT);
if (missing !== undefined) {
  tell(`Elasticsearch cannot run here: ${missing}`);
  process.exit(75);
}
const command = await commandLine();
const node = await startElasticsearch({ kit: KIT, heap: '1g' });
const results: CaseResult[] = [];
try {
  const shared: Shared = { node, command, seed: values.seed };
  // Processor time and memory of a process do not depend on what runs beside it, and the measured ones mostly wait.
  await Promise.all([
    inParallel(Number(values.workers), beside, shared),
    inParallel(measured.length, measured, shared),
  ]);
} finally {
  await node.stop();
}
const failed = results.filter(hasFailed);
// The table is that of the pairs.
const isWhole = !values.fast && !values.all && values.only === undefined;
if (isWhole) await writeTable(join(root, 'docs/delivery.md'), results);
const totals = totalsOf(results);
tell(failed.length === 0 ? 'every case as it should be' : `${failed.length} of ${totals.cases} cases failed`);
console.log(
  values.json
    ? JSON.stringify(totals)
    : Object.entries(totals)
        .map(([key, n]) => `${key} ${n}`)
        .join('\n'),
);
process.exitCode = failed.length === 0 ? 0 : 1;

function chosen(): { beside: Play[]; measured: Play[] } {
  const { only, fast, all } = values;
  const pattern = only === undefined ? /^/ : new RegExp(`^${only.replaceAll('*', '[^/]*')}$`);
  const cells = (
    all || (only !== undefined && !only.includes('*')) ? allCases() : fast ? fastCases() : pairCases()
  ).filter((one) => pattern.test(nameOf(one)));
  const playsOf = (named: readonly NamedCase[]): Play[] =>
    named
      .filter(({ name }) => pattern.test(name))
      .map(({ name, play }) => ({ name, play: (shared) => play(name, shared) }));
  const matrix = cells.map((one): Play => ({ name: nameOf(one), play: (shared) => runMatrixCase(one, shared) }));
  const named = playsOf(fast ? FAST_NAMED : [...LONG_NAMED, ...FAST_NAMED]);
  return { beside: [...named, ...matrix], measured: fast ? [] : playsOf(MEASURED) };
}

async function inParallel(workers: number, plays: readonly Play[], shared: Shared): Promise<void> {
  const waiting = [...plays];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name, play } = next;
      await tellOf(await play(shared).catch((error: unknown) => broken(name, error)));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

async function tellOf(result: CaseResult): Promise<void> {
  results.push(result);
  tell(lineOf(result));
  if (result.skipped !== undefined || result.said === '' || values.said === undefined) return;
  await mkdir(values.said, { recursive: true });
  await writeFile(join(values.said, `${result.name.replace(/[^\w]+/g, '_')}.txt`), result.said);
}

/** Users run the built command, so that is what is tried unless told otherwise. */
async function commandLine(): Promise<string[]> {
  if (values.source) return [process.execPath, '--conditions=source', join(root, 'packages/cli/src/main.ts')];
  const build = spawn('turbo', ['run', 'build', '--output-logs=errors-only'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DO_NOT_TRACK: '1' },
  });
  const [code] = (await once(build, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the build failed with ${code}`);
  return [process.execPath, join(root, 'packages/cli/dist/main.js')];
}

function options() {
  try {
    return parseArgs({
      options: {
        fast: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        source: { type: 'boolean', default: false },
        seed: { type: 'string', default: '' },
        workers: { type: 'string', default: '3' },
        only: { type: 'string' },
        said: { type: 'string' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`faults: ${(error as Error).message}\n`);
    process.exit(64);
  }
}
