import { resolveConfig } from '@tailrace/core';
import { expect, test } from 'vitest';
import { programLines } from './lines.ts';
import { generateOptions } from './options.ts';

const BEGIN = Date.parse('2026-11-20T10:00:00Z');

/** How many sessions begin and end within the first minute. */
function firstMinute(isResumed: boolean): { began: number; ended: number } {
  const config = resolveConfig(generateOptions, { system: 'mirrord', rate: 20, lines: 20_000 });
  const lines = programLines(config, { begin: BEGIN, lead: 0, isLive: false, isResumed });
  const counts = { began: 0, ended: 0 };
  for (let next = lines.next(); next.done !== true && next.value.at < 60; next = lines.next()) {
    if (/"message":"Session Start/.test(next.value.text)) counts.began++;
    if (/"message":"Session End/.test(next.value.text)) counts.ended++;
  }
  return counts;
}

test('a run that goes on has sessions to end, a first one has none', () => {
  const [first, second] = [firstMinute(false), firstMinute(true)];
  expect(first.began).toBeGreaterThan(100);
  expect(first.ended).toBeLessThan(first.began / 20);
  expect(second.ended).toBeGreaterThan(second.began / 2);
});
