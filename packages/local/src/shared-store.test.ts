import { batchOf } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DONE, KEPT, NO_PAGE, type SinkBench, sinkBench } from './sink.fixture.ts';

let bench: SinkBench;
beforeEach(async () => {
  bench = await sinkBench();
});
afterEach(() => bench.end());

describe('two sinks of one component, as in a reload', () => {
  test('the new one takes the store with its first event, the old one can have it back', async () => {
    const before = await bench.create({ ...NO_PAGE, fields: [await bench.fields({ a: 'keyword' }, 'one.yaml')] });
    const first = batchOf([{ a: '1' }], { id: 'stream-first----' });
    expect(await before.send(first)).toEqual(DONE);
    const after = await bench.create({
      ...KEPT,
      page: { address: '127.0.0.1:0' },
      fields: [await bench.fields({ a: 'long' }, 'two.yaml')],
    });
    await after.probe();
    // Nothing has changed hands yet.
    expect(await before.send(batchOf([{ a: '2' }], { id: 'stream-second---' }))).toEqual(DONE);
    expect(await after.send(first, { tried: true })).toEqual({ ...DONE, duplicates: 1 });
    await vi.waitFor(
      () => expect(after.said.records.some(({ message }) => message.startsWith('page: '))).toBe(true),
      10_000,
    );
    await bench.close(after);
    expect(await before.send(batchOf([{ a: '3' }], { id: 'stream-third----' }))).toEqual(DONE);
    await bench.close(before);
    expect(await bench.rows('SELECT a FROM logs ORDER BY a')).toEqual([['1'], ['2'], ['3']]);
  });

  test('what both send at once is stored once', async () => {
    const before = await bench.create();
    const after = await bench.create();
    const batch = batchOf(Array.from({ length: 500 }, (_, i) => ({ i })));
    const verdicts = await Promise.all([before.send(batch), after.send(batch), before.send(batch)]);
    const duplicates = verdicts.map((verdict) => (verdict.kind === 'done' ? verdict.duplicates : -1));
    expect(duplicates.sort()).toEqual([0, 500, 500]);
    await bench.close(before);
    await bench.close(after);
    expect(await bench.rows('SELECT count(*) FROM logs')).toEqual([['500']]);
  });
});
