import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  anyOf,
  boolean,
  bytes,
  ConfigError,
  defineSink,
  defineSource,
  defineTransform,
  duration,
  fieldPath,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  type PluginDeclaration,
  secret,
  string,
} from '@tailrace/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPipeline } from './load.ts';
import { pluginEntries } from './plugin-entry.ts';
import { printProblem } from './problem.ts';

const unused = (): never => {
  throw new Error('only created, never run');
};

const tail = defineSource({
  type: 'tail',
  summary: 'Reads.',
  config: object({
    include: list(string({ description: 'A glob.' }), { required: true, minItems: 1, description: 'Files.' }),
    every: duration({ default: '1s', description: 'How often.' }),
    max: bytes({ default: '1MiB', description: 'Most.' }),
    port: integer({ default: 1, minimum: 1, maximum: 65_535, description: 'A port.' }),
  }),
  examples: [],
  create: () => ({ run: unused }),
});
const counter = defineSource({
  type: 'counter',
  summary: 'Counts.',
  output: 'metrics',
  config: object({}),
  examples: [],
  create: () => ({ run: unused }),
});
const edit = defineTransform({
  type: 'edit',
  summary: 'Edits.',
  config: object({
    field: fieldPath({ default: 'log', description: 'A field.' }),
    mode: oneOf(['keep', 'drop'], { default: 'keep', description: 'A mode.' }),
    share: number({ maximum: 1, description: 'A share.' }),
    strict: boolean({ default: false, description: 'Strict.' }),
    labels: map(string({ description: 'A label.' }), { description: 'Labels.' }),
    when: anyOf(
      [
        string({ description: 'A condition.' }),
        object({ after: integer({ required: true, description: 'A number.' }) }),
      ],
      { description: 'When.' },
    ),
  }),
  examples: [],
  create({ config }) {
    if (config.labels?.['bad']) throw new ConfigError(['labels', 'bad'], `must not be ${config.labels['bad']}`);
    if (config.labels?.['worse']) throw new Error('out of luck');
    return (batch) => batch;
  },
});
const print = defineSink({
  type: 'print',
  summary: 'Prints.',
  config: object({ password: secret({ description: 'A password.' }), url: string({ description: 'A URL.' }) }),
  examples: [],
  create: () => ({ limits: { bytes: 1, events: 1, waitMs: 1 }, maxInFlight: 1, encode: unused, send: unused }),
});
const plugins: PluginDeclaration[] = [tail, counter, edit, print];

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'tailrace-load-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

function load(files: Record<string, string>, env: Record<string, string> = {}) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    writeFileSync(path.join(cwd, name), text);
  }
  const names = Object.keys(files).filter((name) => name.endsWith('.yaml'));
  return loadPipeline({ files: names, env, plugins: pluginEntries(plugins), cwd });
}

async function problemsOf(files: Record<string, string> | string, env?: Record<string, string>): Promise<string[]> {
  const { problems } = await load(typeof files === 'string' ? { 'p.yaml': files } : files, env);
  return problems.map(printProblem);
}

const GOOD = `
sources:
  app: { type: tail, include: [a.log] }
transforms:
  edited:
    type: edit
    inputs: app
sinks:
  out:
    type: print
    inputs: [edited]
`;

/** GOOD with one piece of it replaced. */
function changed(from: string, to: string): string {
  if (!GOOD.includes(from)) throw new Error(`not part of the pipeline: ${from}`);
  return GOOD.replace(from, to);
}

describe('a good pipeline', () => {
  test('comes out resolved', async () => {
    const { config, problems } = await load({
      'conf/p.yaml': `data_dir: data\nshutdown_timeout: 5s\n${changed('inputs: [edited]', 'inputs: [edited]\n    queue: { max_bytes: 1MiB }\n    password: hush')}`,
    });
    expect(problems.map(printProblem)).toEqual([]);
    expect(config?.dataDir).toBe(path.join(cwd, 'conf/data'));
    expect(config?.settings).toMatchObject({ shutdown_timeout: 5000, metrics: { enabled: true } });
    expect(config?.components).toMatchObject([
      {
        id: 'app',
        declaration: tail,
        inputs: [],
        config: { include: ['a.log'], every: 1000, max: 1_048_576 },
        sink: null,
      },
      { id: 'edited', declaration: edit, inputs: ['app'], config: { field: 'log', mode: 'keep' }, sink: null },
      {
        id: 'out',
        declaration: print,
        inputs: ['edited'],
        sink: { queue: { max_bytes: 1_048_576 }, request_timeout: 30_000, retry: { initial: 500 } },
        folder: path.join(cwd, 'conf'),
      },
    ]);
    expect(config?.components[0]?.place(['include', 0])).toEqual({ file: 'conf/p.yaml', line: 5, column: 32 });
    expect(config?.components[0]?.place([])).toEqual({ file: 'conf/p.yaml', line: 5, column: 3 });
    expect(JSON.stringify(config)).not.toContain('hush');
  });
});

const single: Record<string, [text: string, problem: string, env?: Record<string, string>]> = {
  'an unknown top-level key': [`sinkz: {}\n${GOOD}`, 'p.yaml:1:1 sinkz: unknown key, did you mean "sinks"?'],
};

test.each(Object.entries(single))('%s', async (_, [text, problem, env]) => {
  expect(await problemsOf(text, env)).toEqual([problem]);
});
