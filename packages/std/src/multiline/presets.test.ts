import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { joinTexts } from './join.fixture.ts';
import { PRESETS } from './presets.ts';
import { presetRules } from './rules.ts';

type Preset = keyof typeof PRESETS;
const names = Object.keys(PRESETS) as Preset[];

/** What the programs wrote, one event after the other; all but Ruby's came out of the interpreter or compiler itself. */
const eventsOf = (preset: Preset): string[] =>
  readFileSync(new URL(`traces/${preset}.txt`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n---\n');
const linesOf = (events: readonly string[]) => events.flatMap((event) => event.split('\n'));

test.for(names)('%s: each stack trace is one event, the lines around them are their own', (preset) => {
  const events = eventsOf(preset);
  expect(joinTexts(presetRules([PRESETS[preset]]), linesOf(events))).toEqual(events);
});

test.for(names)('%s: also beside all other presets', (preset) => {
  const events = eventsOf(preset);
  expect(joinTexts(presetRules(Object.values(PRESETS)), linesOf(events))).toEqual(events);
});

test('traces of all languages one behind the other', () => {
  const events = names.flatMap((preset) => [...eventsOf(preset), 'a line of its own']);
  expect(joinTexts(presetRules(Object.values(PRESETS)), linesOf(events))).toEqual(events);
});

test.for([
  'GET /index.html 200 (3 ms)',
  '{"level":"error","message":"failed"}',
  '2024-01-01T00:00:00Z ERROR order refused',
  'at the end of the day',
  '  indented, for no reason',
  '',
])('an ordinary line waits for nothing: %j', (line) => {
  expect(presetRules(Object.values(PRESETS)).first(line)).toBe(-1);
});

test('no text takes a preset more than linear time, in whatever state it is', () => {
  const rules = presetRules(Object.values(PRESETS));
  const everyState = 2 ** 30 - 1;
  const heads = [
    '',
    ' ',
    '\tat ',
    'a',
    'Exception in thread "',
    'goroutine 1 ',
    'panic serving ',
    '/a',
    'a:1:in `',
    '\tfrom a',
    'Error ',
  ];
  const bodies = [
    'a',
    'a.',
    ':1',
    '1',
    ' ',
    '(',
    '(A',
    '(Error',
    ')',
    '()',
    'a(b)',
    '.js:1',
    'Error',
    'Error [a]',
    '" ',
    '[',
    '] ',
    '^',
    "in '",
    ': ',
  ];
  for (const head of heads) {
    for (const body of bodies) {
      const line = `${head}${body.repeat(100_000 / body.length)}\0`;
      expect(rules.first(line)).toBeGreaterThanOrEqual(-1);
      expect(rules.next(everyState, line)).toBeGreaterThanOrEqual(-2);
    }
  }
}, 30_000);
