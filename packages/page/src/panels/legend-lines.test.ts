import { expect, test } from 'vitest';
import { legendLines, shortName } from './legend-lines.ts';
import { colorAt } from './thresholds.ts';

test('a name that is too long loses its middle, by whole letters', () => {
  expect(shortName('deployment/checkout')).toBe('deployment/checkout');
  const short = shortName('deployment/payments-gateway-canary-2');
  expect([short, [...short].length]).toEqual(['deployment/pay…eway-canary-2', 28]);
  expect(shortName('😀'.repeat(40))).toBe(`${'😀'.repeat(14)}…${'😀'.repeat(13)}`);
});

test('two lines where one is too short, and never more', () => {
  const item = (name: string) => ({ name, text: '12' });
  expect(legendLines([], 300)).toBe(1);
  expect(legendLines([item('p50'), item('p95'), item('p99')], 500)).toBe(1);
  expect(legendLines([item('p50'), item('p95'), item('p99')], 300)).toBe(2);
  expect(
    legendLines(
      Array.from({ length: 90 }, (_, at) => item(`g${at}`)),
      300,
    ),
  ).toBe(2);
});

test('a value has the colour of the last threshold that it reaches', () => {
  const thresholds = [{ color: 'bad' }, { from: 7, color: 'warning' }, { from: 30, color: 'good' }] as const;
  expect([-1, 6.9, 7, 29, 30, 1e9].map((value) => colorAt(value, thresholds))).toEqual([
    ...['bad', 'bad', 'warning', 'warning', 'good', 'good'],
  ]);
  expect([colorAt(null, thresholds), colorAt(5, undefined), colorAt(5, [{ from: 7, color: 'bad' }])]).toEqual([
    ...['neutral', 'neutral', 'neutral'],
  ]);
});
