import { expect, test } from 'vitest';
import { distributionSheet, type Head, seriesSheet } from './sheet.ts';

const head: Head = { name: 'jobs', tags: ['a:1'], host: 'h"1', unit: 'second' };

test('a series has its type, interval, unit, tags and host', () => {
  const sheet = seriesSheet();
  sheet.add('count', head, 100, 10, 3);
  sheet.add('gauge', { ...head, tags: [], host: undefined, unit: undefined }, 100, 10, 1.5);
  expect(JSON.parse(sheet.text())).toEqual({
    series: [
      {
        metric: 'jobs',
        type: 1,
        interval: 10,
        unit: 'second',
        tags: ['a:1'],
        resources: [{ type: 'host', name: 'h"1' }],
        points: [{ timestamp: 100, value: 3 }],
      },
      { metric: 'jobs', type: 3, points: [{ timestamp: 100, value: 1.5 }] },
    ],
  });
});

test('counts of one second are added up, of gauges the last one counts: Datadog would keep one of them', () => {
  const sheet = seriesSheet();
  for (const value of [2, 3]) {
    sheet.add('count', head, 100, 10, value);
    sheet.add('gauge', head, 100, null, value);
  }
  const { series } = JSON.parse(sheet.text()) as { series: { points: object[] }[] };
  expect(series.map(({ points }) => points)).toEqual([[{ timestamp: 100, value: 5 }], [{ timestamp: 100, value: 3 }]]);
});

test('points with one interval share a series, others have their own', () => {
  const sheet = seriesSheet();
  sheet.add('count', head, 100, 10, 1);
  sheet.add('count', head, 110, 10, 2);
  sheet.add('count', head, 125, 15, 3);
  const { series } = JSON.parse(sheet.text()) as { series: { interval: number; points: object[] }[] };
  expect(series.map(({ interval, points }) => [interval, points.length])).toEqual([
    [10, 2],
    [15, 1],
  ]);
});

test('distributions hold the values of a second together', () => {
  const sheet = distributionSheet();
  expect(sheet.isEmpty).toBe(true);
  sheet.add(head, 100, [1, 2]);
  sheet.add(head, 100, [0.1 + 0.2]);
  expect(JSON.parse(sheet.text())).toEqual({
    series: [{ metric: 'jobs', type: 'distribution', tags: ['a:1'], host: 'h"1', points: [[100, [1, 2, 0.3]]] }],
  });
});
