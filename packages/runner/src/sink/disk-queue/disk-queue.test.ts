import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { numbered } from '../../test-pipeline.ts';
import type { DiskQueue } from './disk-queue.ts';
import { drained, openedQueue, sourceBatches } from './opened-queue.fixture.ts';
import { scanRecords } from './record.ts';
import { simulatedDisk } from './simulated-fs.fixture.ts';

const FOLDER = '/data/queues/out';
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const padded = (count: number, from: number, size: number) =>
  numbered(count, from).map(({ n }) => ({ n, pad: 'x'.repeat(size) }));

async function taken(queue: DiskQueue) {
  for (;;) {
    const batch = queue.take();
    if (batch) return batch;
    await queue.arrival();
  }
}
function stored(disk: ReturnType<typeof simulatedDisk>) {
  return [...disk.files()].filter(([path]) => path.endsWith('.seg')).map(([, bytes]) => bytes);
}

describe('records', () => {
  it('hold at most 64 KB, but for an event that alone needs more', async () => {
    const disk = simulatedDisk();
    const { queue } = await openedQueue(disk.mount(), FOLDER);
    const batch = sourceBatches()([...padded(500, 0, 400), ...padded(1, 500, 100_000), ...padded(3, 501, 10)]);
    queue.put(batch);
    expect(await batch.lineage.tickets[0]!.settled).toBe('delivered');
    const records = stored(disk).flatMap((bytes) => scanRecords(bytes).records);
    const large = records.filter(({ bytes }) => bytes.length > 64 * 1024);
    expect(large.map(({ events }) => events)).toEqual([1]);
    expect(records.length).toBeGreaterThan(4);
    expect(records.reduce((sum, { events }) => sum + events, 0)).toBe(504);
    expect(await drained(queue)).toEqual(numbered(504).map(({ n }) => n));
    await queue.close(false);
  });

  it('that come together are synced together', async () => {
    const disk = simulatedDisk();
    const fs = disk.mount();
    let syncs = 0;
    const counting = {
      ...fs,
      async open(...how: Parameters<typeof fs.open>) {
        const file = await fs.open(...how);
        return {
          ...file,
          sync() {
            syncs++;
            return file.sync();
          },
        };
      },
    };
    const { queue } = await openedQueue(counting, FOLDER);
    const make = sourceBatches();
    const batches = Array.from({ length: 100 }, (_, k) => make(numbered(5, 5 * k)));
    for (const batch of batches) queue.put(batch);
    await Promise.all(batches.map((batch) => batch.lineage.tickets[0]!.settled));
    expect(syncs).toBeLessThanOrEqual(2);
    await queue.close(false);
  });
});

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
    await pauseMs(20);
    expect(stored(disk).reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThanOrEqual(300_000);
    expect(outcomes.length).toBeGreaterThan(20);
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
    await pauseMs(20);
    expect(queue.comesAgain(batch)).toBe(false);
    queue.ended(batch, true);
    const got = await drained(queue);
    expect(got.length + told.discarded.reduce((sum, { events }) => sum + events, 0)).toBe(400);
    await queue.close(false);
  });
});

describe('a disk that fails', () => {
  it.each(['ENOSPC', 'EIO', 'EROFS'] as const)(
    'with %s holds up the sources, says so once, and goes on by itself',
    async (fault) => {
      const disk = simulatedDisk();
      const { queue, told } = await openedQueue(disk.mount(), FOLDER);
      const make = sourceBatches();
      queue.put(make(numbered(2)));
      await pauseMs(10);
      disk.fault = fault;
      const batch = make(numbered(2, 2));
      let isSettled = false;
      void batch.lineage.tickets[0]!.settled.then(() => {
        isSettled = true;
      });
      queue.put(batch);
      await pauseMs(30);
      expect(isSettled).toBe(false);
      expect(queue.room()).not.toBeNull();
      expect(told.failing.get('queue writes')).toBe(`queue_failed: ${fault}: simulated; sources wait`);
      expect(told.failures).toBe(1);
      disk.fault = null;
      await queue.room();
      expect(await batch.lineage.tickets[0]!.settled).toBe('delivered');
      expect([...told.failing]).toEqual([]);
      expect(await drained(queue)).toEqual([0, 1, 2, 3]);
      await queue.close(false);
    },
  );

  it('without room goes on delivering what it has', async () => {
    const disk = simulatedDisk();
    const { queue, told } = await openedQueue(disk.mount(), FOLDER);
    queue.put(sourceBatches()(numbered(20)));
    await pauseMs(10);
    disk.fault = 'ENOSPC';
    expect(await drained(queue)).toHaveLength(20);
    await pauseMs(20);
    expect(told.failing.get('queue positions')).toContain('a restart would send again');
    disk.fault = null;
    await pauseMs(20);
    expect([...told.failing]).toEqual([]);
    await queue.close(false);
    expect((await openedQueue(disk.mount(), FOLDER)).told.recovered).toBe(0);
  });

  it('whose file somebody removed costs what was in it, counted', async () => {
    const disk = simulatedDisk();
    const fs = disk.mount();
    const first = await openedQueue(fs, FOLDER);
    first.queue.put(sourceBatches()(numbered(20)));
    await pauseMs(10);
    await first.queue.close(false);
    const { queue, told } = await openedQueue(gone(fs), FOLDER);
    expect(await drained(queue)).toEqual([]);
    expect(told.discarded).toEqual([{ events: 20, reason: 'queue_damaged' }]);
    await queue.close(false);
  });
});

/** A filesystem whose first file is gone after it was read once. */
function gone(fs: ReturnType<ReturnType<typeof simulatedDisk>['mount']>): typeof fs {
  let reads = 0;
  return {
    ...fs,
    open(path, how) {
      if (path.endsWith('.seg') && how === 'read' && reads++ > 0) return fs.open(join(FOLDER, 'gone'), 'read');
      return fs.open(path, how);
    },
  };
}

describe('closing', () => {
  it('gives what was not stored to the successor, which stores it', async () => {
    const disk = simulatedDisk();
    const { queue } = await openedQueue(disk.mount(), FOLDER);
    disk.fault = 'ENOSPC';
    const batch = sourceBatches()(numbered(7));
    queue.put(batch);
    await pauseMs(10);
    const rest = await queue.close(true);
    expect(rest.map(({ events }) => events)).toEqual([7]);
    expect(batch.lineage.tickets[0]!.pending).toBe(7);
  });

  it('gives back what was not stored when nobody comes after it', async () => {
    const disk = simulatedDisk();
    const { queue, told } = await openedQueue(disk.mount(), FOLDER);
    disk.fault = 'ENOSPC';
    const batch = sourceBatches()(numbered(7));
    queue.put(batch);
    await pauseMs(10);
    expect(await queue.close(false)).toEqual([]);
    expect(await batch.lineage.tickets[0]!.settled).toBe('errored');
    expect(told.returned).toBe(7);
  });

  it('leaves no timer and no work behind when nothing happens', async () => {
    const { queue } = await openedQueue(simulatedDisk().mount(), FOLDER);
    queue.put(sourceBatches()(numbered(7)));
    await drained(queue);
    await pauseMs(30);
    const loop = performance.eventLoopUtilization();
    await pauseMs(100);
    expect(performance.eventLoopUtilization(loop).active).toBeLessThan(20);
    await queue.close(false);
  });
});
