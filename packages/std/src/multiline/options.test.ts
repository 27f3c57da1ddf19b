import { object, resolveConfig } from '@tailrace/core';
import { expect, test } from 'vitest';
import { joinTexts } from './join.fixture.ts';
import { multilineOptions, prepareMultiline } from './options.ts';

const prepare = (written: object) => prepareMultiline(resolveConfig(object(multilineOptions), written), ['multiline']);
const join = (written: object, lines: readonly string[]) => joinTexts(prepare(written)!.rules, lines);

test('without presets and patterns nothing is joined', () => {
  expect(prepare({})).toBeNull();
  expect(prepare({ presets: [] })).toBeNull();
});

test.for([
  [{ presets: ['java'], end: ';' }, 'multiline.end: cannot be combined with presets: give the presets or the patterns'],
  [{ start: '(' }, 'multiline.start: column 1: the group is not closed: ) is missing'],
  [{ end: '(a)\\1' }, /^multiline.end: column \d+: /],
  [{ start: 'a', timeout: '5ms' }, 'multiline.timeout: must be from 10ms to 1h, is 5ms'],
  [{ start: 'a', timeout: '2h' }, 'multiline.timeout: must be from 10ms to 1h, is 7200000ms'],
  [{ start: 'a', max_bytes: '5MiB' }, 'multiline.max_bytes: must be from 1 byte to 4MiB, is 5242880 bytes'],
  [{ timeout: '1s' }, 'multiline: joins nothing: say which lines belong together by presets, start, continue or end'],
] as const)('%j is refused: %s', ([written, message]) => {
  let said = '';
  try {
    prepare(written);
  } catch (error) {
    said = `${(error as { at: string[] }).at.join('.')}: ${(error as Error).message}`;
  }
  if (typeof message === 'string') expect(said).toBe(message);
  else expect(said).toMatch(message);
});

const LINES = ['S one', ' a', 'b', 'S two', 'end', ' c', ''];

test.for([
  [{ start: '^S' }, ['S one\n a\nb', 'S two\nend\n c']],
  [{ continue: '^\\s' }, ['S one\n a', 'b', 'S two', 'end\n c', '']],
  [{ end: '^(b|end)$' }, ['S one\n a\nb', 'S two\nend', ' c']],
  [{ start: '^S', end: '^(b|end)$' }, ['S one\n a\nb', 'S two\nend', ' c']],
  [{ start: '^S', continue: '^\\s|^$' }, ['S one\n a', 'b', 'S two', 'end', ' c']],
  [{ start: '^S', continue: '^\\s', end: '^end' }, ['S one\n a', 'b', 'S two\nend', ' c', '']],
  [{ continue: '^\\s', end: '^b' }, ['S one\n a\nb', 'S two', 'end\n c', '']],
] as const)('%j', ([written, events]) => {
  expect(join(written, LINES)).toEqual(events);
});

test('a pattern that backtracks without end is linear here', () => {
  const { rules } = prepare({ start: '^(a+)+$' })!;
  expect(rules.next(0, `${'a'.repeat(50_000)}!`)).toBe(0);
});
