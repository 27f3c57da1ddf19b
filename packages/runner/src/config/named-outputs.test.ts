import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { defineTransform, list, object, type PluginDeclaration, string } from '@tailrace/core';
import { describe, expect, test } from 'vitest';
import { cwd, plugins } from './load.fixture.ts';
import { loadPipeline } from './load.ts';
import { pluginEntries } from './plugin-entry.ts';
import { printProblem } from './problem.ts';

const fork = defineTransform({
  type: 'fork',
  summary: 'Has outputs.',
  config: object({ outputs: list(string({ description: 'A name.' }), { default: ['a', 'b'], description: 'Names.' }) }),
  examples: [],
  outputs: (config) => config.outputs,
  create: () => (batch) => batch,
}) as PluginDeclaration;

/** What is said of a pipeline with a fork `f` whose outputs the sinks read so. */
async function loaded(inputs: readonly string[], more = '') {
  const sinks = inputs.map((input, k) => `  out${k}: { type: print, inputs: ${input} }\n`).join('');
  const text = `sources:
  in: { type: tail, include: [a] }
transforms:
  f: { type: fork, inputs: in }
  plain: { type: edit, inputs: in }
sinks:
  rest: { type: print, inputs: plain }
${sinks}${more}`;
  writeFileSync(path.join(cwd, 'o.yaml'), text);
  const entries = pluginEntries([...plugins, fork]);
  const { config, problems, warnings, tests } = await loadPipeline({
    files: ['o.yaml'],
    env: {},
    plugins: entries,
    cwd,
  });
  const readers = config?.components.filter(({ id }) => id.startsWith('out')).map((one) => one.inputs);
  return { readers, tests, problems: problems.map(printProblem), warnings: warnings.map(printProblem) };
}

describe('inputs', () => {
  test.each([
    ['f.a', ['f.a']],
    ['[f.b, f.a, in]', ['f.b', 'f.a', 'in']],
    ["'f.*'", ['f.a', 'f.b']],
    ["'*'", ['in', 'f.a', 'f.b', 'plain']],
  ])('%s', async (inputs, names) => {
    const { readers, problems } = await loaded([inputs, "'f.*'"]);
    expect(problems).toEqual([]);
    expect(readers![0]).toEqual(names);
  });

  test.each([
    ['f', '"f" has named outputs, expected one of f.a, f.b'],
    ['f.ab', '"f" has no output "ab", expected one of f.a, f.b, did you mean "f.a"?'],
    ['f.a.b', '"f" has no output "a.b", expected one of f.a, f.b'],
    ['plain.a', '"plain" has no named outputs, expected "plain"'],
    ['rest.a', '"rest" is a sink, and nothing comes out of a sink, expected a source or transform'],
    ['g.a', 'unknown component "g.a", expected one of in, f.a, f.b, plain, did you mean "f.a"?'],
  ])('%s is refused', async (input, message) => {
    const { problems } = await loaded(["'f.*'", input]);
    expect(problems).toEqual([`o.yaml:9:32 sinks.out1.inputs: ${message}`]);
  });

  test('a circle through an output is found', async () => {
    const { problems } = await loaded(["'f.*'"], 'data_dir: data\n');
    expect(problems).toEqual([]);
    const circle = '  g: { type: fork, inputs: [f.a, g.b] }\n  plain:';
    writeFileSync(
      path.join(cwd, 'c.yaml'),
      `sources: { in: { type: tail, include: [a] } }
transforms:
${circle} { type: edit, inputs: [g.a, in] }
  f: { type: fork, inputs: plain }
sinks: { out: { type: print, inputs: f.b } }
`,
    );
    const entries = pluginEntries([...plugins, fork]);
    const found = await loadPipeline({ files: ['c.yaml'], env: {}, plugins: entries, cwd });
    expect(found.problems.map(({ what }) => what)).toContain(
      'the components feed each other in a circle: g → plain → f → g',
    );
  });
});

describe('an output that nobody reads', () => {
  test.each([
    [['f.a', 'f.b'], []],
    [['f.a'], ['no component reads "f.b", so what leaves there is discarded']],
  ])('%j', async (inputs, warnings) => {
    const found = await loaded(inputs);
    expect(found.problems).toEqual([]);
    expect(found.warnings).toEqual(warnings.map((text) => `o.yaml:4:3 transforms.f: ${text}`));
  });

  test('of a component that nobody reads at all is no further news', async () => {
    const { problems, warnings } = await loaded([]);
    expect(problems).toEqual([
      'o.yaml:4:3 transforms.f: no component reads the transform "f", expected its id among the inputs of another component',
    ]);
    expect(warnings).toEqual([]);
  });
});

test('a test may look at one output, if there is such', async () => {
  const one = (component: string) =>
    `tests: [{ name: t, component: ${component}, input: { events: [] }, expect: { events: [] } }]\n`;
  const good = await loaded(["'f.*'"], one('f.b'));
  expect([good.problems, good.tests?.length]).toEqual([[], 1]);
  const { problems } = await loaded(["'f.*'"], one('f.x'));
  expect(problems).toEqual([
    'o.yaml:9:31 tests[0].component: "f" has no output "x", expected one of f.a, f.b, did you mean "f.a"?',
  ]);
});
