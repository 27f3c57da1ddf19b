/**
 * CPU and memory that importing a library takes, the best of a few turns, and its size on the disk with all that it brings along.
 * `node --conditions=source bench/imports.ts`; packages of ours are measured as built
 */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './rows/command.ts';
import { importCost } from './rows/import-cost.ts';

const TURNS = 3;

/** Modules, and the folder that has them, from the repository's root. The first row is what importing anything costs. */
const rows: readonly (readonly [folder: string, ...names: string[]])[] = [
  ['.', 'data:text/javascript,'],
  ['.', 'protobufjs/minimal.js'],
  ['.', 'protobufjs'],
  ['.', '@bufbuild/protobuf/wire'],
  ['.', '@bufbuild/protobuf'],
  ['.', '@tailrace/telemetry'],
  ['packages/std', 're2js'],
  ['.', 'node:http'],
  ['packages/datadog', 'node:http', 'node:https', 'node:zlib'],
  ['packages/datadog', '@datadog/datadog-api-client'],
  ['packages/elasticsearch', '@elastic/elasticsearch'],
  ['packages/elasticsearch/node_modules/@elastic/elasticsearch', '@elastic/transport'],
  ['packages/local', '@duckdb/node-api'],
];

/** Bytes that a package and its dependencies take on the disk. */
function diskSize(folder: string, seen = new Set<string>()): number {
  const real = realpathSync(folder);
  if (seen.has(real)) return 0;
  seen.add(real);
  let bytes = readdirSync(real, { recursive: true, encoding: 'utf8' })
    .map((name) => lstatSync(join(real, name)).blocks * 512)
    .reduce((sum, size) => sum + size, 0);
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(real, 'package.json'), 'utf8'),
  ) as Partial<Record<'dependencies' | 'optionalDependencies', Record<string, string>>>;
  // pnpm puts what a package needs beside it.
  const beside = real.slice(0, real.lastIndexOf('/node_modules/'));
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const needed = join(beside, 'node_modules', name);
    // What is optional may be for other platforms.
    if (existsSync(needed)) bytes += diskSize(needed, seen);
  }
  return bytes;
}

console.log(`${''.padEnd(34)} CPU ms  memory MB  disk MB`);
for (const [folder, ...names] of rows) {
  if (names[0] === '@tailrace/telemetry' && !existsSync(join(root, 'packages/telemetry/dist'))) {
    console.log(`${names[0].padEnd(34)} is not built: pnpm build`);
    continue;
  }
  const turns = Array.from({ length: TURNS }, () => importCost(names, join(root, folder)));
  const least = (of: 'cpuMilliseconds' | 'megabytes'): number => Math.min(...turns.map((turn) => turn[of]));
  const installed = join(root, folder, 'node_modules', names[0]!);
  const isPackage = existsSync(join(installed, 'package.json')) && realpathSync(installed).includes('/.pnpm/');
  const figures = [
    least('cpuMilliseconds').toFixed(0).padStart(6),
    least('megabytes').toFixed(1).padStart(10),
    isPackage ? (diskSize(installed) / 1e6).toFixed(1).padStart(8) : '',
  ];
  console.log(`${names.join(', ').padEnd(34)} ${figures.join(' ')}`.trimEnd());
}
