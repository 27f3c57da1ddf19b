import type { MetricQuery } from '@tailrace/dashboards';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerOf, logsOverTime, row, TIMES, tableOfRows } from './answers.fixture.ts';
import { groupText, isAdditive, seriesOf } from './series-of-answer.ts';

const count = logsOverTime({ op: 'count', name: 'events' }, 'user');
const mean = logsOverTime({ op: 'avg', field: 'x', name: 'mean' });
const rates: MetricQuery = {
  source: 'metrics',
  of: 'mirrord',
  lines: [
    { name: 'requests', shape: 'rate', metric: 'a' },
    { name: 'connections', shape: 'rate', metric: 'b' },
  ],
};

test('a step without a row is 0 of a count, a gap of a mean, and as before of a running difference', () => {
  const table = tableOfRows('', ['events'], row(TIMES[1]!, ['alice'], 3));
  expect(seriesOf(count, answerOf(table)).series[0]?.values).toEqual([0, 3, 0]);

  const means = tableOfRows('', ['mean'], row(TIMES[1]!, [], 3));
  expect(seriesOf(mean, answerOf(means)).series[0]?.values).toEqual([null, 3, null]);

  const open = { ...count, running: { plus: 'began', minus: 'ended' } };
  const running = tableOfRows('', ['began − ended'], row(TIMES[1]!, ['alice'], 3));
  expect(seriesOf(open, answerOf(running)).series[0]?.values).toEqual([0, 3, 3]);

  expect(seriesOf(rates, answerOf(tableOfRows('requests', ['v'], row(TIMES[1]!, [], 3)))).series[0]?.values).toEqual([
    null,
    3,
    null,
  ]);
});

test('null in a row is a gap, whatever is counted', () => {
  const table = tableOfRows('', ['events'], row(TIMES[0]!, ['alice'], null), row(TIMES[1]!, ['alice'], 2));
  expect(seriesOf(count, answerOf(table)).series[0]?.values).toEqual([null, 2, 0]);
});

test('series are named by what tells them apart', () => {
  const names = (...of: Parameters<typeof seriesOf>) => seriesOf(...of).series.map(({ name }) => name);
  expect(
    names(count, answerOf(tableOfRows('', ['events'], row(60_000, ['bob'], 1), row(60_000, ['alice'], 1)))),
  ).toEqual(['alice', 'bob']);
  expect(names(mean, answerOf(tableOfRows('', ['mean'], row(60_000, [], 1))))).toEqual(['mean']);
  expect(names(mean, answerOf(tableOfRows('', ['p50', 'p95'], row(60_000, [], 1, 2))))).toEqual(['p50', 'p95']);
  const [requests, connections] = ['requests', 'connections'].map((name) =>
    tableOfRows(name, ['value'], row(60_000, ['web'], 1)),
  );
  expect(names(rates, answerOf(requests!, connections!))).toEqual(['requests · web', 'connections · web']);
  expect(names(rates, answerOf(requests!))).toEqual(['web']);
  expect(names(rates, answerOf(tableOfRows('used', ['value'], row(60_000, [], 1))))).toEqual(['used']);
});

test('groups that look the same stay two series with names of their own', () => {
  const table = tableOfRows('', ['events'], row(60_000, [1], 5), row(60_000, ['1'], 7), row(60_000, [''], 9));
  const { series } = seriesOf(count, answerOf(table));
  expect(series.map(({ name }) => name)).toEqual(['(empty)', '1', '1 (2)']);
  expect(series.map(({ values }) => values[0])).toEqual([9, 5, 7]);
  expect(groupText(false)).toBe('false');
  const answered = answerOf(tableOfRows('', ['events'], row(60_000, [true], 5)));
  expect(seriesOf(logsOverTime({ op: 'count', name: 'n' }, 'Scaled down'), answered).series[0]?.name).toBe(
    'Scaled down: true',
  );
});

test('times of rows that lie beside the steps are kept, in order', () => {
  const table = tableOfRows('', ['mean'], row(250_000, [], 4), row(90_000, [], 1));
  const { times, series } = seriesOf(mean, answerOf(table));
  expect(times).toEqual([60_000, 90_000, 120_000, 180_000, 250_000]);
  expect(series[0]?.values).toEqual([null, 1, null, null, 4]);
});

test('steps at the edges are parts where the time shown begins or ends within them', () => {
  const table = tableOfRows('', ['mean'], row(60_000, [], 1));
  expect(seriesOf(mean, answerOf(table)).partial).toEqual([]);
  const cut = { ...answerOf(table), from: 61_000, to: 239_000 };
  expect(seriesOf(mean, cut)).toMatchObject({ times: TIMES, partial: [TIMES[0], TIMES[2]] });
  // The time shown may end after now, by less than a pixel.
  expect(seriesOf(mean, answerOf(table), 200_000).partial).toEqual([TIMES[2]]);
});

test('an answer without rows has steps and no series', () => {
  const { times, series } = seriesOf(count, answerOf(tableOfRows('', ['events'])));
  expect([times, series]).toEqual([TIMES, []]);
});

test('what can be added up: counts, sums, increases and rates', () => {
  expect(isAdditive(count)).toBe(true);
  expect(isAdditive(rates)).toBe(true);
  expect(isAdditive(mean)).toBe(false);
  expect(isAdditive(logsOverTime({ op: 'cardinality', field: 'x', name: 'users' }))).toBe(false);
});

const value = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null });
const group = fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 3 }), fc.boolean());
const rows = fc.array(fc.record({ time: fc.constantFrom(...TIMES), group, value }), { maxLength: 40 });

test('every group is one series, every value of it stands at its step, and no two names are the same', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const latest = new Map(given.map((each) => [JSON.stringify([each.group, each.time]), each]));
      const unique = [...latest.values()];
      const table = tableOfRows('', ['events'], ...unique.map((each) => row(each.time, [each.group], each.value)));
      const { times, series } = seriesOf(count, answerOf(table));
      expect(new Set(series.map(({ name }) => name)).size).toBe(series.length);
      expect(series.length).toBe(new Set(given.map((each) => JSON.stringify(each.group))).size);
      expect(series.every(({ values }) => values.length === times.length)).toBe(true);
      for (const each of unique) {
        const found = series.find(({ groups }) => groups[0] === each.group);
        expect(found?.values[times.indexOf(each.time)]).toBe(each.value);
      }
    }),
    { numRuns: 60 },
  );
});
