import { readFileSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../repository/workspace.ts';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const document = readFileSync(path.join(root, 'docs/config-as-code.md'), 'utf8');
const inDocument = (name: string): string =>
  new RegExp(`\`\`\`ts ${name}\\n(.*?)\`\`\``, 's').exec(document)?.[1] ?? '';
const eventsIn = (stdout: string): unknown[] => {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as unknown);
};

describe('docs/config-as-code.md', () => {
  const files = { 'tailrace.config.ts': inDocument('tailrace.config.ts') };

  test('its pipeline is valid and runs, functions included', async () => {
    const valid = await runTailrace(['validate', 'tailrace.config.ts'], { files });
    expect(valid).toMatchObject({ code: 0, stdout: 'tailrace.config.ts: valid, 1 source, 1 transform, 1 sink\n' });
    const { code, stdout, stderr } = await runTailrace(['run', '--once', 'tailrace.config.ts'], { files });
    expect(code, stderr).toBe(0);
    const events = eventsIn(stdout) as { path: string; shop?: string }[];
    expect(events.length).toBeGreaterThan(0);
    expect(events.filter(({ path: where, shop }) => where === '/1' || shop !== 'north')).toEqual([]);
    expect(stderr).toMatch(/quiet +function +4/);
  });

  test('its function gets a secret out of a file', async () => {
    const code = inDocument('secrets.config.ts');
    const wrong = code.replace('site: env', "headers: { 'dd-api-key': file('api-key') }, site: env");
    const good = await runTailrace(['validate', 'p.config.ts'], {
      files: { 'p.config.ts': code, 'api-key': 'hush-hush\n' },
    });
    expect(good).toMatchObject({ code: 0, stderr: '' });
    const bad = await runTailrace(['validate', 'p.config.ts'], {
      files: { 'p.config.ts': wrong, 'api-key': 'hush-hush\n' },
    });
    expect(bad.code).toBe(78);
    expect(bad.stderr).toContain('p.config.ts:8:');
    expect(bad.stderr).not.toContain('hush');
  });
});

test('a pipeline may be YAML and code together, and its tests stand beside the code', async () => {
  const files = {
    'in.yaml': 'data_dir: data\nmetrics: { enabled: false }\nsources: { app: { type: stdin, format: ndjson } }\n',
    'rest.config.mjs': `export default {
      transforms: { up: { inputs: 'app', run: (event) => ({ ...event, n: event.n + 1 }) } },
      sinks: { out: { type: 'stdout', inputs: 'up', format: 'json' } },
    };`,
    'rest.config.test.yaml':
      'tests: [{ name: it counts, input: { events: [{ n: 1 }] }, expect: { events: [{ n: 2 }] } }]\n',
  };
  expect(await runTailrace(['test', 'in.yaml', 'rest.config.mjs'], { files })).toMatchObject({
    code: 0,
    stdout: 'ok   it counts\n1 passed, 0 failed\n',
  });
});

test('an event that a function fails on is a dead letter with the place of the fault', async () => {
  const code = `export default {
  data_dir: 'data',
  metrics: { enabled: false },
  sources: { app: { type: 'generate', template: '{"n":1}', lines: 1 } },
  transforms: {
    odd: { inputs: 'app', run(event: { shop?: { name: string } }) {
      return { name: event.shop!.name };
    } },
  },
  sinks: { out: { type: 'stdout', inputs: ['odd'], format: 'json' }, letters: { type: 'file', inputs: 'dead_letters', path: 'letters.ndjson' } },
};`;
  const running = await startTailrace(['run', '--once', 'p.ts'], { files: { 'p.ts': code } });
  const { stderr } = await running.exit();
  expect(stderr).toMatch(/odd +function +1 +0 +0 +1/);
  const letter = readFileSync(path.join(running.folder, 'letters.ndjson'), 'utf8');
  expect(letter).toContain('script_failed');
  expect(letter).toContain('p.ts:7:');
});

test('--watch loads changed code anew, what it imports included, and keeps the rest running', async () => {
  const files = {
    'p.config.ts': `import { word } from './word.ts';
export default {
  data_dir: 'data',
  metrics: { enabled: false },
  sources: { app: { type: 'file', include: ['app.log'], format: 'ndjson', scan_interval: '100ms' } },
  transforms: { said: { inputs: 'app', run: (event: object) => ({ ...event, word }) } },
  sinks: { out: { type: 'stdout', inputs: 'said', format: 'json' } },
};`,
    'word.ts': "export const word: string = 'first';\n",
    'app.log': '{"n":1}\n',
  };
  const running = await startTailrace(['run', '--watch', 'p.config.ts'], { files });
  await running.line('"word":"first"');
  running.signal('SIGHUP');
  await running.line('"result":"unchanged"');
  await writeFile(path.join(running.folder, 'word.ts'), "export const word: string = 'second';\n");
  await running.line('"result":"applied"');
  await appendFile(path.join(running.folder, 'app.log'), '{"n":2}\n');
  await running.line(/"word":"second".*"n":2/);
  await writeFile(path.join(running.folder, 'word.ts'), 'export const word: string = ;\n');
  await running.line(/word\.ts:1:\d+.*cannot be loaded/);
  await appendFile(path.join(running.folder, 'app.log'), '{"n":3}\n');
  await running.line(/"word":"second".*"n":3/);
  running.signal('SIGTERM');
  const { code, stdout } = await running.exit();
  expect(code).toBe(0);
  expect(eventsIn(stdout).map((event) => (event as { n: number }).n)).toEqual([1, 2, 3]);
}, 120_000);

describe('list', () => {
  test('names every plugin, in a table and as JSON', async () => {
    const { code, stdout } = await runTailrace(['list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kind +type +what it does\nsource +file +Tail files/);
    expect(stdout).toMatch(/^sink +elasticsearch +Write events/m);
    const { stdout: json } = await runTailrace(['list', '--json']);
    const plugins = JSON.parse(json) as { kind: string; type: string; options?: unknown }[];
    expect(plugins).toHaveLength(stdout.trimEnd().split('\n').length - 1);
    expect(plugins.find(({ type }) => type === 'unpack')).toEqual({
      kind: 'transform',
      type: 'unpack',
      summary: expect.stringMatching(/\.$/),
      contract: 1,
      input: ['logs'],
      output: ['logs'],
    });
  });

  test('shows the options of one with what they take and their defaults, nested ones and those of every sink too', async () => {
    const { stdout } = await runTailrace(['list', 'blackhole']);
    expect(stdout).toMatch(/^sink blackhole: .*\ntakes logs, metrics, traces\n/);
    expect(stdout).toMatch(/^queue\.when_full +one of block, drop_newest, drop_oldest +block +`block`: sources wait/m);
    const { stdout: json } = await runTailrace(['list', 'file', '--json']);
    const plugins = JSON.parse(json) as {
      kind: string;
      options: { name: string; required: boolean; default?: unknown }[];
    }[];
    expect(plugins.map(({ kind }) => kind)).toEqual(['source', 'sink']);
    const option = (name: string) => plugins[0]?.options.find((one) => one.name === name);
    expect(option('include')).toMatchObject({ required: true });
    expect(option('scan_interval')).toMatchObject({ required: false, default: '1s' });
  });

  test('shows a plugin of one’s own, and says why there is none', async () => {
    const files = {
      'tag.ts': `import { defineTransform, object, string } from '@tailrace/core';
export default defineTransform({ type: 'tag', summary: 'Tags.', examples: [], create: () => (batch) => batch,
  config: object({ value: string({ default: 'x', description: 'The tag.' }) }) });`,
    };
    const { stdout } = await runTailrace(['list', './tag.ts'], { files });
    expect(stdout).toBe(
      'transform tag: Tags.\ntakes logs; gives logs\n\noption  takes  default  what it does\nvalue   text   x        The tag.\n',
    );
    expect(await runTailrace(['list', './no.ts'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('there is no file ./no.ts'),
    });
    expect(await runTailrace(['list', 'nope'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no plugin has the type "nope"'),
    });
  });
});

test('graph draws a pipeline: named outputs, dead letters, signals', async () => {
  const files = {
    'p.yaml': `
sources:
  in: { type: otlp }
transforms:
  router: { type: route, inputs: in, outputs: { errors: 'level == "ERROR"' } }
sinks:
  end: { type: stdout, inputs: router.errors }
  all: { type: otlp, inputs: [in, router.default], endpoint: 'http://127.0.0.1:9' }
  letters: { type: file, inputs: dead_letters, path: letters.ndjson }
`,
  };
  const { code, stdout, stderr } = await runTailrace(['graph', 'p.yaml'], { files });
  expect(code, stderr).toBe(0);
  expect(stdout).toBe(`flowchart LR
  n0(["in<br/><small>otlp</small>"])
  n1["router<br/><small>route</small>"]
  n2[("end<br/><small>stdout</small>")]
  n3[("all<br/><small>otlp</small>")]
  n4[("letters<br/><small>file</small>")]
  letters{{"dead letters"}}
  n0 --> n1
  n1 -- "errors" --> n2
  n0 -- "logs, metrics, traces" --> n3
  n1 -- "default" --> n3
  letters --> n4
`);
  expect(await runTailrace(['graph', 'none.yaml'])).toMatchObject({ code: 78 });
});
