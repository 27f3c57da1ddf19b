import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonSchema, PluginDeclaration, TransformDeclaration } from '@tailrace/core';
import { plugins as datadogPlugins } from '@tailrace/datadog';
import { plugins as elasticsearchPlugins } from '@tailrace/elasticsearch';
import { plugins as otlpPlugins } from '@tailrace/otlp';
import { loadPipeline, optionRows, pluginEntries, printProblem } from '@tailrace/runner';
import { plugins as lightPlugins } from '@tailrace/std';
import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';

const plugins: readonly PluginDeclaration[] = [
  ...lightPlugins,
  ...elasticsearchPlugins,
  ...datadogPlugins,
  ...otlpPlugins,
];
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

test.each(examples)('$name: the example is a valid pipeline', async ({ plugin, example }) => {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-example-'));
  try {
    const files = isTransform(plugin) ? (example as { files?: Record<string, string> }).files : undefined;
    for (const [name, text] of Object.entries(files ?? {})) await writeFile(join(folder, name), text);
    await writeFile(join(folder, 'pipeline.yaml'), JSON.stringify(pipelineWith(plugin, example.config as object)));
    const loaded = await loadPipeline({
      files: ['pipeline.yaml'],
      env: {},
      plugins: pluginEntries(plugins),
      cwd: folder,
    });
    expect(loaded.problems.map(printProblem)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
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

test.each(plugins.filter(isTransform).map((plugin) => ({ type: plugin.type, plugin })))(
  'every option of the transform $type is in an example, and those run',
  ({ plugin }) => {
    const shown = new Set(plugin.examples.flatMap(({ config }) => namesIn(config, '')));
    const options = optionRows(plugin.config.json).map(({ name }) => name.replaceAll(/\[\]|\.\*/g, ''));
    expect(options.filter((name) => !shown.has(name))).toEqual([]);
  },
);

/** The names of all options in a configuration, those in lists too: `retry.initial`, `operations.set`. */
function namesIn(config: unknown, at: string): string[] {
  if (Array.isArray(config)) return config.flatMap((item) => namesIn(item, at));
  if (typeof config !== 'object' || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) => {
    const name = at === '' ? key : `${at}.${key}`;
    // The keys of a map are free, so what is below one counts as below the map too.
    return [name, ...namesIn(value, name), ...namesIn(value, at)];
  });
}

/** A pipeline around one component. */
function pipelineWith(plugin: PluginDeclaration, options: object): object {
  const component = { type: plugin.type, ...options };
  const signals = [plugin.kind === 'sink' ? plugin.input : plugin.output].flat();
  const partner = signals.includes('logs') ? undefined : 'otlp';
  return {
    sources: { in: plugin.kind === 'source' ? component : { type: partner ?? 'stdin' } },
    ...(plugin.kind === 'transform' ? { transforms: { tested: { inputs: ['in'], ...component } } } : {}),
    sinks: {
      out: {
        // Named outputs too, where it has some.
        inputs: [plugin.kind === 'transform' ? 'tested*' : 'in'],
        ...(plugin.kind === 'sink' ? component : { type: partner ?? 'stdout' }),
      },
    },
  };
}

/** Options without a sentence, or with a name that is not lower_snake. */
function badOptions(json: JsonSchema, at: string): string[] {
  return Object.entries(json.properties ?? {}).flatMap(([name, option]) => {
    const place = at === '' ? name : `${at}.${name}`;
    const good = /^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(name) && /^[A-Z`].*\.$/s.test(option.description ?? '');
    return [...(good ? [] : [place]), ...badOptions(option, place), ...badOptions(option.items ?? {}, place)];
  });
}
