import type { AnswerRow } from '@tailrace/dashboards';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerOf, row, TIMES, tableOfRows } from './answers.fixture.ts';
import { cellsOf } from './heatmap-cells.ts';
import { heatmapPicture } from './heatmap-picture.ts';

const cells = (...rows: AnswerRow[]) => cellsOf(answerOf(tableOfRows('ping', ['count'], ...rows)));

test('buckets rise, and those outside of all that came are left out', () => {
  const { bounds, counts, lowest, largest } = cells(
    row(TIMES[0], [0.5], 0),
    row(TIMES[0], [0.1], 2),
    row(TIMES[1], [0.1], 1),
    row(TIMES[2], [0.025], 4),
    row(TIMES[0], [0.05], 0),
    row(TIMES[0], [0.01], 0),
  );
  expect([bounds, lowest, largest]).toEqual([[0.025, 0.05, 0.1], 0.01, 4]);
  expect(counts).toEqual([
    [0, 0, 4],
    [0, 0, 0],
    [2, 1, 0],
  ]);
});

test('infinity comes as a number, as text or as null; what is no bound is left out', () => {
  const infinite = [Number.POSITIVE_INFINITY, '+Inf', 'Infinity'];
  for (const bound of infinite) expect(cells(row(TIMES[0], [bound], 1)).bounds).toEqual([Number.POSITIVE_INFINITY]);
  expect(cells(...JSON.parse('[{"groups":[null],"time":60000,"columns":[1]}]')).bounds).toEqual([
    Number.POSITIVE_INFINITY,
  ]);
  expect(cells(row(TIMES[0], ['0.25'], 1)).bounds).toEqual([0.25]);
  expect(cells(row(TIMES[0], ['x'], 1), row(TIMES[0], [true], 1), row(TIMES[0], [' '], 1)).bounds).toEqual([]);
});

test('the first bucket of times begins at zero, one that reaches below zero nowhere', () => {
  expect(cells(row(TIMES[0], [5], 1)).lowest).toBe(0);
  expect(cells(row(TIMES[0], [-5], 1)).lowest).toBe(Number.NEGATIVE_INFINITY);
});

test('other labels are summed up, and nothing is left without values', () => {
  expect(cells(row(TIMES[0], [1, 'a'], 2), row(TIMES[0], [1, 'b'], 3)).counts).toEqual([[5, 0, 0]]);
  const nothing = cells();
  expect([nothing.bounds, nothing.counts, nothing.largest]).toEqual([[], [], 0]);
  expect(heatmapPicture(nothing, 'seconds').cells).toEqual([]);
});

test('each cell with values is drawn in its bucket, the fuller the stronger', () => {
  const {
    cells: drawn,
    labels,
    axis,
  } = heatmapPicture(cells(row(TIMES[0], [0.1], 1), row(TIMES[1], ['+Inf'], 100)), 'seconds');
  expect(drawn.map(({ time, from, to }) => [time, from, to])).toEqual([
    [TIMES[0], 0, 1],
    [TIMES[1], 1, 2],
  ]);
  expect(drawn[1]?.strength).toBe(1);
  expect(labels).toEqual(['0\u00a0s', '100\u00a0ms', '∞']);
  expect(axis).toEqual({ from: 0, to: 2, ticks: [0, 1, 2] });
});

test('every count is in one cell, whatever the buckets', () => {
  const one = fc.record({
    le: fc.constantFrom(0.1, 1, 10, Number.POSITIVE_INFINITY),
    time: fc.constantFrom(...TIMES),
    count: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 30 }), (given) => {
      const { counts, largest } = cells(...given.map(({ le, time, count }) => row(time, [le], count)));
      const sum = counts.flat().reduce((total, count) => total + count, 0);
      expect(sum).toBe(given.reduce((total, { count }) => total + count, 0));
      expect(largest).toBe(Math.max(0, ...counts.flat()));
    }),
    { numRuns: 60 },
  );
});
