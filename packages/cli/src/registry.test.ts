import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type JsonSchema, type PluginDeclaration, printJson, signalsOf } from '@tailrace/core';
import { plugins as datadog } from '@tailrace/datadog';
import { plugins as elasticsearch } from '@tailrace/elasticsearch';
import { plugins as local } from '@tailrace/local';
import { plugins as otlp } from '@tailrace/otlp';
import { type Loaded, loadPipeline, pipelineSettings, printProblem, sinkSettings, testSchema } from '@tailrace/runner';
import { plugins as std } from '@tailrace/std';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registry } from './registry.generated.ts';
import { differences } from './testing/compare.ts';
import { observe } from './testing/run-test.ts';

const plugins: readonly PluginDeclaration[] = [...std, ...elasticsearch, ...datadog, ...local, ...otlp];
const nameOf = ({ kind, type }: Pick<PluginDeclaration, 'kind' | 'type'>): string => `${kind} ${type}`;
const named = plugins.map((plugin) => [nameOf(plugin), plugin] as const);

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'tailrace-registry-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const LOGS = { type: 'generate', system: 'mirrord', lines: 1 };
const METRICS = { type: 'prometheus_scrape', targets: ['http://127.0.0.1:9'] };
const FILE = { type: 'file', path: 'out.ndjson' };
const OTLP = { type: 'otlp', endpoint: 'http://127.0.0.1:9' };
const takesLogs = (plugin: PluginDeclaration) => 'input' in plugin && signalsOf(plugin.input).includes('logs');
const givesLogs = (plugin: PluginDeclaration) => 'output' in plugin && signalsOf(plugin.output).includes('logs');

/** A pipeline with the plugin in it, given as JSON, which is YAML too. */
function pipelineWith(plugin: PluginDeclaration, config: unknown, more: object = {}): object {
  const { kind, type } = plugin;
  const component = { type, ...(kind === 'source' ? {} : { inputs: ['before'] }), ...(config as object) };
  const before = kind === 'source' ? {} : { before: takesLogs(plugin) ? LOGS : METRICS };
  const reads = kind === 'transform' && plugin.outputs ? ['it.*'] : ['it'];
  const after = kind === 'sink' ? {} : { after: { ...(givesLogs(plugin) ? FILE : OTLP), inputs: reads } };
  return {
    data_dir: 'data',
    metrics: { enabled: false },
    sources: kind === 'source' ? { it: component } : before,
    transforms: kind === 'transform' ? { it: component } : {},
    sinks: kind === 'sink' ? { it: component } : after,
    ...more,
  };
}

function load(pipeline: object, files: Readonly<Record<string, string>> = {}): Promise<Loaded> {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(cwd, name), text);
  writeFileSync(path.join(cwd, 'pipeline.yaml'), printJson(pipeline));
  return loadPipeline({ files: ['pipeline.yaml'], env: { ...process.env, DD_API_KEY: 'key' }, plugins: registry, cwd });
}

test('the registry has every plugin of the packages, and gives it', async () => {
  const loaded = await Promise.all(registry.map((entry) => entry.load()));
  expect(new Set(loaded)).toEqual(new Set(plugins));
  expect(registry.map(nameOf)).toEqual(loaded.map(nameOf));
});

describe('every option has a sentence', () => {
  const schemas: [string, JsonSchema][] = [
    ...plugins.map((plugin): [string, JsonSchema] => [nameOf(plugin), plugin.config.json]),
    ['pipeline settings', pipelineSettings.json],
    ['tests', testSchema.json],
    ...Object.entries(sinkSettings).map(([key, { json }]): [string, JsonSchema] => [
      `every sink ${key}`,
      { properties: { [key]: json } },
    ]),
  ];
  test.each(schemas)('%s', (_, schema) => {
    expect(withoutSentence(schema, '')).toEqual([]);
  });
});

function withoutSentence(schema: JsonSchema, prefix: string): string[] {
  const inner = [schema.items, ...(schema.anyOf ?? []), schema.additionalProperties];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, option]) => [
      ...(/^\S.*[.:]$/s.test(option.description ?? '') ? [] : [`${prefix}${key}`]),
      ...withoutSentence(option, `${prefix}${key}.`),
    ]),
    ...inner.flatMap((one) => (typeof one === 'object' ? withoutSentence(one, prefix) : [])),
  ];
}

test.each(named)('%s says what it is in one sentence, and shows it by an example', (_, plugin) => {
  expect(plugin.summary).toMatch(/^\S.*\.$/);
  expect(plugin.examples.length).toBeGreaterThan(0);
});

describe('every example of a transform gives what it says', () => {
  const transforms = plugins
    .filter((plugin) => plugin.kind === 'transform')
    .flatMap((plugin) => plugin.examples.map((example) => [nameOf(plugin), example.title, plugin, example] as const));
  test.each(transforms)('%s: %s', async (_, __, plugin, { config, input, output, outputs = {}, files }) => {
    const expected = [['it', output], ...Object.entries(outputs).map(([name, events]) => [`it.${name}`, events])];
    const tests = expected.map(([component, events]) => ({
      name: 'it',
      component,
      input: { events: input },
      expect: { events },
    }));
    const { config: pipeline, tests: ready, problems } = await load(pipelineWith(plugin, config, { tests }), files);
    expect(problems.map(printProblem)).toEqual([]);
    for (const one of ready!) expect(differences(one, await observe(pipeline!, one))).toEqual([]);
  });
});
