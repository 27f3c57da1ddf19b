import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  boolean,
  defineSink,
  defineSource,
  defineTransform,
  object,
  oneOf,
  type PluginDeclaration,
} from '@tailrace/core';
import { expect, test } from 'vitest';
import { cwd, edit, tail } from './load.fixture.ts';
import { loadPipeline } from './load.ts';
import { pluginEntries } from './plugin-entry.ts';
import { printProblem } from './problem.ts';

const unused = (): never => {
  throw new Error('only created, never run');
};

const all = defineSource({
  type: 'all',
  summary: 'Gives logs and metrics.',
  output: ['logs', 'metrics'],
  config: object({}),
  examples: [],
  create: () => ({ run: unused }),
});
const adjust = defineTransform({
  type: 'adjust',
  summary: 'Edits metrics.',
  input: 'metrics',
  output: 'metrics',
  config: object({}),
  examples: [],
  create: () => (batch) => batch,
});
const part = defineTransform({
  type: 'part',
  summary: 'Has outputs.',
  config: object({ mode: oneOf(['first', 'all'], { default: 'first', description: 'A mode.' }) }),
  examples: [],
  outputs: () => ['a', 'b', 'rest'],
  exclusiveOutputs: ({ mode }) => (mode === 'first' ? ['a', 'b', 'rest'] : ['rest']),
  create: () => (batch) => batch,
});
const keep = defineSink({
  type: 'keep',
  summary: 'Knows what it has.',
  input: ['logs', 'metrics'],
  config: object({ ids: boolean({ default: true, description: 'By identities.' }) }),
  examples: [],
  keepsIdentities: ({ ids }) => ids,
  create: () => ({ limits: { bytes: 1, events: 1, waitMs: 1 }, maxInFlight: 1, encode: unused, send: unused }),
});
const entries = pluginEntries([tail, edit, all, adjust, part, keep] as PluginDeclaration[]);

/** What is warned of; `body` has transforms by id, and the sink `out`, each with what it reads. */
async function warnings(body: Readonly<Record<string, string>>): Promise<string[]> {
  const { out, ...transforms } = body;
  const lines = Object.entries(transforms).map(([id, options]) => `  ${id}: { ${options} }\n`);
  const text = `sinks:
  out: { type: keep, inputs: ${out} }
sources:
  app: { type: tail, include: [a] }
  web: { type: tail, include: [b] }
  both: { type: all }
transforms:
  other: { type: edit, inputs: [app, web, both] }
${lines.join('')}`;
  writeFileSync(
    path.join(cwd, 'w.yaml'),
    text.replace('out: { type', 'spare: { type: keep, ids: false, inputs: "*" }\n  out: { type'),
  );
  const found = await loadPipeline({ files: ['w.yaml'], env: {}, plugins: entries, cwd });
  expect(found.problems).toEqual([]);
  return found.warnings.map(printProblem);
}

const said = (sources: string, one: string, other: string) =>
  `w.yaml:3:3 sinks.out.inputs: gets events of ${sources} by two ways, "${one}" and "${other}": an event that takes both arrives once in an index or store, as it came by one of them, expected ways of which an event takes one (a route with mode: first), or a sink for each way, into another index or store`;

const PART = { p: 'type: part, mode: all, inputs: app' };
const FIRST = { p: 'type: part, inputs: app' };

test.each<[string, Record<string, string>, string[]]>([
  [
    'two outputs that do not exclude each other',
    { ...PART, alarm: 'type: edit, inputs: p.a', out: '[p.b, alarm]' },
    [said('"app"', 'p.b', 'p.a → alarm')],
  ],
  [
    'the same output, as it is and through another component',
    { ...FIRST, alarm: 'type: edit, inputs: p.a', more: 'type: edit, inputs: alarm', out: '["p.*", more]' },
    [said('"app"', 'p.a', 'p.a → alarm → more')],
  ],
  [
    'two components that read several sources',
    { in: 'type: edit, inputs: [app, web]', x: 'type: edit, inputs: in', y: 'type: edit, inputs: in', out: '[x, y]' },
    [said('"app" and "web"', 'in → x', 'in → y')],
  ],
  [
    'a way that an exclusive output does not part',
    { ...FIRST, x: 'type: edit, inputs: app', out: '[p.a, x]' },
    [said('"app"', 'app → p.a', 'app → x')],
  ],
  [
    'a source, beside what is made of its logs',
    { x: 'type: edit, inputs: both', out: '[both, x]' },
    [said('"both"', 'both', 'both → x')],
  ],
])('warns of %s', async (_, body, expected) => {
  expect(await warnings(body)).toEqual(expected);
});

test.each<[string, Record<string, string>]>([
  ['one component that reads several outputs', { ...PART, out: '["p.*"]' }],
  ['outputs by one of which an event leaves', { ...FIRST, x: 'type: edit, inputs: p.a', out: '[p.b, p.rest, x]' }],
  ['an output by which an event leaves alone', { ...PART, x: 'type: edit, inputs: [p.a, p.b]', out: '[p.rest, x]' }],
  ['two sources', { x: 'type: edit, inputs: app', out: '[x, web]' }],
  ['logs and metrics', { x: 'type: edit, inputs: both', y: 'type: adjust, inputs: both', out: '[x, y]' }],
])('says nothing of %s', async (_, body) => {
  expect(await warnings(body)).toEqual([]);
});
