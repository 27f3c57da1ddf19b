import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installElasticsearch, startElasticsearch } from '@tailrace/testkit';
import { allCases, fastCases, type MatrixCase, nameOf, pairCases } from './axes.ts';
import { runMatrixCase } from './matrix-case.ts';
import { type CaseResult, hasFailed, totalsOf } from './result.ts';
import type { Shared } from './stage.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const kit = join(root, 'test/servers/elasticsearch/elasticsearch.sh');

const { values } = parseArgs({
  options: {
    fast: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '' },
    only: { type: 'string' },
    workers: { type: 'string', default: '3' },
    said: { type: 'string' },
  },
});
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

const reason = await installElasticsearch(kit);
if (reason !== undefined) {
  tell(`Elasticsearch cannot run here: ${reason}`);
  process.exit(75);
}
const node = await startElasticsearch({ kit });
const command = [process.execPath, '--conditions=source', join(root, 'packages/cli/src/main.ts')];
const shared: Shared = { node, command };
const cases = chosen();
const results: CaseResult[] = [];
await Promise.all(Array.from({ length: Number(values.workers) }, work));
await node.stop();
console.log(JSON.stringify(totalsOf(results)));
process.exitCode = results.some(hasFailed) ? 1 : 0;

function chosen(): MatrixCase[] {
  const list = values.all ? allCases() : values.fast ? fastCases() : pairCases();
  const { only } = values;
  if (only === undefined) return list;
  const pattern = new RegExp(`^${only.replaceAll('*', '[^/]*')}$`);
  return (only.includes('*') ? list : allCases()).filter((one) => pattern.test(nameOf(one)));
}

async function work(): Promise<void> {
  for (let one = cases.shift(); one !== undefined; one = cases.shift()) {
    const result = await runMatrixCase(one, shared, values.seed);
    results.push(result);
    if (result.skipped !== undefined) {
      tell(`skipped  ${result.name}: ${result.skipped}`);
      continue;
    }
    const { verdict, problems, failedRestarts, seconds } = result;
    tell(
      `${hasFailed(result) ? 'FAILED' : 'ok    '}  ${seconds.toFixed(1)}s ${result.name} issued ${verdict.issued} lost ${verdict.lost} unreachable ${verdict.unreachable} duplicated ${verdict.duplicated} invented ${verdict.invented} letters ${verdict.deadLetters} failed ${failedRestarts} ${problems.join('; ')} ${verdict.examples.join(' | ')}`,
    );
    if (hasFailed(result) && values.said)
      writeFileSync(`${values.said}/${result.name.replaceAll('/', '_')}.txt`, result.said);
  }
}
