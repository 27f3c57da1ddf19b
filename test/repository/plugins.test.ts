import type { JsonSchema, PluginDeclaration, TransformDeclaration } from '@tailrace/core';
import { optionRows, printProblem, schemaOf, sinkSettings } from '@tailrace/runner';
import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';
import {
  inExampleFolder,
  LINES,
  loadAround,
  needsServer,
  onThisMachine,
  pipelineWith,
  plugins,
  runOnce,
  shownOptions,
  startAndStop,
} from './plugin-examples.ts';

const named = plugins.map((plugin) => ({ name: `${plugin.kind} ${plugin.type}`, plugin }));
const examples = named.flatMap(({ name, plugin }) =>
  plugin.examples.map((example) => ({ name: `${name}: ${example.title}`, plugin, example })),
);
const isTransform = (plugin: PluginDeclaration): plugin is TransformDeclaration => plugin.kind === 'transform';

test('no two plugins of a kind have the same type', () => {
  expect(new Set(named.map(({ name }) => name)).size).toBe(named.length);
});

test.each(named)('$name says what it does, in sentences, down to every option', ({ plugin }) => {
  expect(plugin.type).toMatch(/^[a-z0-9]+(?:_[a-z0-9]+)*$/);
  expect(plugin.summary).toMatch(/^[A-Z].*\.$/);
  expect(plugin.examples).not.toEqual([]);
  expect(badOptions(plugin.config.json, '')).toEqual([]);
});

test.each(named)('every option of the $name is in an example', ({ plugin }) => {
  const shown = new Set(plugin.examples.flatMap(({ config }) => shownOptions(plugin.config.json, config)));
  const options = optionRows(plugin.config.json).map(({ name }) => name);
  expect(options.filter((name) => !shown.has(name))).toEqual([]);
});

test('every option that all sinks have is in an example of one of them', () => {
  const sinks = plugins.filter(({ kind }) => kind === 'sink');
  const shown = new Set(
    sinks.flatMap((sink) => sink.examples.flatMap(({ config }) => shownOptions(schemaOf(sink), config))),
  );
  const options = Object.entries(sinkSettings).flatMap(([key, { json }]) =>
    optionRows({ properties: { [key]: json } }),
  );
  expect(options.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
});

test.each(examples)('$name: the example is a valid pipeline', async ({ plugin, example }) => {
  await inExampleFolder(example, async (folder) => {
    const { problems, warnings } = await loadAround(plugin, example.config, folder);
    expect([...problems, ...warnings].map(printProblem)).toEqual([]);
  });
});

const transformExamples = plugins
  .filter(isTransform)
  .flatMap((plugin) =>
    plugin.examples.map((example) => ({ name: `${plugin.type}: ${example.title}`, plugin, example })),
  );
test.each(transformExamples)('transform $name: the example runs', async ({ plugin, example }) => {
  const transform = await transformHarness(plugin, example.config, example.files);
  expect(transform.run(example.input).events).toEqual(example.output);
});

/** They belong to the process. */
const usesTerminal = ({ type }: PluginDeclaration): boolean => type === 'stdin' || type === 'stdout';
const isStore = (plugin: PluginDeclaration): boolean => plugin.kind === 'sink' && !needsServer(plugin);
const inProcess = examples.filter(({ plugin }) => !isTransform(plugin) && !usesTerminal(plugin));

test.each(inProcess.filter(({ plugin }) => isStore(plugin)))(
  '$name: the example takes events',
  async ({ plugin, example }) => {
    await inExampleFolder(example, async (folder) => {
      const options = onThisMachine(plugin, example.config as object, folder);
      const loaded = await loadAround(plugin, options, folder);
      expect(loaded.problems.map(printProblem)).toEqual([]);
      const { ok, components } = await runOnce(loaded);
      const sent = components.find(({ id }) => id === 'tested')?.sent;
      expect({ ok, sent }).toEqual({ ok: true, sent: LINES });
    });
  },
);

const started = inProcess.filter(({ plugin }) => !isStore(plugin));
test.each(started)('$name: the example starts and stops', async ({ plugin, example }) => {
  await inExampleFolder(example, async (folder) => {
    const options = onThisMachine(plugin, example.config as object, folder);
    const loaded = await loadAround(plugin, options, folder);
    expect(loaded.problems.map(printProblem)).toEqual([]);
    const isReady = needsServer(plugin) ? NO_ANSWER : /^ready$/m;
    expect(await startAndStop(loaded, isReady)).toEqual([]);
  });
});

/** What /readyz says of a component that has tried in vain to reach its target. */
const NO_ANSWER = /^tested: .*127\.0\.0\.\d+:9/m;

const ofTheProcess = examples.filter(({ plugin }) => usesTerminal(plugin));
test.each(ofTheProcess)('$name: the example runs in the command', async ({ plugin, example }) => {
  await inExampleFolder(example, async (folder) => {
    const files = { 'pipeline.yaml': JSON.stringify(pipelineWith(plugin, example.config as object)) };
    const running = await startTailrace(['run', '--once', 'pipeline.yaml'], { folder, files });
    running.write('{"log":"a line"}\n', true);
    expect(await running.exit()).toMatchObject({ code: 0 });
  });
});

/** Options without a sentence, or with a name that is not lower_snake. */
function badOptions(json: JsonSchema, at: string): string[] {
  return Object.entries(json.properties ?? {}).flatMap(([name, option]) => {
    const place = at === '' ? name : `${at}.${name}`;
    const good = /^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(name) && /^[A-Z`].*\.$/s.test(option.description ?? '');
    return [...(good ? [] : [place]), ...badOptions(option, place), ...badOptions(option.items ?? {}, place)];
  });
}
