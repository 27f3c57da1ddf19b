import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerOf, logsOverTime, row, TIMES, tableOfRows, timeseries } from './answers.fixture.ts';
import { chartOf, lookOf, seriesToDraw } from './chart.ts';
import { describeCells, describeSeries } from './describe.ts';
import { cellsOf } from './heatmap-cells.ts';
import { lonePoints, runsOf } from './picture.ts';
import { tableOfSeries } from './table-of-series.ts';
import { timeText } from './time-labels.ts';

const count = logsOverTime({ op: 'count', name: 'events' }, 'user');
const three = answerOf(
  tableOfRows('', ['events'], row(TIMES[0], ['a'], 3), row(TIMES[1], ['b'], 4), row(TIMES[1], ['a'], 1)),
);
const NONE = new Set<string>();

test('stacked bars lie on each other; a hidden one takes no room', () => {
  const panel = timeseries(count, { draw: 'bars', stacked: true });
  const drawn = seriesToDraw(panel, three);
  const picture = chartOf(panel, drawn, NONE, 4);
  expect(picture.layers.map(({ from, to }) => [from, to])).toEqual([
    [
      [0, 0, 0],
      [3, 1, 0],
    ],
    [
      [3, 1, 0],
      [3, 5, 0],
    ],
  ]);
  expect(picture.axis.to).toBeGreaterThanOrEqual(5);
  const less = chartOf(panel, drawn, new Set(['a']), 4);
  expect(less.layers.map(({ to }) => to)).toEqual([
    [null, null, null],
    [0, 4, 0],
  ]);
  expect(less.layers.map(({ color }) => color)).toEqual(picture.layers.map(({ color }) => color));
});

test('bars of parts of a step are fainter, lines are not', () => {
  const cut = { ...three, to: 239_000 };
  const partial = (draw: 'bars' | 'line') => {
    const panel = timeseries(count, { draw });
    return chartOf(panel, seriesToDraw(panel, cut), NONE, 4).partial;
  };
  expect([partial('bars'), partial('line')]).toEqual([[TIMES[2]], []]);
});

test('bars that are not stacked stand beside each other, the shown ones', () => {
  const panel = timeseries(count, { draw: 'bars' });
  const drawn = seriesToDraw(panel, three);
  expect(chartOf(panel, drawn, NONE, 4).layers.map(({ place, places }) => [place, places])).toEqual([
    [0, 2],
    [1, 2],
  ]);
  expect(chartOf(panel, drawn, new Set(['a']), 4).layers[1]).toMatchObject({ place: 0, places: 1 });
});

test('colours by name come first; lines have dashes as well', () => {
  const panel = timeseries(count, { colors: { b: 'bad' } });
  const drawn = seriesToDraw(panel, three);
  expect([lookOf(panel, drawn, 0), lookOf(panel, drawn, 1)]).toEqual([
    { color: 'var(--series-1)', dash: [] },
    { color: 'var(--bad)', dash: [6, 3] },
  ]);
});

test('hundreds of groups: the largest apart, the rest in one grey series when stacked, said when not', () => {
  const rows = Array.from({ length: 300 }, (_, at) => row(TIMES[0], [`g${at}`], at + 1));
  const answer = answerOf(tableOfRows('', ['events'], ...rows));
  const stacked = timeseries(count, { draw: 'bars', stacked: true });
  const drawn = seriesToDraw(stacked, answer);
  expect([drawn.series.length, drawn.more, drawn.series.at(-1)?.name]).toEqual([21, 280, '280 more']);
  expect(lookOf(stacked, drawn, 20).color).toBe('var(--muted)');
  expect(chartOf(stacked, drawn, NONE, 4).layers.at(-1)?.to[0]).toBe((300 * 301) / 2);
  expect(describeSeries(stacked, drawn)).toMatch(/And 16 more\.$/);

  const lines = timeseries(count);
  const fewer = seriesToDraw(lines, answer);
  expect([fewer.series.length, fewer.more, fewer.summed]).toEqual([20, 280, false]);
  expect(describeSeries(lines, fewer)).toMatch(/And 295 more\.$/);
  expect(tableOfSeries(lines, answer).columns).toHaveLength(301);
});

test('thresholds are drawn where values come near to them', () => {
  const thresholds = [{ color: 'good' }, { from: 5, color: 'warning' }, { from: 1000, color: 'bad' }] as const;
  const panel = timeseries(count, { thresholds });
  const { lines, axis } = chartOf(panel, seriesToDraw(panel, three), NONE, 4);
  expect(lines).toEqual([{ at: 5, color: 'var(--warning)' }]);
  expect(axis.to).toBeGreaterThanOrEqual(5);
});

test('an answer without values has an axis and says so', () => {
  const panel = timeseries(logsOverTime({ op: 'avg', field: 'x', name: 'mean' }));
  const drawn = seriesToDraw(panel, answerOf(tableOfRows('', ['mean'], row(TIMES[0], [], null))));
  expect(chartOf(panel, drawn, NONE, 4).axis).toEqual({ from: 0, to: 1, ticks: [0, 1] });
  expect(describeSeries(panel, drawn)).toMatch(/\. mean: no value\.$/);
});

test('a chart in words: its kind, its time, and the last and the highest value', () => {
  const panel = timeseries(count, { title: 'Sessions', draw: 'bars' });
  const drawn = seriesToDraw(panel, three);
  const [from, highest, to] = [TIMES[0]!, TIMES[1]!, 240_000].map((time) => timeText(time, drawn));
  expect(describeSeries(panel, drawn)).toBe(
    `Sessions: bar chart from ${from} to ${to}. a: last 0, highest 3 at ${from}. b: last 0, highest 4 at ${highest}.`,
  );
});

test('a heatmap in words: how many values, their range, and where most were', () => {
  const table = tableOfRows('', ['n'], row(TIMES[0], [0.1], 2), row(TIMES[1], [0.5], 7), row(TIMES[1], ['+Inf'], 1));
  const cells = cellsOf(answerOf(table));
  expect(describeCells('Ping', 'seconds', cells)).toMatch(
    /10 values, above 0\u00a0s; most of them 100\u00a0ms to 500\u00a0ms\.$/,
  );
  expect(describeCells('Ping', 'seconds', cellsOf(answerOf()))).toMatch(/No values\.$/);
});

test('the table of a chart has a row per step with any value, the newest first, each with its events', () => {
  const means = answerOf(tableOfRows('', ['mean'], row(TIMES[0], [], 1), row(TIMES[2], [], 3)));
  const { rows } = tableOfSeries(timeseries(logsOverTime({ op: 'avg', field: 'x', name: 'mean' })), means);
  expect(rows.map(([time, mean]) => [time?.clicked, mean?.text])).toEqual([
    [{ span: { from: TIMES[2], to: 240_000 } }, '3'],
    [{ span: { from: TIMES[0], to: TIMES[1] } }, '1'],
  ]);
});

test('a value between two gaps is a point, and stretches of values are drawn apart', () => {
  expect(lonePoints([1, null, 2, 3, null, null, 4])).toEqual([0, 6]);
  expect(runsOf([1, null, 2, 3, null, 4])).toEqual([
    [0, 1],
    [2, 4],
    [5, 6],
  ]);
});

test('runs hold every value once, and lone points are the runs of one', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: null }), { maxLength: 50 }), (values) => {
      const runs = runsOf(values);
      const held = runs.flatMap(([first, end]) => Array.from({ length: end - first }, (_, at) => first + at));
      expect(held).toEqual(values.flatMap((value, at) => (value === null ? [] : [at])));
      expect(lonePoints(values)).toEqual(runs.flatMap(([first, end]) => (end - first === 1 ? [first] : [])));
    }),
    { numRuns: 60 },
  );
});
