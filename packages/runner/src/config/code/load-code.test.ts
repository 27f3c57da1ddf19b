import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineTransform, object, type PluginDeclaration, string } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { edit, plugins } from '../load.fixture.ts';
import { type Loaded, loadPipeline } from '../load.ts';
import { pluginEntries } from '../plugin-entry.ts';
import { printProblem } from '../problem.ts';
import { type ModuleLoader, moduleLoader } from './module-loader.ts';

let cwd: string;
let modules: ModuleLoader;
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'tailrace-code-'));
  modules = moduleLoader(import.meta.url);
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** What `functionTransform` makes of a function: a transform that keeps it where a test can see it. */
const functions: unknown[] = [];
function functionTransform(run: unknown): PluginDeclaration {
  functions.push(run);
  return defineTransform({
    type: 'function',
    summary: 'Calls.',
    config: object({ note: string({ description: 'A note.' }) }),
    examples: [],
    create: () => (batch) => batch,
  });
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    writeFileSync(path.join(cwd, name), text);
  }
}
function load(names: readonly string[], env: Record<string, string> = {}): Promise<Loaded> {
  return loadPipeline({ files: names, env, plugins: pluginEntries(plugins), cwd, modules, functionTransform });
}
async function problemsOf(files: Readonly<Record<string, string>>, ...names: string[]): Promise<string[]> {
  write(files);
  const { problems } = await load(names.length > 0 ? names : Object.keys(files).slice(0, 1));
  return problems.map((problem) => printProblem(problem).replaceAll(cwd, 'CWD'));
}

const SINK = "sinks: { out: { type: 'print', inputs: 'edited' } }";
const code = (transform: string, more = ''): string => `${more}
export default {
  sources: { app: { type: 'tail', include: ['a.log'], every: '5s' } },
  transforms: {
    edited: ${transform},
  },
  ${SINK},
};
`;

describe('a pipeline in code', () => {
  test('is what it would be in YAML', async () => {
    write({ 'conf/p.config.ts': code("{ type: 'edit', inputs: ['app'], labels: { a: 'b' } }", 'type X = number;') });
    const { config, problems, files } = await load(['conf/p.config.ts']);
    expect(problems.map(printProblem)).toEqual([]);
    expect(config?.components.map(({ id }) => id)).toEqual(['app', 'edited', 'out']);
    expect(config?.components[0]?.config).toEqual({ include: ['a.log'], every: 5000, max: 1_048_576, port: 1 });
    expect(config?.components[1]).toMatchObject({ declaration: edit, config: { labels: { a: 'b' } } });
    expect(config?.components[1]?.folder).toBe(path.join(cwd, 'conf'));
    expect(config?.components[1]?.place(['labels', 'a'])).toEqual({ file: 'conf/p.config.ts', line: 5, column: 59 });
    expect(files).toEqual([path.join(cwd, 'conf/p.config.ts')]);
  });

  test('stands beside YAML', async () => {
    write({
      'a.yaml': 'data_dir: data\nsources: { app: { type: tail, include: [a.log] } }\n',
      'b.config.mjs': `export default { transforms: { edited: { type: 'edit', inputs: 'app' } }, ${SINK} }`,
    });
    const { config, problems } = await load(['a.yaml', 'b.config.mjs']);
    expect(problems.map(printProblem)).toEqual([]);
    expect(config?.components.map(({ id }) => id)).toEqual(['app', 'edited', 'out']);
    expect(config?.dataDir).toBe(path.join(cwd, 'data'));
  });

  test('may stand in a package that says it is CommonJS, as `npm init` makes it', async () => {
    const text = `import { word } from './part.ts';\n${code("{ type: 'edit', inputs: 'app', labels: { word } }")}`;
    write({ 'package.json': '{ "type": "commonjs" }', 'p.ts': text, 'part.ts': "export const word: string = 'a';" });
    const { config, problems } = await load(['p.ts']);
    expect(problems.map(printProblem)).toEqual([]);
    expect(config?.components[1]?.config).toMatchObject({ labels: { word: 'a' } });
  });

  test('leaves out what is undefined, and takes texts as they are', async () => {
    write({
      'p.ts': code("{ type: 'edit', inputs: 'app', field: process.env.NO_SUCH, labels: { a: '$$$' + '{HOME}' } }"),
    });
    const { config } = await load(['p.ts']);
    expect(config?.components[1]?.config).toMatchObject({ field: 'log', labels: { a: `$$$\{HOME}` } });
  });

  test('may be a function, which is called at each load with what a file cannot know', async () => {
    const text = `export default async ({ env, file }) => ({
      sources: { app: { type: 'tail', include: [env.LOG ?? 'none'] } },
      transforms: { edited: { type: 'edit', inputs: 'app', labels: { bad: file('secret') } } },
      ${SINK},
    });`;
    write({ 'p.ts': text, secret: 'hush-hush\n' });
    const first = await load(['p.ts'], { LOG: 'one.log' });
    expect(first.problems.map(printProblem)).toEqual(['p.ts:3:75 transforms.edited.labels.bad: must not be ***']);
    expect(first.files).toEqual([path.join(cwd, 'p.ts'), path.join(cwd, 'secret')]);
    write({ secret: '' });
    const second = await load(['p.ts'], { LOG: 'two.log' });
    expect(second.config?.components[0]?.config).toMatchObject({ include: ['two.log'] });
  });

  test('that waits for ever is given up, as a module and as a function', async () => {
    modules = moduleLoader(import.meta.url, 300);
    const never = 'new Promise(() => undefined)';
    expect(await problemsOf({ 'p.ts': `await ${never};\nexport default {};\n` })).toEqual([
      'p.ts:1:1 "./p.ts" cannot be loaded: it was not done after 0.3 s, expected a module whose top-level await ends',
    ]);
    expect(await problemsOf({ 'p.ts': `export default () => ${never};\n` })).toEqual([
      "p.ts:1:1 the pipeline's function does not end: it was not done after 0.3 s, expected a promise that is settled",
    ]);
  });

  test('whose function throws says where', async () => {
    const inside = 'export default ({ file }) => {\n  const key = 1;\n  return { key, name: BODY };\n};\n';
    const [missing] = await problemsOf({ 'p.ts': inside.replace('BODY', "file('key.txt')") });
    expect(missing).toBe(
      "p.ts:3:23 the pipeline's function threw: ENOENT: no such file or directory, open 'CWD/key.txt'",
    );
    expect(await problemsOf({ 'p.ts': inside.replace('BODY', '(undefined as never as { a: 1 }).a') })).toEqual([
      expect.stringMatching(/^p\.ts:3:\d+ the pipeline's function threw: Cannot read properties of undefined/),
    ]);
  });

  test('may hold a plugin as a value, and functions as transforms', async () => {
    const before = functions.length;
    write({
      'p.ts': code("{ run: (event: object) => event, inputs: 'app', note: 'x' }"),
      'q.ts': code("{ type: tag, inputs: 'app', value: 'x' }", `${TAG}\nconst tag = plugin;`),
    });
    const { config, problems } = await load(['p.ts']);
    expect(problems.map(printProblem)).toEqual([]);
    expect(config?.components[1]).toMatchObject({ declaration: { type: 'function' }, config: { note: 'x' } });
    expect(functions.slice(before)).toEqual([expect.any(Function)]);
    const other = await load(['q.ts']);
    expect(other.problems.map(printProblem)).toEqual([]);
    expect(other.config?.components[1]).toMatchObject({ declaration: { type: 'tag' }, config: { value: 'x' } });
  });

  test.each([
    [
      'an option that is wrong',
      code("{ type: 'edit',\n inputs: 'app', mode: 'kep' }"),
      'p.ts:6:23 transforms.edited.mode: is the text "kep", expected one of keep, drop, did you mean "keep"?',
    ],
    [
      'an option that is none',
      code("{ type: 'edit', inputs: 'app', moda: 'keep' }"),
      'p.ts:5:44 transforms.edited.moda: unknown option, did you mean "mode"?',
    ],
    [
      'what is computed',
      code("{ type: 'edit', inputs: 'app', labels: Object.fromEntries([['a', 1]]) }"),
      'p.ts:5:52 transforms.edited.labels.a: is the number 1, expected text',
    ],
    [
      'what no file could hold',
      code("{ type: 'edit', inputs: 'app', labels: { a: () => 'x', b: new Date(0) } }"),
      'p.ts:5:57 transforms.edited.labels.a: is a function, expected what YAML could hold too',
    ],
    [
      'a number that is none',
      code("{ type: 'edit', inputs: 'app', share: 0 / 0 }"),
      'p.ts:5:51 transforms.edited.share: is NaN, expected what YAML could hold too',
    ],
    [
      'no pipeline',
      'export const pipeline = {};',
      'p.ts:1:1 its default export is no pipeline, expected export default definePipeline({ … })',
    ],
    [
      'a syntax error',
      'const a = 1;\nexport default { = };',
      'p.ts:2:18 "./p.ts" cannot be loaded: Unexpected token `=`. Expected identifier, string literal, numeric literal or [ for the computed key',
    ],
    [
      'an enum',
      'export default {};\nenum A { B }',
      'p.ts:2:1 "./p.ts" cannot be loaded: TypeScript enum is not supported in strip-only mode',
    ],
    ['what it throws', '\nexport const a = 1;\nthrow new Error("ouch");', 'p.ts:3:7 "./p.ts" cannot be loaded: ouch'],
    [
      'what its function throws',
      'export default () => { throw new Error("ouch"); };',
      "p.ts:1:30 the pipeline's function threw: ouch",
    ],
    [
      'what it imports',
      "import './none.ts';\nexport default {};",
      'p.ts:1:1 "./p.ts" cannot be loaded: Cannot find module \'CWD/none.ts\' imported from CWD/p.ts',
    ],
    [
      'what refers to itself',
      'const a = { type: "edit" };\na.a = a;\nexport default { transforms: { a } };',
      'p.ts:1:11 transforms.a.a: nested deeper than 64 levels',
    ],
  ])('says of %s where it stands', async (_, text, problem) => {
    expect((await problemsOf({ 'p.ts': text }))[0]).toBe(problem);
  });
});

const TAG = `import { defineTransform, object, string } from '@tailrace/core';
export const plugin = defineTransform({
  type: 'tag', summary: 'Tags.', examples: [],
  config: object({ value: string({ required: true, description: 'A value.' }) }),
  create: ({ config }) => { if (config.value === 'bad') throw new Error('bad value'); return (batch) => batch; },
});
`;
const yaml = (type: string, options = 'value: x'): string => `
sources: { app: { type: tail, include: [a.log] } }
transforms:
  edited:
    type: '${type}'
    inputs: app
    ${options}
${SINK}
`;
const packageFiles = (name: string, index: string): Record<string, string> => ({
  [`node_modules/${name}/package.json`]: `{ "name": "${name}", "type": "module", "exports": { "import": "./index.js" } }`,
  [`node_modules/${name}/index.js`]: index,
});

describe('a plugin of one’s own', () => {
  test.each([
    ['a default export', './tag.ts', { 'tag.ts': `${TAG}export default plugin;` }],
    ['the only one of its kind', './sub/tag.ts', { 'sub/tag.ts': TAG }],
    ['one of a package', 'shop-plugins/tag', packageFiles('shop-plugins', `${TAG}export const plugins = [plugin];`)],
    ['one of a package in a scope', '@shop/plugins/tag', packageFiles('@shop/plugins', TAG)],
  ])('is %s', async (_, type, files) => {
    write({ 'p.yaml': yaml(type), ...files });
    const { config, problems, files: read } = await load(['p.yaml']);
    expect(problems.map(printProblem)).toEqual([]);
    expect(config?.components[1]).toMatchObject({ declaration: { type: 'tag' }, config: { value: 'x' } });
    const own = type.startsWith('.') ? [path.join(cwd, type)] : [];
    expect(read).toEqual([path.join(cwd, 'p.yaml'), ...own]);
  });

  test('is found from the folder of the file that names it', async () => {
    write({
      'conf/p.yaml': yaml('shop/tag'),
      ...packageFiles('shop', TAG),
      'conf/q.yaml': yaml('./tag.ts'),
      'conf/tag.ts': TAG,
    });
    expect((await load(['conf/p.yaml'])).problems.map(printProblem)).toEqual([]);
    expect((await load(['conf/q.yaml'])).problems.map(printProblem)).toEqual([]);
  });

  test('gets its options checked as any other', async () => {
    const files = { 'tag.ts': TAG };
    expect(await problemsOf({ 'p.yaml': yaml('./tag.ts', 'valeu: x'), ...files })).toEqual([
      'p.yaml:4:3 transforms.edited.value: is missing, expected text',
      'p.yaml:7:5 transforms.edited.valeu: unknown option, did you mean "value"?',
    ]);
    expect(await problemsOf({ 'p.yaml': yaml('./tag.ts', 'value: bad'), ...files })).toEqual([
      'p.yaml:4:3 transforms.edited: cannot be created: CWD/tag.ts:5:63: bad value',
    ]);
  });

  test('has its secrets hidden, and its own core’s ConfigError shown at the option', async () => {
    const throwing = TAG.replace(
      "throw new Error('bad value')",
      'throw Object.assign(new Error("no: " + config.key.reveal()), { name: "ConfigError", at: ["value"] })',
    )
      .replace('string }', 'secret, string }')
      .replace('{ value:', "{ key: secret({ description: 'A key.' }), value:");
    expect(
      await problemsOf({
        'p.yaml': yaml('./m.ts', 'value: bad\n    key: hush-hush'),
        'm.ts': throwing,
      }),
    ).toEqual(['p.yaml:7:12 transforms.edited.value: no: ***']);
  });

  test('stays the same until one of its files changes', async () => {
    write({ 'p.yaml': yaml('./tag.ts'), 'tag.ts': `import './part.ts';\n${TAG}`, 'part.ts': 'export {};' });
    const of = ({ config }: Loaded) => config?.components[1]?.declaration;
    const first = of(await load(['p.yaml']));
    expect(of(await load(['p.yaml']))).toBe(first);
    write({ 'part.ts': 'export const more = 1;' });
    const second = of(await load(['p.yaml']));
    expect(second).not.toBe(first);
    expect(second).toMatchObject({ type: 'tag' });
  });

  test.each([
    ['a file that is missing', './no.ts', {}, 'there is no file ./no.ts, expected a module, relative to CWD'],
    [
      'a package that is missing',
      'no-such/tag',
      {},
      'the package "no-such" is not installed in CWD or above it, expected npm install no-such',
    ],
    [
      'a package without a name behind it',
      '@shop/plugins',
      {},
      '"@shop/plugins" names no plugin, expected ./file.ts, package/name or @scope/package/name',
    ],
    [
      'another name in a package',
      'shop/tga',
      packageFiles('shop', TAG),
      'the package "shop" exports no transform of the type "tga", expected one of tag, did you mean "tag"?',
    ],
    [
      'a package of TypeScript',
      'shop/tag',
      {
        ...packageFiles('shop', ''),
        'node_modules/shop/package.json': '{ "type": "module", "exports": "./index.ts" }',
        'node_modules/shop/index.ts': TAG,
      },
      '"shop" holds TypeScript, expected JavaScript: Node runs no TypeScript below node_modules',
    ],
    [
      'a module without plugins',
      './m.ts',
      { 'm.ts': 'export const a = 1;' },
      '"./m.ts" exports no plugin, expected export default defineTransform({ … })',
    ],
    [
      'several of the kind',
      './m.ts',
      { 'm.ts': `${TAG}export const other = { ...plugin, type: 'two' };` },
      '"./m.ts" exports 2 transforms: tag, two, expected export default defineTransform({ … })',
    ],
    [
      'another kind',
      './m.ts',
      { 'm.ts': TAG.replace('defineTransform({', 'defineSink({').replace('{ defineTransform', '{ defineSink') },
      '"./m.ts" is a sink, not a transform, expected a plugin made by defineTransform of @tailrace/core',
    ],
    [
      'what was made by hand',
      './m.ts',
      { 'm.ts': "export default { kind: 'transform', create() {} };" },
      '"./m.ts" exports what defineTransform has not made, expected a plugin made by defineTransform of @tailrace/core',
    ],
    [
      'a newer contract',
      './m.ts',
      { 'm.ts': `${TAG}export default { ...plugin, contract: 2 };` },
      '"./m.ts" was made for version 2 of the plugin contract, and this tailrace knows 1, expected a newer tailrace, or an older version of the plugin',
    ],
    [
      'parts that are missing',
      './m.ts',
      {
        'm.ts': `${TAG}export default { ...plugin, type: 'A b', summary: undefined, config: {}, examples: undefined, create: 1 };`,
      },
      '"./m.ts" lacks a type (lower_snake), a summary (one sentence), a config (made by object({ … })), create (a function), examples (a list), expected a plugin made by defineTransform of @tailrace/core',
    ],
    [
      'an option of ours',
      './m.ts',
      { 'm.ts': TAG.replace('{ value:', '{ inputs: string({ description: "I." }), value:') },
      '"./m.ts" declares the option inputs, which tailrace has already, expected another name',
    ],
    ['a module that throws', './m.ts', { 'm.ts': '\nthrow new Error("ouch");' }, undefined],
  ])('says what is wrong with %s', async (_, type, files, what) => {
    const [problem] = await problemsOf({ 'p.yaml': yaml(type), ...files });
    const expected =
      what === undefined
        ? 'm.ts:2:7 transforms.edited.type: "./m.ts" cannot be loaded: ouch'
        : `p.yaml:5:11 transforms.edited.type: ${what}`;
    expect(problem).toBe(expected);
  });

  test('whose create gives something else says what is missing', async () => {
    const bad = TAG.replace('return (batch) => batch;', 'return { process() {} };');
    expect(await problemsOf({ 'p.yaml': yaml('./m.ts'), 'm.ts': bad })).toEqual([
      'p.yaml:4:3 transforms.edited: cannot be created: create gave no transform: flush, holds missing',
    ]);
  });
});
