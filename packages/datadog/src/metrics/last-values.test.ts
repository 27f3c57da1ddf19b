import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LastValues, openLastValues } from './last-values.ts';
import { checkedLine } from './mark-text.ts';
import type { Mark } from './marks.ts';
import type { Total } from './totals.ts';

let folder: string;
let warnings: string[];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'last-values-')), 'metrics');
  warnings = [];
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((values) => values.close()));
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const RUN_START = 7n;
const path = () => join(folder, 'last-values.ndjson');
const open: LastValues[] = [];
async function opened(maxSeries = 1000): Promise<LastValues> {
  const keeping = { maxSeries, maxAgeMs: 3_600_000 };
  const values = await openLastValues(folder, keeping, RUN_START, (message) => warnings.push(message));
  open.push(values);
  return values;
}
const now = () => BigInt(Date.now()) * 1_000_000n;
const mark = (value: number | bigint, time = now()): Mark => ({ time, start: 3n, total: { kind: 'number', value } });

describe('what is committed is there after a restart', () => {
  const totals: Total[] = [
    { kind: 'number', value: 9_007_199_254_740_993n },
    { kind: 'number', value: 0.1 },
    { kind: 'counted', count: 5n, sum: null },
    { kind: 'histogram', count: 18_446_744_073_709_551_615n, sum: 1.5, bounds: [1, 2], counts: [1, 2, 3] },
    {
      kind: 'exponential',
      ...{ count: 3, sum: -1, scale: -2, zero: 1 },
      positive: { offset: -5, counts: [1] },
      negative: { offset: 0, counts: [] },
    },
  ];
  test.each(totals)('$kind', async (total) => {
    const written: Mark = { time: now(), start: 1_700_000_000_123_456_789n, total };
    const values = await opened();
    await values.commit(new Map([['k', written]]), 4);
    // No close: a process that is killed does not either.
    const again = await opened();
    expect(again.get('k')).toEqual(written);
    expect(again.sequence).toBe(4);
  });
});

test('the last of several commits counts', async () => {
  const values = await opened();
  await values.commit(new Map([['a', mark(1)]]), 1);
  await values.commit(
    new Map([
      ['a', mark(2)],
      ['b', mark(3)],
    ]),
    2,
  );
  await values.commit(new Map([['b', mark(4)]]), 3);
  const again = await opened();
  expect([again.get('a')?.total, again.get('b')?.total, again.sequence]).toEqual([
    { kind: 'number', value: 2 },
    { kind: 'number', value: 4 },
    3,
  ]);
});

describe('damage', () => {
  test('a line that was cut off by a crash is dropped, and the file goes on', async () => {
    const values = await opened();
    await values.commit(new Map([['a', mark(1)]]), 1);
    appendFileSync(path(), checkedLine({ sequence: 2, marks: [] }).slice(0, 20));
    const again = await opened();
    expect(again.sequence).toBe(1);
    await again.commit(new Map([['a', mark(5)]]), 2);
    await again.close();
    const third = await opened();
    expect([third.sequence, third.get('a')?.total, warnings]).toEqual([2, { kind: 'number', value: 5 }, []]);
  });
  test('a flipped bit sets the file aside and says so', async () => {
    const values = await opened();
    await values.commit(new Map([['a', mark(1)]]), 1);
    const bytes = readFileSync(path());
    bytes[bytes.length - 5]! ^= 1;
    writeFileSync(path(), bytes);
    const again = await opened();
    expect(again.get('a')).toBeUndefined();
    expect(warnings[0]).toContain('last-values.ndjson is damaged and was set aside');
    expect(existsSync(`${path()}.damaged`)).toBe(true);
  });
  test('a newer version is refused', async () => {
    const values = await opened();
    await values.commit(new Map([['a', mark(1)]]), 1);
    writeFileSync(path(), checkedLine({ format: 'tailrace datadog last values', version: 2 }));
    await expect(opened()).rejects.toThrow('version 2, newer than 1: use a newer tailrace');
  });
});

describe('what is forgotten', () => {
  test('the series that moved least lately, when there are too many; a series that began before its last point is not new', async () => {
    const values = await opened(3);
    const late = now();
    for (const [i, key] of ['a', 'b', 'c'].entries())
      await values.commit(new Map([[key, mark(1, late + BigInt(i))]]), i);
    await values.commit(new Map([['a', mark(2, late + 5n)]]), 4);
    expect(values.since).toBe(RUN_START);
    expect(await values.commit(new Map([['d', mark(1, late + 6n)]]), 5)).toBe(1);
    expect(['a', 'b', 'c', 'd'].filter((key) => values.get(key))).toEqual(['a', 'c', 'd']);
    expect(values.since).toBe(late + 1n);
  });
  test('a series that brought nothing for long, without being counted', async () => {
    const values = await opened();
    await values.commit(new Map([['old', mark(1, now() - 3_700_000_000_000n)]]), 1);
    expect(values.get('old')).toBeUndefined();
    expect(await values.commit(new Map([['new', mark(1)]]), 2)).toBe(0);
  });
});

test('a file that has grown is written anew', async () => {
  const values = await opened();
  const many = new Map(Array.from({ length: 900 }, (_, i) => [`series ${i}`, mark(i)]));
  const sizes: number[] = [];
  for (let i = 1; i <= 60; i++) {
    await values.commit(many, i);
    sizes.push(statSync(path()).size);
  }
  expect(Math.max(...sizes)).toBeLessThan(5 << 20);
  expect(sizes.some((size, i) => size < (sizes[i - 1] ?? 0))).toBe(true);
  const again = await opened();
  expect([again.sequence, again.get('series 899')?.total]).toEqual([60, { kind: 'number', value: 899 }]);
});
