import { describe, expect, it } from 'vitest';
import { numbered } from '../../test-pipeline.ts';
import { drained, openedQueue, padded, pauseMs, sourceBatches, stored, taken, until } from './opened-queue.fixture.ts';
import { simulatedDisk } from './simulated-fs.fixture.ts';

const FOLDER = '/data/queues/out';

describe('a full queue', () => {
  const limits = (whenFull: 'block' | 'drop_newest' | 'drop_oldest') => ({ maxBytes: 300_000, whenFull });

  it('with block never holds more on the disk than it may, and takes the rest when there is room', async () => {
    const disk = simulatedDisk();
    const { queue, told } = await openedQueue(disk.mount(), FOLDER, limits('block'));
    const make = sourceBatches();
    const outcomes: string[] = [];
    for (let k = 0; k < 40; k++) {
      const batch = make(padded(10, 10 * k, 1000));
      void batch.lineage.tickets[0]!.settled.then((outcome) => outcomes.push(outcome));
      queue.put(batch);
    }
    await until(() => outcomes.length > 20 && queue.room() !== null);
    await pauseMs(5);
    expect(stored(disk).reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThanOrEqual(300_000);
    expect(outcomes.length).toBeLessThan(30);
    expect(queue.room()).not.toBeNull();
    const room = queue.room();
    expect(await drained(queue)).toEqual(numbered(400).map(({ n }) => n));
    await room;
    expect(queue.room()).toBeNull();
    expect(outcomes).toEqual(Array.from({ length: 40 }, () => 'delivered'));
    expect(told.discarded).toEqual([]);
    await queue.close(false);
    expect(told.bytes).toBe(0);
  });

  it('takes an event that is larger than itself when nothing else is there', async () => {
    const { queue } = await openedQueue(simulatedDisk().mount(), FOLDER, limits('block'));
    const make = sourceBatches();
    queue.put(make(padded(2, 0, 400_000)));
    queue.put(make(numbered(1, 2)));
    expect(await drained(queue)).toEqual([0, 1, 2]);
    await queue.close(false);
  });

  it('with drop_newest keeps what came first, and counts the rest', async () => {
    const { queue, told } = await openedQueue(simulatedDisk().mount(), FOLDER, limits('drop_newest'));
    const make = sourceBatches();
    const batches = Array.from({ length: 40 }, (_, k) => make(padded(10, 10 * k, 1000)));
    for (const batch of batches) queue.put(batch);
    const outcomes = await Promise.all(batches.map((batch) => batch.lineage.tickets[0]!.settled));
    expect(queue.room()).toBeNull();
    const got = await drained(queue);
    expect(got).toEqual(numbered(got.length).map(({ n }) => n));
    expect(told.discarded.every(({ reason }) => reason === 'queue_full_drop_newest')).toBe(true);
    expect(told.discarded.reduce((sum, { events }) => sum + events, 0)).toBe(400 - got.length);
    expect(outcomes.filter((outcome) => outcome === 'discarded')).toHaveLength(40 - got.length / 10);
    await queue.close(false);
  });

  it('with drop_newest takes what comes at the moment when the last one is dropped', async () => {
    const { queue } = await openedQueue(simulatedDisk().mount(), FOLDER, limits('drop_newest'));
    const make = sourceBatches();
    const outcomes: string[] = [];
    const put = (k: number): void => {
      const batch = make(padded(10, 10 * k, 1000));
      void batch.lineage.tickets[0]!.settled.then((outcome) => {
        outcomes.push(outcome);
        if (k < 59) put(k + 1);
      });
      queue.put(batch);
    };
    put(0);
    await until(() => outcomes.length === 60);
    expect(outcomes.slice(40)).toEqual(Array.from({ length: 20 }, () => 'discarded'));
    expect(queue.room()).toBeNull();
    await queue.close(false);
  });

  it('with drop_oldest keeps what came last, and counts the rest', async () => {
    const { queue, told } = await openedQueue(simulatedDisk().mount(), FOLDER, limits('drop_oldest'));
    const make = sourceBatches();
    for (let k = 0; k < 100; k++) {
      const batch = make(padded(10, 10 * k, 1000));
      queue.put(batch);
      expect(await batch.lineage.tickets[0]!.settled).toBe('delivered');
    }
    const got = await drained(queue);
    expect(got.at(-1)).toBe(999);
    expect(told.discarded.every(({ reason }) => reason === 'queue_full_drop_oldest')).toBe(true);
    expect(told.discarded.reduce((sum, { events }) => sum + events, 0)).toBe(1000 - got.length);
    expect(got.length).toBeGreaterThan(150);
    await queue.close(false);
    expect(told.returned).toBe(0);
  });

  it('with drop_oldest lets go on what is under way, and knows that it will not come again', async () => {
    const { queue, told } = await openedQueue(simulatedDisk().mount(), FOLDER, limits('drop_oldest'));
    const make = sourceBatches();
    queue.put(make(numbered(3)));
    const batch = await taken(queue);
    expect(queue.comesAgain(batch)).toBe(true);
    for (let k = 0; k < 40; k++) {
      queue.put(make(padded(10, 100 + 10 * k, 1000)));
      await pauseMs(0);
    }
    await until(() => !queue.comesAgain(batch));
    queue.ended(batch, true);
    const got = await drained(queue);
    expect(got.length + told.discarded.reduce((sum, { events }) => sum + events, 0)).toBe(400);
    await queue.close(false);
  });
});
