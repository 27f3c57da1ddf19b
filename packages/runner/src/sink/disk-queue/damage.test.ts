import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { StateError } from '../../state/checkpoints.ts';
import { numbered } from '../../test-pipeline.ts';
import { drained, openedQueue, sourceBatches } from './opened-queue.fixture.ts';
import { scanRecords } from './record.ts';
import { simulatedDisk } from './simulated-fs.fixture.ts';

const FOLDER = '/data/queues/out';
const FIRST = join(FOLDER, '0000000000000001.seg');
const SECOND = join(FOLDER, '0000000000000004.seg');
const POSITIONS = join(FOLDER, 'positions');

/** A segment of three records with the events 0–2, 3–5, 6–8, and where each record ends. */
let segment: Buffer;
let ends: number[];
/** Positions that know the first of them as delivered. */
let positions: Buffer;

beforeAll(async () => {
  const disk = simulatedDisk();
  const make = sourceBatches();
  const { queue } = await openedQueue(disk.mount(), FOLDER);
  for (let k = 0; k < 3; k++) {
    const batch = make(numbered(3, 3 * k));
    queue.put(batch);
    await batch.lineage.tickets[0]!.settled;
  }
  segment = disk.files().get(FIRST)!;
  let end = 0;
  ends = scanRecords(segment).records.map(({ bytes }) => {
    end += bytes.length;
    return end;
  });
  while (!queue.take()) await new Promise((resolve) => setImmediate(resolve));
  await queue.close(false);

  const again = await openedQueue(disk.mount(), FOLDER);
  await queue.close(false);
  let first = again.queue.take();
  for (; !first; first = again.queue.take()) await new Promise((resolve) => setImmediate(resolve));
  again.queue.ended(first, true);
  await again.queue.close(false);
  positions = disk.files().get(POSITIONS)!;
});

/** Opens a folder with these files, takes everything out, and looks at what is left. */
async function opened(files: Record<string, Uint8Array>) {
  const disk = simulatedDisk();
  for (const [path, bytes] of Object.entries(files)) disk.put(path, bytes);
  const { queue, told, opened: found } = await openedQueue(disk.mount(), FOLDER);
  const events = await drained(queue);
  await queue.close(false);
  const quarantined = [...disk.files().keys()].filter((path) => path.startsWith(join(FOLDER, 'quarantine')));
  return { disk, events, told, quarantined, repairs: found.repairs };
}
const event = (k: number) => [3 * k, 3 * k + 1, 3 * k + 2];
const flipped = (bytes: Buffer, at: number, mask: number) => {
  const changed = Buffer.from(bytes);
  changed[at]! ^= mask;
  return changed;
};

describe('a damaged segment', () => {
  it('with a byte flipped anywhere: the records around it are saved, the file is in the quarantine', async () => {
    const second = Buffer.from(segment);
    for (let at = 0; at < segment.length; at++) {
      for (const mask of [0x01, 0xff]) {
        const hit = ends.findIndex((end) => at < end);
        // The damage is in the first of two files, and in the last.
        const isLast = mask === 1;
        const files = isLast
          ? { [FIRST]: flipped(segment, at, mask) }
          : { [FIRST]: flipped(segment, at, mask), [SECOND]: second };
        const { events, told, quarantined } = await opened(files);
        // The length of the last record is known without it: where the file ends.
        const isMended = hit === 2 && at >= ends[1]! + 20 && at < ends[1]! + 24;
        const whole = [0, 1, 2].filter((k) => k !== hit || isMended).flatMap(event);
        expect(events, `byte ${at}`).toEqual(isLast ? whole : [...whole, ...numbered(9).map(({ n }) => n)]);
        expect(told.recovered).toBe(events.length);
        expect([told.damaged, quarantined.length], `byte ${at}`).toEqual([1, 1]);
      }
    }
  }, 60_000);

  it('cut at any length: what is whole is delivered', async () => {
    for (let length = 0; length <= segment.length; length++) {
      const { events, quarantined, told } = await opened({ [FIRST]: segment.subarray(0, length) });
      expect(events, `length ${length}`).toEqual([0, 1, 2].filter((k) => ends[k]! <= length).flatMap(event));
      expect([quarantined.length, told.damaged]).toEqual([0, 0]);
    }
  }, 60_000);

  it('is repaired once: the next start finds it in order', async () => {
    const disk = simulatedDisk();
    disk.put(FIRST, flipped(segment, ends[0]! + 40, 1));
    const first = await openedQueue(disk.mount(), FOLDER);
    await first.queue.close(false);
    const second = await openedQueue(disk.mount(), FOLDER);
    expect([first.told.damaged, second.told.damaged]).toEqual([1, 0]);
    expect(await drained(second.queue)).toEqual([...event(0), ...event(2)]);
    expect(first.opened.repairs).toMatchObject([{ file: '0000000000000001.seg', savedEvents: 6, problem: null }]);
  });

  it('is read around the damage where nothing can be written, and delivery goes on', async () => {
    const disk = simulatedDisk();
    disk.put(FIRST, flipped(segment, ends[0]! + 40, 1));
    disk.fault = 'EROFS';
    const { queue, told, opened: found } = await openedQueue(disk.mount(), FOLDER);
    expect(await drained(queue)).toEqual([...event(0), ...event(2)]);
    expect(found.repairs).toMatchObject([{ movedTo: null, problem: 'EROFS: simulated' }]);
    expect(told.recovered).toBe(6);
    await queue.close(false);
  });

  it('whose repair was interrupted is finished at the next start that can, and none is held up by it', async () => {
    const disk = simulatedDisk();
    disk.put(`${FIRST}.salvaged`, segment.subarray(0, ends[0]));
    disk.put(SECOND, segment);
    disk.put(`${SECOND}.salvaged`, segment.subarray(0, ends[0]));
    disk.fault = 'EROFS';
    const first = await openedQueue(disk.mount(), FOLDER);
    expect(first.told.recovered).toBe(9);
    await first.queue.close(false);
    disk.fault = null;
    const second = await openedQueue(disk.mount(), FOLDER);
    expect(second.told.recovered).toBe(12);
    expect(await drained(second.queue)).toEqual([...event(0), ...numbered(9).map(({ n }) => n)]);
    await second.queue.close(false);
  });

  it('may be anything at all', async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(5000),
      randomFillSync(Buffer.alloc(5000)),
      Buffer.from('TLRQ'.repeat(2000)),
    ]) {
      const { events } = await opened({ [FIRST]: bytes, [SECOND]: segment });
      expect(events).toEqual(numbered(9).map(({ n }) => n));
    }
  });

  it('that loses bytes while it is read costs what was in them, counted', async () => {
    const disk = simulatedDisk();
    disk.put(FIRST, segment);
    const { queue, told } = await openedQueue(disk.mount(), FOLDER);
    disk.files().get(FIRST)![ends[0]! + 50]! ^= 1;
    expect(await drained(queue)).toEqual([...event(0), ...event(2)]);
    expect(told.discarded).toEqual([{ events: 3, reason: 'queue_damaged' }]);
    await queue.close(false);
    expect(told.returned).toBe(0);
  });

  it.each([1, 2, 3])('is never lost when power fails in the middle of its repair (%i)', async (seed) => {
    for (let turns = 0; turns < 40; turns++) {
      const disk = simulatedDisk();
      disk.put(FIRST, flipped(segment, ends[0]! + 40, 1));
      const opening = openedQueue(disk.mount(), FOLDER);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      let state = seed * 7919 + turns;
      disk.crash(() => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return state / 2 ** 32;
      });
      void opening;
      const { queue } = await openedQueue(disk.mount(), FOLDER);
      expect(await drained(queue), `after ${turns} turns`).toEqual([...event(0), ...event(2)]);
      await queue.close(false);
    }
  });
});

describe('positions', () => {
  it('say which records are not sent again', async () => {
    expect((await opened({ [FIRST]: segment, [POSITIONS]: positions })).events).toEqual([...event(1), ...event(2)]);
  });

  it('with a byte flipped anywhere are put aside, and everything is sent', async () => {
    for (let at = 0; at < positions.length; at++) {
      for (const mask of [0x01, 0x08, 0xff]) {
        const files = { [FIRST]: segment, [POSITIONS]: flipped(positions, at, mask) };
        const { events, quarantined, told } = await opened(files);
        expect([events.length, quarantined.length, told.damaged], `byte ${at}`).toEqual([9, 1, 1]);
      }
    }
  });

  it('cut at any length are put aside', async () => {
    for (let length = 0; length < positions.length; length++) {
      const { events, quarantined } = await opened({ [FIRST]: segment, [POSITIONS]: positions.subarray(0, length) });
      expect([events.length, quarantined.length]).toEqual([9, 1]);
    }
  });

  it('keep a removed segment from being read when a crash brings it back', async () => {
    const disk = simulatedDisk();
    disk.put(FIRST, segment);
    const { queue } = await openedQueue(disk.mount(), FOLDER);
    expect(await drained(queue)).toHaveLength(9);
    while (!disk.files().get(POSITIONS)?.includes('"removed":["0000000000000001.seg"]'))
      await new Promise((resolve) => setTimeout(resolve, 1));
    disk.put(FIRST, segment);
    disk.crash(() => 0.9);
    const again = await openedQueue(disk.mount(), FOLDER);
    expect(again.told.recovered).toBe(0);
    await again.queue.close(false);
    expect(disk.files().has(FIRST)).toBe(false);
  });
});

describe('what a later version wrote', () => {
  const crc = (bytes: Buffer) => {
    const { crc32 } = process.getBuiltinModule('node:zlib');
    return crc32(bytes.subarray(28), crc32(bytes.subarray(0, 24)));
  };

  it('is refused, and left as it is', async () => {
    const later = Buffer.from(segment.subarray(0, ends[0]));
    later.writeUInt16LE(2, 4);
    later.writeUInt32LE(crc(later), 24);
    const disk = simulatedDisk();
    disk.put(FIRST, later);
    await expect(openedQueue(disk.mount(), FOLDER)).rejects.toThrow(
      new StateError(`${FIRST}: record version 2 is newer than 1. Use the newer tailrace.`),
    );
    expect([...disk.files().keys()]).toEqual([FIRST]);
  });

  it('is refused in the frames inside, too', async () => {
    const later = Buffer.from(segment.subarray(0, ends[0]));
    later.writeUInt16LE(7, 28 + 4);
    later.writeUInt32LE(crc(later), 24);
    await expect(opened({ [FIRST]: later })).rejects.toThrow(`${FIRST}: frame version 7 is newer than 1.`);
  });

  it('is refused in the positions', async () => {
    const { crc32 } = process.getBuiltinModule('node:zlib');
    const text = '{"format":2}';
    const bytes = Buffer.from(`${crc32(text).toString(16).padStart(8, '0')} ${text}\n`);
    await expect(opened({ [FIRST]: segment, [POSITIONS]: bytes })).rejects.toThrow(
      `${POSITIONS}: format 2 was written by a newer tailrace; this one reads up to 1. Use the newer one.`,
    );
  });
});
