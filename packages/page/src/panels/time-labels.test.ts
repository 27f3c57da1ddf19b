import { expect, test } from 'vitest';
import { stepText, timeLabels, timeText } from './time-labels.ts';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const at = (...of: [number, number, number, number?, number?]) =>
  new Date(of[0], of[1], of[2], of[3] ?? 0, of[4] ?? 0).getTime();

test('clock times, with the day where a new one begins', () => {
  const ticks = [18, 21, 24, 27].map((hour) => at(2026, 2, 1, hour));
  expect(timeLabels(ticks, 3 * HOUR)).toEqual(['18:00', '21:00', '00:00\n2 Mar', '03:00']);
  expect(timeLabels([at(2026, 2, 1)], 3 * HOUR)).toEqual(['00:00\n1 Mar']);
});

test('seconds, days and months where those are counted', () => {
  expect(timeLabels([at(2026, 2, 1, 9, 5)], 30_000)).toEqual(['09:05:00']);
  expect(timeLabels([at(2026, 2, 1), at(2026, 2, 2)], DAY)).toEqual(['1 Mar', '2 Mar']);
  expect(timeLabels([at(2026, 2, 1)], 31 * DAY)).toEqual(['Mar 2026']);
});

test('a time among steps has its day only where they touch several', () => {
  const morning = { times: [at(2026, 2, 1, 9), at(2026, 2, 1, 10)], step: HOUR };
  expect(timeText(at(2026, 2, 1, 9, 30), morning)).toBe('09:30');
  expect(stepText(at(2026, 2, 1, 9), { ...morning, partial: [at(2026, 2, 1, 9)] })).toBe('09:00, a part');
  expect(stepText(at(2026, 2, 1, 10), { ...morning, partial: [at(2026, 2, 1, 9)] })).toBe('10:00');
  const night = { times: [at(2026, 2, 1, 23), at(2026, 2, 2)], step: HOUR };
  expect(timeText(at(2026, 2, 1, 23), night)).toBe('1 Mar 23:00');
  const evening = { times: [at(2026, 2, 1, 22), at(2026, 2, 1, 23)], step: HOUR };
  expect(timeText(at(2026, 2, 1, 23), evening)).toBe('23:00');
  expect(timeText(at(2026, 2, 1), { times: [at(2026, 2, 1)], step: DAY })).toBe('1 Mar');
  expect(timeText(at(2026, 2, 1, 9), { times: [at(2026, 2, 1, 9)], step: MINUTE / 2 })).toBe('09:00:00');
});
