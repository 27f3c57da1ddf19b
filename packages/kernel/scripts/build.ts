/** Compiles assembly/ and writes src/module.generated.ts. `--check`: write nothing, exit 1 when the committed file is stale. `--out FILE`: write elsewhere. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const asc = join(dirname(fileURLToPath(import.meta.resolve('assemblyscript/asc'))), '../bin/asc.js');
const PAGES = '1024'; // 64 MiB, fixed: growing would detach every view on the memory.

function compile(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-kernel-'));
  const wasm = join(folder, 'kernel.wasm');
  const flags = ['-O3', '--noAssert', '--enable', 'simd', '--enable', 'bulk-memory', '--runtime', 'stub'];
  const memory = ['--importMemory', '--initialMemory', PAGES, '--maximumMemory', PAGES, '--noExportMemory'];
  try {
    const args = [join(root, 'assembly/index.ts'), '--baseDir', root, '--outFile', wasm, ...flags, ...memory];
    execFileSync(process.execPath, [asc, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
    return readFileSync(wasm);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function render(wasm: Uint8Array): string {
  const text = Buffer.from(wasm).toString('base64');
  const lines = text.match(/.{1,116}/g) ?? [];
  return [
    '// Written by scripts/build.ts from assembly/. Do not edit: run `pnpm --filter @tailrace/kernel generate`.',
    `/** The compiled module (${wasm.length} bytes) as base64 text. */`,
    `export const MODULE =\n  '${lines.join("' +\n  '")}';`,
    '',
  ].join('\n');
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, out: { type: 'string' } } });
const file = values.out ?? join(root, 'src/module.generated.ts');
const wasm = compile();
const text = render(wasm);
if (!values.check) {
  writeFileSync(file, text);
  console.log(`${file}: ${wasm.length} bytes of WebAssembly`);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error(
    `${file} is not what assembly/ compiles to: run \`pnpm --filter @tailrace/kernel generate\` and commit it`,
  );
  process.exitCode = 1;
}
