import { ConfigError } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { multiline } from './multiline.ts';

test.for([
  [{}, [], 'does not say which lines belong together: set presets, start, continue or end'],
  [{ presets: ['go'], start: 'x' }, ['start'], 'cannot be combined with presets: give the presets or the patterns'],
  [{ start: 'x', field: 'a..b' }, ['field'], ''],
  [{ start: 'x', by: ['a', 'b['] }, ['by', 1], ''],
] as const)('%j is refused at %j', async ([config, at, message]) => {
  const error = await transformHarness(multiline, config).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).at).toEqual(at);
  expect((error as ConfigError).message).toContain(message);
});

test('events that a limit ended are counted once per batch', async () => {
  const { run } = await transformHarness(multiline, { start: '^S', max_lines: 2 });
  const { events, errors } = run(['S', 'a', 'b', 'c', 'd'].map((log) => ({ log })));
  expect(events.map((event) => (event as { log: string }).log)).toEqual(['S\na', 'b\nc', 'd']);
  expect(errors).toEqual({ multiline_split: 2 });
});

test.for([
  [{ start: '^\\d' }, ['2024 a\n', '  b\n', '2024 c\r\n', 'x;\r\n'], ['2024 a\n  b', '2024 c\nx;']],
  [{ end: ';$' }, ['2024 a\n', '  b\n', 'x;\n', 'y;\n', 'z'], ['2024 a\n  b\nx;', 'y;\n', 'z']],
  [
    { presets: ['java'] },
    ['java.lang.IllegalStateException: x\n', '\tat a.b.C.d(C.java:1)\n', '\n', 'ready\n'],
    ['java.lang.IllegalStateException: x\n\tat a.b.C.d(C.java:1)', '\n', 'ready\n'],
  ],
] as const)(
  '%j: the line ends that a container runtime left are no part of the lines',
  async ([config, lines, joined]) => {
    const { run } = await transformHarness(multiline, config);
    expect(run(lines.map((log) => ({ log }))).events).toEqual(joined.map((log) => ({ log })));
  },
);

test('what joins nothing passes as it came, bytes and all', async () => {
  const { run } = await transformHarness(multiline, { presets: ['java'] });
  const texts = ['{"log":"a\\u000a" ,"n":12345678901234567890}', '{"n":1.0}', '{"log":["x"]}'];
  expect(run(texts).texts).toEqual(texts);
});
