import { ByteWriter } from '@tailrace/core';
import { batchOf } from '@tailrace/testkit';
import { describe, expect, test } from 'vitest';
import { encoder, framed, type Log, MILLISECONDS, TIME } from './encode.fixture.ts';

describe('an event that is too long', () => {
  const long = (length: number) => ({ '@timestamp': TIME, message: 'é'.repeat(length / 2), n: 1 });
  const sized = (event: object, max: number) => {
    const { encode, counts } = encoder({ max_entry_bytes: max });
    const out = new ByteWriter(10_000_000, 10);
    const batch = batchOf([event]);
    encode(batch, 0, 1, out);
    const json = Buffer.from(out.bytes.subarray(1, out.used)).toString();
    return { bytes: Buffer.byteLength(json), sent: JSON.parse(json) as Log, ...counts };
  };

  test.each([-1, 0, 1])('is cut above the limit: %i', (more) => {
    const whole = sized(long(60_000), 1_000_000).bytes;
    const { bytes, sent, shortened } = sized(long(60_000), whole - more);
    expect(shortened).toBe(more > 0 ? 1 : 0);
    expect(bytes).toBeLessThanOrEqual(whole - more);
    expect(bytes).toBeGreaterThan(whole - more - 3);
    expect(sent).toMatchObject({ timestamp: MILLISECONDS, n: 1 });
    if (more > 0) expect(sent['message']).toMatch(/^é+\.\.\.TRUNCATED\.\.\.$/);
    else expect(sent['message']).toBe(long(60_000).message);
  });

  test('without a long text becomes a text itself', () => {
    const numbers = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`member_${n}`, n]));
    const { bytes, sent, shortened } = sized({ '@timestamp': TIME, ...numbers }, 50_000);
    expect(shortened).toBe(1);
    expect(bytes).toBeLessThanOrEqual(50_000);
    expect(bytes).toBeGreaterThan(49_900);
    expect(sent).toEqual({
      timestamp: MILLISECONDS,
      ddsource: 'tailrace',
      message: expect.stringMatching(/^\{"@timestamp".*"member_9":9,.*\.\.\.TRUNCATED\.\.\.$/) as string,
    });
  });

  test('for the kernel becomes a text, too', () => {
    const { bytes, sent } = sized({ '@timestamp': TIME, service: 'own', message: 'x'.repeat(5_000_000) }, 1_000_000);
    expect(bytes).toBeLessThanOrEqual(1_000_000);
    expect(sent['message']).toMatch(/^\{"@timestamp".*x{1000}\.\.\.TRUNCATED\.\.\.$/);
  });
});

describe('a body', () => {
  test('ends where the next event would not fit, and the rest goes into the next one', () => {
    const { encode } = encoder({});
    const batch = batchOf(Array.from({ length: 10 }, (_, n) => ({ n, message: 'x'.repeat(100) })));
    const seen: number[] = [];
    for (let at = 0; at < batch.length; ) {
      const out = new ByteWriter(600, 1000);
      const next = encode(batch, at, batch.length, out);
      expect(out.entries).toBe(next - at);
      seen.push(...(JSON.parse(framed(batch, out)) as { n: number }[]).map(({ n }) => n));
      at = next;
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, n) => n));
  });

  test('takes as many events as it has places', () => {
    const { encode } = encoder({});
    const batch = batchOf(Array.from({ length: 1001 }, (_, n) => ({ n })));
    const out = new ByteWriter(1_000_000, 1000);
    expect(encode(batch, 0, 1001, out)).toBe(1000);
  });
});

test('events older than Datadog takes are counted once each', () => {
  const { encode, counts } = encoder({ max_age: '1h' });
  const at = (ms: number) => ({ '@timestamp': new Date(Date.now() - ms).toISOString() });
  const batch = batchOf([at(3_590_000), at(3_610_000), at(7_200_000)]);
  const out = new ByteWriter(1_000_000, 1000);
  encode(batch, 0, 3, out);
  expect(counts).toEqual({ shortened: 0, tooOld: 2 });
});
