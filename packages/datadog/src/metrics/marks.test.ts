import { describe, expect, test } from 'vitest';
import { type Mark, stepOf } from './marks.ts';

const SECOND = 1_000_000_000n;
const mark = (seconds: number, value: number, start = 0): Mark => ({
  time: BigInt(seconds) * SECOND,
  start: BigInt(start) * SECOND,
  total: { kind: 'number', value },
});
const step = (last: Mark | undefined, point: Mark, since = 1000) => stepOf(last, point, 'auto', BigInt(since) * SECOND);
const changeOf = (value: number, seconds: number) => ({ kind: 'change', total: { kind: 'number', value }, seconds });

test('a point is compared with the one before it', () => {
  expect(step(mark(2000, 5), mark(2015, 12))).toEqual(changeOf(7, 15));
});

describe('the first point of a series', () => {
  test('counts when the series began after the process', () => {
    expect(step(undefined, mark(2000, 5, 1990))).toEqual(changeOf(5, 10));
  });
  test('is what the next one is compared with when it began before, or nobody knows', () => {
    expect(step(undefined, mark(2000, 5, 900))).toEqual({ kind: 'baseline' });
    expect(step(undefined, mark(2000, 5))).toEqual({ kind: 'baseline' });
  });
  test('as the option says', () => {
    expect(stepOf(undefined, mark(2000, 5), 'keep', 0n)).toEqual(changeOf(5, 1));
    expect(stepOf(undefined, mark(2000, 5, 1990), 'drop', 0n)).toEqual({ kind: 'baseline' });
  });
});

describe('a start that is the point’s own time says that nobody knows it', () => {
  test('at the first point of a series', () => {
    expect(step(undefined, mark(2000, 88, 2000))).toEqual({ kind: 'baseline' });
  });
  test('after a restart of the source: only the value tells', () => {
    expect(step(mark(2000, 50, 1000), mark(2010, 60, 2010))).toEqual(changeOf(10, 10));
    expect(step(mark(2000, 50, 1000), mark(2010, 3, 2010))).toEqual(changeOf(3, 10));
  });
});

describe('a reset', () => {
  test('by a smaller value: all of it came since the last point', () => {
    expect(step(mark(2000, 50), mark(2010, 3))).toEqual(changeOf(3, 10));
  });
  test('by a later start, though the value is larger', () => {
    expect(step(mark(2000, 50, 1000), mark(2010, 60, 2006))).toEqual(changeOf(60, 4));
  });
  test('not by a start that trembles', () => {
    const last = mark(2000, 50, 1000);
    expect(step(last, { ...mark(2010, 60, 1000), start: 1000n * SECOND + 999_999_999n })).toEqual(changeOf(10, 10));
  });
});

describe('a point that adds nothing leaves the mark where it is', () => {
  test('an older one', () => expect(step(mark(2000, 50), mark(1990, 40))).toEqual({ kind: 'held' }));
  test('the same one again', () => expect(step(mark(2000, 50), mark(2000, 50))).toEqual({ kind: 'held' }));
  test('one in the same second, which would replace what was sent', () => {
    expect(step(mark(2000, 50), { ...mark(2000, 55), time: 2000n * SECOND + 1n })).toEqual({ kind: 'held' });
  });
});

test('what cannot be compared begins anew', () => {
  const counted: Mark = { ...mark(2010, 0), total: { kind: 'counted', count: 3, sum: null } };
  expect(step(mark(2000, 50), counted)).toEqual({ kind: 'baseline' });
});
