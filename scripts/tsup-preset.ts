import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

interface Manifest {
  exports: Record<string, { source: string }>;
  bin?: Record<string, string>;
}

/** The tsup configuration of the package in the working folder: one entry per `source` in its `exports` and per command in its `bin`. */
export function preset(): ReturnType<typeof defineConfig> {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const sources = Object.values(manifest.exports).map((entry) => entry.source);
  const commands = Object.values(manifest.bin ?? {}).map((file) => file.replace('dist/', 'src/').replace('.js', '.ts'));
  return defineConfig({
    entry: [...sources, ...commands],
    format: 'esm',
    target: 'node22',
    clean: true,
    sourcemap: true,
    // npm links a command as it is; without this line a shell would read the JavaScript.
    ...(commands.length > 0 ? { banner: { js: '#!/usr/bin/env node' } } : {}),
    // tsc writes the declarations: tsup's own need the JavaScript API of older TypeScript versions.
    dts: false,
  });
}
