import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { numbered } from '../../test-pipeline.ts';
import { drained, openedQueue, padded, pauseMs, sourceBatches, stored, until } from './opened-queue.fixture.ts';
import { scanRecords } from './record.ts';
import { simulatedDisk } from './simulated-fs.fixture.ts';

const FOLDER = '/data/queues/out';
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

describe('a disk that fails', () => {
  it.each(['ENOSPC', 'EIO', 'EROFS'] as const)(
    'with %s holds up the sources, says so once, and goes on by itself',
    async (fault) => {
      const disk = simulatedDisk();
      const { queue, told } = await openedQueue(disk.mount(), FOLDER);
      const make = sourceBatches();
      const first = make(numbered(2));
      queue.put(first);
      await first.lineage.tickets[0]!.settled;
      await pauseMs(20);
      disk.fault = fault;
      const batch = make(numbered(2, 2));
      let isSettled = false;
      void batch.lineage.tickets[0]!.settled.then(() => {
        isSettled = true;
      });
      queue.put(batch);
      await until(() => told.failing.size > 0);
      await pauseMs(20);
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
    const batch = sourceBatches()(numbered(20));
    queue.put(batch);
    await batch.lineage.tickets[0]!.settled;
    disk.fault = 'ENOSPC';
    expect(await drained(queue)).toHaveLength(20);
    await until(() => told.failing.size > 0);
    expect(told.failing.get('queue positions')).toContain('a restart would send again');
    disk.fault = null;
    await until(() => told.failing.size === 0);
    await queue.close(false);
    expect((await openedQueue(disk.mount(), FOLDER)).told.recovered).toBe(0);
  });

  it('whose file somebody removed costs what was in it, counted', async () => {
    const disk = simulatedDisk();
    const fs = disk.mount();
    const first = await openedQueue(fs, FOLDER);
    const batch = sourceBatches()(numbered(20));
    first.queue.put(batch);
    await batch.lineage.tickets[0]!.settled;
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
    await until(() => queue.room() !== null);
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
    await until(() => queue.room() !== null);
    expect(await queue.close(false)).toEqual([]);
    expect(await batch.lineage.tickets[0]!.settled).toBe('errored');
    expect(told.returned).toBe(7);
  });

  it('leaves no timer and no work behind when nothing happens', async () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'Immediate').length;
    const before = timers();
    const { queue } = await openedQueue(simulatedDisk().mount(), FOLDER);
    queue.put(sourceBatches()(numbered(7)));
    await drained(queue);
    await until(() => timers() <= before);
    await queue.close(false);
  });
});
