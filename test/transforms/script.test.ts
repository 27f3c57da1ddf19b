import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bulkAnswer, elasticsearchScript, scriptedServer } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const WAIT = { timeout: 20_000, interval: 50 };
const enrich = (by: string) => `import { factor } from './factor.js';
export const enrich = (event) => {
  if (event.n === 3) throw new RangeError('three is too much');
  return [{ ...event, part: 'whole' }, { n: event.n * factor, part: 'scaled', by: '${by}' }];
};
`;
const factor = (value: number) => `export const factor = ${value};\n`;
const pipeline = (sink: string) => `
data_dir: data
metrics: { enabled: false }
sources:
  in: { type: file, include: [app.log], format: ndjson, scan_interval: 100ms }
transforms:
  enriched: { type: script, inputs: in, module: lib/enrich.mjs, function: enrich }
sinks:
  out: { ${sink}, inputs: enriched }
`;
const FILE = pipeline('type: file, path: out.ndjson');
const lines = (...numbers: number[]) => numbers.map((n) => `{"n":${n}}\n`).join('');

test('a reload takes what a module imports anew; an event that it fails on is a dead letter with its line', async () => {
  const files = {
    'p.yaml': FILE,
    'lib/enrich.mjs': enrich('a'),
    'lib/factor.js': factor(10),
    'lib/package.json': '{"type":"module"}',
    'app.log': lines(1, 3),
  };
  const child = await startTailrace(['run', '--watch', 'p.yaml'], { files });
  const scaled = async () => {
    const text = await readFile(join(child.folder, 'out.ndjson'), 'utf8').catch(() => '');
    const events = text
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { n: number; by?: string }]));
    return events.flatMap(({ n, by }) => (by === undefined ? [] : [`${n} ${by}`]));
  };
  await expect.poll(scaled, WAIT).toEqual(['10 a']);
  await writeFile(join(child.folder, 'lib/factor.js'), factor(100));
  await child.line('reload: the changed pipeline runs');
  await appendFile(join(child.folder, 'app.log'), lines(4));
  await expect.poll(scaled, WAIT).toEqual(['10 a', '400 a']);
  await writeFile(join(child.folder, 'lib/enrich.mjs'), 'export const other = 1;\n');
  await child.line(/lib\/enrich\.mjs has no export \\"enrich\\": it exports other/);
  await appendFile(join(child.folder, 'app.log'), lines(5));
  await expect.poll(scaled, WAIT).toEqual(['10 a', '400 a', '500 a']);
  child.signal('SIGTERM');
  expect((await child.exit()).code).toBe(0);
  const letters = await readFile(join(child.folder, 'data/dead-letters.ndjson'), 'utf8');
  expect(
    letters
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    {
      component: 'enriched',
      code: 'script_failed',
      message: 'lib/enrich.mjs:3:28: RangeError: three is too much',
      event: { n: 3 },
    },
  ]);
});

test('events that one is split into have the same identities when it is read again: each is stored once', async () => {
  const sent: string[] = [];
  let isAnswering = false;
  const target = await scriptedServer(
    elasticsearchScript((request) => {
      const actions = request.text
        .trimEnd()
        .split('\n')
        .filter((_, k) => k % 2 === 0);
      sent.push(...actions.map((line) => (JSON.parse(line) as { create: { _id: string } }).create._id));
      return isAnswering ? bulkAnswer(request, () => 201) : { status: 503, body: '{}' };
    }),
  );
  onTestFinished(() => target.stop());
  const sink = `type: elasticsearch, nodes: ['${target.url}'], template: { enabled: false }, max_wait: 50ms`;
  const files = {
    'p.yaml': pipeline(sink),
    'lib/enrich.mjs': enrich('a'),
    'lib/factor.js': factor(2),
    'app.log': lines(1, 2),
  };
  const first = await startTailrace(['run', 'p.yaml'], { files });
  await expect.poll(() => new Set(sent).size, WAIT).toBe(4);
  await first.kill();
  const before = new Set(sent.splice(0));
  isAnswering = true;
  expect((await runTailrace(['run', '--once', 'p.yaml'], { folder: first.folder })).code).toBe(0);
  expect(new Set(sent)).toEqual(before);
  expect(sent).toHaveLength(4);
  expect([...before].map((id) => id.split('.')[1]).toSorted()).toEqual(['1', '1', '2', '2']);
});

test('validate says at the option what is wrong with a module, and where in it', async () => {
  const messages = async (module: string) => {
    const files = { 'p.yaml': FILE, 'lib/enrich.mjs': module };
    const { code, stderr } = await runTailrace(['validate', 'p.yaml'], { files });
    return [code, stderr];
  };
  const at = 'p.yaml:7:49 transforms.enriched.module:';
  expect(await messages('export const enrich = (e) => {\n  return e e;\n};\n')).toEqual([
    78,
    `${at} lib/enrich.mjs:2:12: "./lib/enrich.mjs" cannot be loaded: Unexpected identifier 'e'\n1 problem\n`,
  ]);
});
