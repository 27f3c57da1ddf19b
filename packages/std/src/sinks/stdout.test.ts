import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ByteWriter, ConfigError, type EncodedBatch, type LogBatch, resolveConfig, type Sink } from '@tailrace/core';
import { batchOf, batchOfTexts, pluginContext } from '@tailrace/testkit';
import { afterEach, expect, test, vi } from 'vitest';
import { createStdout, type Output, stdout } from './stdout.ts';

afterEach(() => void vi.unstubAllEnvs());

const batch = batchOfTexts([
  '{"@timestamp":"2026-11-02T06:00:00.5Z","level":"WARN","fields":{"message":"Port Steal","port":12345678901234567890,"who":"a b"},"tags":["x"]}',
  '{"log":"bell \\u0007 and\\n\\u001b[31mred\\n","empty":{}}',
]);

function create(options: object, output: Output = new PassThrough()) {
  const { context, said } = pluginContext();
  const gone: string[] = [];
  const sink = createStdout(() => output, resolveConfig(stdout.config, options), {
    ...context,
    outputGone: (reason) => gone.push(reason),
  });
  return { sink, said, gone };
}

function terminal(): Output {
  return Object.assign(new PassThrough(), { isTTY: true });
}

function encode(sink: Sink, events: LogBatch, writer = new ByteWriter(100_000, 100), from = 0) {
  const next = sink.encode(events, from, events.length, writer);
  const text = Buffer.from(writer.bytes.subarray(0, writer.used)).toString();
  return { next, text, marks: [...writer.marks.subarray(0, writer.entries)], writer };
}

function bodyOf(text: string): EncodedBatch {
  const bytes = Buffer.from(text);
  return {
    ...{ signal: 'logs', bytes, entries: 1, end: () => bytes.length },
    ...{ position: () => batch.position(0), tried: () => false },
  };
}

test('json: the events, byte for byte, one per line', () => {
  const { text, marks, next } = encode(create({}).sink, batch);
  expect(text).toBe(`${batch.text(0)}\n${batch.text(1)}\n`);
  expect([next, marks]).toEqual([2, [batch.text(0).length + 1, text.length]]);
});

test('json: appends behind what is there and stops before the writer is full', () => {
  const { sink } = create({ format: 'json' });
  const events = batchOf([{ a: 1 }, { b: 2 }, { c: 3 }]);
  const writer = new ByteWriter(20, 10);
  writer.append(Buffer.from('x\n'));
  const first = encode(sink, events, writer);
  expect([first.text, first.next, first.marks]).toEqual(['x\n{"a":1}\n{"b":2}\n', 2, [2, 10, 18]]);
  expect(encode(sink, events, new ByteWriter(4, 10)).next).toBe(0);
  expect(encode(sink, events, new ByteWriter(100, 2)).next).toBe(2);
});

test('pretty: a line for people, numbers as written, control characters escaped', () => {
  const { text } = encode(create({ format: 'pretty' }).sink, batch);
  expect(text).toBe(
    [
      '2026-11-02T06:00:00.5Z WARN  Port Steal fields.port=12345678901234567890 fields.who="a b" tags=["x"]',
      'bell \\u0007 and\\n\\u001b[31mred empty={}\n',
    ].join('\n'),
  );
});

test('auto: pretty with colours on a terminal, without them when NO_COLOR is set', () => {
  vi.stubEnv('NO_COLOR', '');
  expect(encode(create({}, terminal()).sink, batchOf([{ level: 'WARN', a: 1 }])).text).toBe(
    '\u001b[33mWARN \u001b[0m \u001b[2ma=\u001b[0m1\n',
  );
  vi.stubEnv('NO_COLOR', '1');
  expect(encode(create({}, terminal()).sink, batchOf([{ level: 'WARN', a: 1 }])).text).toBe('WARN  a=1\n');
});

test('text: members by path, nothing for missing ones', () => {
  const template = '{{ @timestamp }} {{fields.message}} {{ fields.port }}{{ tags }}{{ "no such" }}|';
  const { text } = encode(create({ format: 'text', template }).sink, batch);
  expect(text).toBe('2026-11-02T06:00:00.5Z Port Steal 12345678901234567890["x"]|\n  |\n');
});

test('what is not printed stays for the next body', () => {
  const { sink } = create({ format: 'text', template: '{{ a }}' });
  const events = batchOf([{ a: 'one' }, { a: 'two' }]);
  const first = encode(sink, events, new ByteWriter(6, 10));
  expect([first.text, first.next]).toEqual(['one\n', 1]);
});

test.each([
  [{ format: 'text' }, 'must be set with `format: text`, such as "{{ @timestamp }} {{ log }}"'],
  [{ template: 'x' }, 'needs `format: text`, the format is auto'],
  [
    { format: 'text', template: 'a {{ b..c }}' },
    'column 3: field path "b..c", column 3: expected a key (quote one that holds . " [ ] or white space)',
  ],
  [{ format: 'text', template: 'a {{ b' }, 'column 3: {{ without }}'],
])('the configuration %j is refused', (options, message) => {
  expect(() => create(options)).toThrow(new ConfigError(['template'], message));
});

test('a body is done when it is written', async () => {
  const output = new PassThrough();
  const { sink } = create({}, output);
  expect(await sink.send(bodyOf('hello\n'), AbortSignal.timeout(1000))).toEqual({ kind: 'done', refused: [] });
  expect(String(output.read())).toBe('hello\n');
});

test('an output that fails is tried again, a reader that has gone stops the pipeline', async () => {
  const failing = new PassThrough({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
  });
  const full = create({}, failing);
  expect(await full.sink.send(bodyOf('x\n'), AbortSignal.timeout(1000))).toEqual({
    kind: 'retry',
    code: 'write_failed',
    message: 'no space',
  });
  expect([full.said.notReady.get('stdout'), full.gone]).toEqual(['no space', []]);
});

test('a closed pipe of a real process', async () => {
  const module = fileURLToPath(new URL('./stdout.ts', import.meta.url));
  const program = `
    const { stdout } = await import(${JSON.stringify(module)});
    const context = { notReady() {}, outputGone: (reason) => process.stderr.write('gone: ' + reason) };
    const sink = stdout.create({ config: { format: 'json' }, context });
    const body = { bytes: Buffer.from('line\\n'), entries: 1 };
    await sink.send(body);
    process.stdin.once('data', async () => {
      const verdict = await sink.send(body);
      process.stderr.write('; ' + verdict.kind);
      process.exit(0);
    });
  `;
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', program]);
  const said: string[] = [];
  child.stderr.on('data', (chunk) => said.push(String(chunk)));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.stdout.destroy();
  await once(child.stdout, 'close');
  child.stdin.write('go\n');
  const [code] = (await once(child, 'close')) as [number];
  expect([String(line), code, said.join('')]).toEqual([
    'line\n',
    0,
    'gone: the reader of standard output has gone; retry',
  ]);
});
