/** Bundles src/ into the page that @tailrace/local serves. `--check`: write nothing, exit 1 when the committed file is stale. `--dir FOLDER`: write the three files there instead, to try them out. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const source = join(import.meta.dirname, '../src');
const target = join(import.meta.dirname, '../../local/src/page/assets.generated.ts');

interface Assets {
  readonly html: string;
  readonly js: string;
  readonly css: string;
}

async function bundle(): Promise<Assets> {
  const { outputFiles } = await build({
    absWorkingDir: source,
    entryPoints: { 'page.js': 'main.tsx', 'page.css': 'style/page.css' },
    entryNames: '[name]',
    outdir: '/',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    // The first with `light-dark()`, which every colour is made with.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    conditions: ['source'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    banner: { js: notice('preact', 'uplot') },
    charset: 'utf8',
    logLevel: 'warning',
  });
  const text = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? '';
  return { html: readFileSync(join(source, 'page.html'), 'utf8'), js: text('.js'), css: text('.css') };
}

/** What the licences of bundled packages want said wherever their code is. */
function notice(...names: string[]): string {
  const texts = names.map((name) => {
    const folder = join(import.meta.dirname, '../node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return `${name} ${version}\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}`;
  });
  return `/*!\n${texts.join('\n\n')}\n*/`;
}

function render({ html, js, css }: Assets): string {
  return [
    '// Written by packages/page/scripts/generate.ts. Do not edit: run `pnpm --filter @tailrace/page generate`.',
    '/** What a browser gets: the page, its program and its style sheet. */',
    'export const page: { readonly html: string; readonly js: string; readonly css: string } = {',
    `  html: ${JSON.stringify(html)},`,
    `  js: ${JSON.stringify(js)},`,
    `  css: ${JSON.stringify(css)},`,
    '};',
    '',
  ].join('\n');
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, dir: { type: 'string' } } });
const assets = await bundle();
const text = render(assets);
if (values.dir !== undefined) {
  mkdirSync(values.dir, { recursive: true });
  writeFileSync(join(values.dir, 'index.html'), assets.html);
  writeFileSync(join(values.dir, 'page.js'), assets.js);
  writeFileSync(join(values.dir, 'page.css'), assets.css);
} else if (!values.check) {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  console.log(`${target}: ${assets.js.length} characters of JavaScript, ${assets.css.length} of CSS`);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error(
    `${target} is not what packages/page makes: run \`pnpm --filter @tailrace/page generate\` and commit it`,
  );
  process.exitCode = 1;
}
