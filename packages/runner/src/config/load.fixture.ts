import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  anyOf,
  anything,
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
import { type Loaded, loadPipeline } from './load.ts';
import { pluginEntries } from './plugin-entry.ts';
import { printProblem } from './problem.ts';

const unused = (): never => {
  throw new Error('only created, never run');
};

export const tail = defineSource({
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
export const edit = defineTransform({
  type: 'edit',
  summary: 'Edits.',
  config: object({
    field: fieldPath({ default: 'log', description: 'A field.' }),
    mode: oneOf(['keep', 'drop'], { default: 'keep', description: 'A mode.' }),
    share: number({ maximum: 1, description: 'A share.' }),
    strict: boolean({ default: false, description: 'Strict.' }),
    labels: map(string({ description: 'A label.' }), { description: 'Labels.' }),
    value: anything({ description: 'A value.' }),
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
    const quoted = config.labels?.['quoted'];
    if (quoted !== undefined) {
      const url = new URL('http://a@b');
      url.password = quoted;
      const said = `must not be ${JSON.stringify(quoted)}, nor ${encodeURIComponent(quoted)}, nor ${url}`;
      throw new ConfigError(['labels', 'quoted'], said);
    }
    if (config.labels?.['worse']) throw new Error('out of luck');
    return (batch) => batch;
  },
});
export const print = defineSink({
  type: 'print',
  summary: 'Prints.',
  config: object({ password: secret({ description: 'A password.' }), url: string({ description: 'A URL.' }) }),
  examples: [],
  create: () => ({ limits: { bytes: 1, events: 1, waitMs: 1 }, maxInFlight: 1, encode: unused, send: unused }),
});
const gather = defineSink({
  type: 'gather',
  summary: 'Gathers.',
  input: ['metrics', 'traces'],
  config: object({}),
  examples: [],
  create: () => ({ limits: { bytes: 1, events: 1, waitMs: 1 }, maxInFlight: 1, encode: unused, send: unused }),
});
export const plugins: PluginDeclaration[] = [tail, counter, edit, print, gather];

/** Where the files of a test are written; gone when the tests have ended. */
export const cwd = mkdtempSync(path.join(tmpdir(), 'tailrace-load-'));
process.once('exit', () => rmSync(cwd, { recursive: true, force: true }));

/** Writes files and loads the YAML files among them. */
export function load(files: Record<string, string>, env: Record<string, string> = {}): Promise<Loaded> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    writeFileSync(path.join(cwd, name), text);
  }
  const names = Object.keys(files).filter((name) => name.endsWith('.yaml'));
  return loadPipeline({ files: names, env, plugins: pluginEntries(plugins), cwd });
}

/** The messages of a pipeline. */
export async function problemsOf(
  files: Record<string, string> | string,
  env?: Record<string, string>,
): Promise<string[]> {
  const { problems } = await load(typeof files === 'string' ? { 'p.yaml': files } : files, env);
  return problems.map(printProblem);
}

/** A pipeline without a fault. */
export const GOOD = `
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
export function changed(from: string, to: string): string {
  if (!GOOD.includes(from)) throw new Error(`not part of the pipeline: ${from}`);
  return GOOD.replace(from, () => to);
}
