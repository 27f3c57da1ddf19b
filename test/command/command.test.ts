import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listenOnLoopback } from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { root } from '../repository/workspace.ts';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const PIPELINE = `
data_dir: data
metrics: { enabled: false }
sources:
  input: { type: stdin }
transforms:
  record: { type: unpack, inputs: input }
sinks:
  output: { type: stdout, inputs: record, format: json }
`;
const LINE = '{"log":"{\\"level\\":\\"INFO\\"}\\n","stream":"stdout","time":"2026-11-20T10:00:00.123456789Z"}\n';
const EVENT = { '@timestamp': '2026-11-20T10:00:00.123456789Z', stream: 'stdout', level: 'INFO' };
const ESCAPE = '\u001b[';

describe('the command line', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8')) as { version: string };

  test('--version', async () => {
    expect(await runTailrace(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('--help shows examples and exit codes, plain', async () => {
    const { code, stdout, stderr } = await runTailrace(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('$ tailrace run pipelines/mirrord/elasticsearch.yaml');
    for (const exit of ['0', '1', '64', '70', '75', '78']) expect(stdout).toMatch(new RegExp(`^ {2}${exit} +\\S`, 'm'));
    expect(stdout).not.toContain(ESCAPE);
  });

  test.each(['run', 'validate', 'test', 'generate', 'schema'])('%s --help shows examples', async (name) => {
    const { code, stdout } = await runTailrace([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Examples:\n  $ tailrace ${name}`);
  });

  test.each([
    [['rnu'], "error: unknown command 'rnu'\n(Did you mean run?)"],
    [['run'], "error: missing required argument 'file'"],
    [['run', '--onze', 'p.yaml'], "error: unknown option '--onze'\n(Did you mean --once?)"],
    [
      ['generate', 'mirrord', '--lines', '-1'],
      "error: option '--lines <n>' argument '-1' is invalid. It has to be a whole number.",
    ],
    [
      ['generate', 'mirrord', '--format', 'x'],
      "error: option '--format <format>' argument 'x' is invalid. Allowed choices are docker, cri, plain.",
    ],
  ])('%j is no command', async (commandLine, message) => {
    const { code, stdout, stderr } = await runTailrace(commandLine);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toBe(`${message}\n(run with --help for usage)\n`);
  });

  test('without a command it prints help and says that it did nothing', async () => {
    const { code, stdout, stderr } = await runTailrace([]);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(/^Usage: tailrace/);
  });
});

describe('validate', () => {
  test('counts what a good pipeline is made of', async () => {
    const end = await runTailrace(['validate', 'p.yaml'], { files: { 'p.yaml': PIPELINE } });
    expect(end).toMatchObject({ code: 0, stdout: 'p.yaml: valid, 1 source, 1 transform, 1 sink\n', stderr: '' });
  });

  test('names all problems of a bad one', async () => {
    const files = { 'p.yaml': PIPELINE.replace('type: unpack', 'type: unpak').replace('format: json', 'format: jsn') };
    const { code, stdout, stderr } = await runTailrace(['validate', 'p.yaml'], { files });
    expect([code, stdout]).toEqual([78, '']);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(
        /^p\.yaml:7:19 transforms\.record\.type: unknown transform type "unpak", expected one of .*, did you mean "unpack"\?$/,
      ),
      'p.yaml:9:51 sinks.output.format: is the text "jsn", expected one of auto, pretty, json, text, did you mean "json"?',
      '2 problems',
      '',
    ]);
  });
});

describe('run', () => {
  test('writes events to standard output and the rest to standard error', async () => {
    const running = await startTailrace(['run', '--once', 'p.yaml'], { files: { 'p.yaml': PIPELINE } });
    running.write(LINE, true);
    const { code, stdout, stderr } = await running.exit();
    expect(code, stderr).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([EVENT]);
    expect(stderr).toMatch(/^output +stdout +1 +1 +0 +0 +–$/m);
    expect(stderr).not.toContain(ESCAPE);
  });

  test('refuses a bad pipeline', async () => {
    const end = await runTailrace(['run', 'p.yaml'], { files: { 'p.yaml': 'sinks: {}\n' } });
    expect(end).toMatchObject({ code: 78, stdout: '' });
    expect(end.stderr).toContain('p.yaml:1:1 sources: the pipeline has no sources, expected at least one\n');
  });

  test('a signal ends it, and what came before is delivered', async () => {
    const running = await startTailrace(['run', 'p.yaml'], { files: { 'p.yaml': PIPELINE } });
    running.write(LINE);
    await running.line('"level":"INFO"');
    running.signal('SIGTERM');
    const { code, stderr } = await running.exit();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('tailrace: SIGTERM, delivering what is under way; once more ends at once\n');
  });

  test('a data_dir in use is no bug', async () => {
    const running = await startTailrace(['run', 'p.yaml'], { files: { 'p.yaml': PIPELINE } });
    running.write(LINE);
    await running.line('"level":"INFO"');
    const { code, stderr } = await runTailrace(['run', 'p.yaml'], { folder: running.folder });
    expect(code).toBe(75);
    expect(stderr).toMatch(/^tailrace: cannot start: data_dir .* is in use by /m);
  });
});

test('an address in use is no bug', async () => {
  const { port, stop } = await listenOnLoopback(createServer());
  onTestFinished(stop);
  const pipeline = PIPELINE.replace('{ enabled: false }', `{ address: '127.0.0.1:${port}' }`);
  const end = await runTailrace(['run', 'p.yaml'], { files: { 'p.yaml': pipeline } });
  expect(end).toMatchObject({ code: 75, stdout: '' });
  expect(end.stderr).toContain('tailrace: cannot start: metrics.address');
});

describe('generate', () => {
  test.each(['docker', 'cri', 'plain'])('%s: equal options give equal bytes', async (format) => {
    const commandLine = ['generate', 'mirrord', '--format', format, '--lines', '50', '--seed', 'x'];
    const [one, two] = await Promise.all([runTailrace(commandLine), runTailrace(commandLine)]);
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout.split('\n').length).toBeGreaterThan(50);
    expect(two.stdout).toBe(one.stdout);
  });

  test('--answers says what is in the lines', async () => {
    const commandLine = ['generate', 'mirrord', '--lines', '50', '--seed', 'x'];
    const { code, stdout } = await runTailrace([...commandLine, '--answers']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ events: 50 });
  });

  test('a reader that goes away is no error', async () => {
    const commandLine = [
      '--conditions=source',
      'packages/cli/src/main.ts',
      'generate',
      'mirrord',
      '--lines',
      '1000000',
    ];
    const child = spawn(process.execPath, commandLine, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([code, errors]).toEqual([0, '']);
  });
});

test('schema prints the schema of a pipeline file', async () => {
  const { code, stdout } = await runTailrace(['schema']);
  expect(code).toBe(0);
  const schema = JSON.parse(stdout) as { title: string; properties: Record<string, unknown> };
  expect(schema.title).toBe('tailrace pipeline');
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(['sources', 'transforms', 'sinks', 'tests']));
  for (const type of ['file', 'unpack', 'elasticsearch'])
    expect(stdout).toContain(`"enum": [\n                  "${type}"\n`);
});

describe('elasticsearch template', () => {
  const sinks = (...ids: string[]): string =>
    PIPELINE.replace(
      /sinks:[\s\S]*/,
      `sinks:\n${ids.map((id) => `  ${id}: { type: elasticsearch, inputs: record, nodes: ['http://127.0.0.1:1'], logstash_format: { prefix: ${id} } }\n`).join('')}`,
    );

  test('prints what the sink would put', async () => {
    const end = await runTailrace(['elasticsearch', 'template', 'p.yaml'], { files: { 'p.yaml': sinks('app') } });
    expect(end).toMatchObject({ code: 0, stderr: 'PUT _index_template/tailrace-app\n' });
    expect(JSON.parse(end.stdout)).toMatchObject({ index_patterns: ['app-*'], template: { mappings: {} } });
  });

  test('of several sinks one has to be named', async () => {
    const files = { 'p.yaml': sinks('app', 'web') };
    expect(await runTailrace(['elasticsearch', 'template', 'p.yaml'], { files })).toMatchObject({
      code: 64,
      stderr: 'tailrace: name one with --sink: app, web\n',
    });
    expect(await runTailrace(['elasticsearch', 'template', 'p.yaml', '--sink', 'input'], { files })).toMatchObject({
      code: 64,
      stderr: 'tailrace: "input" is no elasticsearch sink; name one with --sink: app, web\n',
    });
    const named = await runTailrace(['elasticsearch', 'template', 'p.yaml', '--sink', 'web'], { files });
    expect(JSON.parse(named.stdout)).toMatchObject({ index_patterns: ['web-*'] });
  });

  test('a sink that puts none says so', async () => {
    const pipeline = sinks('app').replace('logstash_format', 'template: { enabled: false }, logstash_format');
    const end = await runTailrace(['elasticsearch', 'template', 'p.yaml'], { files: { 'p.yaml': pipeline } });
    const stderr = 'tailrace: app puts no template: template.enabled is false\n';
    expect(end).toMatchObject({ code: 0, stdout: '', stderr });
  });

  test('a pipeline without such a sink has none', async () => {
    const end = await runTailrace(['elasticsearch', 'template', 'p.yaml'], { files: { 'p.yaml': PIPELINE } });
    expect(end).toMatchObject({ code: 64, stdout: '', stderr: 'tailrace: the pipeline has no elasticsearch sink\n' });
  });
});
