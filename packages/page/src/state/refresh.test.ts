import type { Status } from '@tailrace/local';
import { describe, expect, it } from 'vitest';
import { AUTO, isStale, type Picture, paceOf, parseRefresh, REFRESHES, refreshText } from './refresh.ts';

const picture: Picture = { span: { from: 0, to: 1 }, drawn: 100_000, revision: 5, events: 1000, spent: 0 };
const status = (revision: number, logs: number): Status => ({
  ...{ version: '1', now: 0, component: 'store', metrics: 0, traces: 0, first: 0, last: 0, bytes: 0, dashboards: [] },
  ...{ revision, logs },
});
const day = { last: 86_400_000 };

describe('a picture', () => {
  it('is drawn anew at its time, when there is news', () => {
    expect(isStale(picture, day, 30_000, status(6, 1001), 129_999)).toBe(false);
    expect(isStale(picture, day, 30_000, status(6, 1001), 130_000)).toBe(true);
    expect(isStale(picture, day, 30_000, status(5, 1000), 130_000)).toBe(false);
  });

  it('moves on with the time also without news, as far as anybody can see it', () => {
    expect(isStale(picture, { last: 60_000 }, 5000, status(5, 1000), 105_001)).toBe(true);
    expect(isStale(picture, { from: 0, to: 60_000 }, 5000, status(5, 1000), 999_000)).toBe(false);
  });

  it('follows a store that grows fast, every two seconds, or in a tenth of the usual time', () => {
    expect(isStale(picture, day, 20_000, status(6, 1500), 101_000)).toBe(false);
    expect(isStale(picture, day, 20_000, status(6, 1500), 102_000)).toBe(true);
    expect(isStale(picture, day, 60_000, status(6, 1500), 105_000)).toBe(false);
    expect(isStale(picture, day, 60_000, status(6, 1500), 106_000)).toBe(true);
    expect(isStale({ ...picture, events: 0, revision: null }, day, 20_000, status(6, 1), 102_000)).toBe(true);
    expect(isStale({ ...picture, events: 0 }, day, 20_000, status(5, 0), 102_000)).toBe(false);
    expect(isStale(picture, day, 20_000, status(6, 199_999), 102_000)).toBe(true);
    expect(isStale(picture, day, 20_000, status(6, 200_000), 119_000)).toBe(false);
  });

  it('stays when nobody wants another', () => {
    expect(isStale(picture, day, 0, status(9, 9000), 999_000)).toBe(false);
  });
});

it('an automatic refresh comes often while it is cheap, and seldom when it is not', () => {
  expect(paceOf(AUTO, 60_000, 0)).toBe(5000);
  expect(paceOf(AUTO, 60_000, 1000)).toBe(10_000);
  expect(paceOf(AUTO, 60_000, 90_000)).toBe(300_000);
  expect(paceOf(30_000, 60_000, 90_000)).toBe(30_000);
  expect(paceOf(0, 60_000, 0)).toBe(0);
});

it('intervals are read back', () => {
  for (const { every, text } of REFRESHES) {
    expect(refreshText(every)).toBe(text);
    expect(parseRefresh(text)).toBe(every);
  }
  expect(parseRefresh('1ms')).toBeUndefined();
});
