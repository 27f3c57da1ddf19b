import { expect, test } from 'vitest';
import { datePattern, isDatePattern } from './dates.ts';

const at = (text: string): number => Date.parse(text) / 1000;

test.each([
  ['YYYY.MM.DD', '2024-05-31T23:59:59Z', '2024.05.31'],
  ['YYYY.MM.DD.HH', '2024-06-01T00:00:00Z', '2024.06.01.00'],
  ['YYYY-MM', '0099-01-01T00:00:00Z', '0099-01'],
  ['GGGG.WW', '2021-01-03T12:00:00Z', '2020.53'],
  ['GGGG.WW', '2024-12-30T00:00:00Z', '2025.01'],
  ['GGGG.WW', '2024-01-01T00:00:00Z', '2024.01'],
])('%s of %s is %s', (pattern, time, name) => {
  expect(datePattern(pattern).print(at(time))).toBe(name);
});

test('a pattern is made of tokens and punctuation', () => {
  expect(['YYYY', 'YYYY.MM.DD', 'YYYY_MM'].map(isDatePattern)).toEqual([true, true, true]);
  expect(['%Y.%m.%d', 'yyyy.MM.dd', 'YYYY.week', '.', 'MMMM', 'kubernetes.pod'].map(isDatePattern)).toEqual([
    false,
    false,
    false,
    false,
    true,
    false,
  ]);
});
