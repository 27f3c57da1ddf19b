import { expect, test } from 'vitest';
import { answerOf, logsOverTime, row, TIMES, tableOfRows, timeseries } from './answers.fixture.ts';
import { seriesToDraw } from './chart.ts';
import { toggled } from './hidden-series.ts';
import { seriesRows } from './tooltip-rows.ts';

const all = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];

test('a click hides or shows one; another kind of click leaves it alone, and brings all back', () => {
  expect(toggled(new Set(), 'a', false, all)).toEqual(new Set(['a']));
  expect(toggled(new Set(['a', 'b']), 'a', false, all)).toEqual(new Set(['b']));
  expect(toggled(new Set(['a']), 'a', true, all)).toEqual(new Set(['b', 'c']));
  expect(toggled(new Set(['b', 'c']), 'a', true, all)).toEqual(new Set());
});

test('values of a step stand as they are drawn: stacked in their order, others by size; hidden and unknown ones not at all', () => {
  const query = logsOverTime({ op: 'count', name: 'events' }, 'user');
  const values = [
    ['a', 1],
    ['b', 5],
    ['c', 3],
    ['d', null],
  ] as const;
  const answer = answerOf(tableOfRows('', ['events'], ...values.map(([name, value]) => row(TIMES[0], [name], value))));
  const shown = (stacked: boolean, ...hidden: string[]) => {
    const panel = timeseries(query, { draw: 'bars', stacked });
    return seriesRows(panel, seriesToDraw(panel, answer), new Set(hidden), 0).map(({ name, text }) => name + text);
  };
  expect(shown(true)).toEqual(['c3', 'b5', 'a1']);
  expect(shown(false)).toEqual(['b5', 'c3', 'a1']);
  expect(shown(false, 'b')).toEqual(['c3', 'a1']);
});
