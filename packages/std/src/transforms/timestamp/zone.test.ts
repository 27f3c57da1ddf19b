import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unixSeconds, zoneNamed, zoneWritten } from './zone.ts';

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
];

/** What clocks show, as if it were UTC. */
function shownIn(timeZone: string, seconds: number): number {
  const shown = new Date(seconds * 1000).toLocaleString('sv-SE', { timeZone });
  return Date.parse(`${shown.replace(' ', 'T')}Z`) / 1000;
}

test('a time that clocks show is the first moment at which they do', () => {
  const moment = fc.integer({ min: Date.UTC(1972, 0) / 1000, max: Date.UTC(2037, 0) / 1000 });
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), moment, fc.boolean(), (name, seconds, isHour) => {
      // Clocks are set at whole hours or halves of them, so moments near those tell more.
      const at = isHour ? Math.round(seconds / 1800) * 1800 + (seconds % 3) - 1 : seconds;
      const shown = shownIn(name, at);
      const found = unixSeconds(shown, zoneNamed(name)!);
      expect(shownIn(name, found)).toBe(shown);
      expect(found).toBeLessThanOrEqual(at);
    }),
    { numRuns: 100 },
  );
});

test.each([
  ['Europe/Berlin', '2024-07-01T12:00:00Z', '2024-07-01T10:00:00Z'],
  ['Europe/Berlin', '2024-10-27T02:30:00Z', '2024-10-27T00:30:00Z'],
  ['Europe/Berlin', '2024-03-31T02:30:00Z', '2024-03-31T01:30:00Z'],
  ['Australia/Lord_Howe', '2024-04-07T01:45:00Z', '2024-04-06T14:45:00Z'],
  ['Australia/Lord_Howe', '2024-10-06T02:15:00Z', '2024-10-05T15:45:00Z'],
  ['Australia/Lord_Howe', '2024-10-06T02:45:00Z', '2024-10-05T15:45:00Z'],
  ['Pacific/Apia', '2011-12-30T12:00:00Z', '2011-12-30T22:00:00Z'],
  ['Asia/Kathmandu', '2024-01-01T00:00:00Z', '2023-12-31T18:15:00Z'],
  ['+05:30', '2024-01-01T00:00:00Z', '2023-12-31T18:30:00Z'],
  ['-0330', '2024-01-01T00:00:00Z', '2024-01-01T03:30:00Z'],
  ['GMT', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z'],
])('in %s, %s is %s', (name, shown, moment) => {
  expect(unixSeconds(Date.parse(shown) / 1000, zoneNamed(name)!)).toBe(Date.parse(moment) / 1000);
});

test('names that are no zone', () => {
  expect(['Mars/Olympus', '', '+24:00', '+01:60', 'local'].map(zoneNamed)).toEqual([null, null, null, null, null]);
  // Without a slash a line may mean anything: IST is three zones.
  expect(['IST', 'Berlin', 'Japan'].map(zoneWritten)).toEqual([null, null, null]);
});

test('however a name is written, its zone is made once', () => {
  expect(zoneNamed('eUROPE/berlin')).toBe(zoneNamed('Europe/Berlin'));
});

test('letters are fixed offsets, whatever the season', () => {
  const hours = (text: string): number => zoneWritten(text)!.offsetAt(Date.UTC(2024, 6, 1) / 1000) / 3600;
  expect(['Z', 'utc', 'EST', 'PDT', 'CET', 'CEST', 'Europe/Berlin', '+0130'].map(hours)).toEqual([
    0, 0, -5, -7, 1, 2, 2, 1.5,
  ]);
});
