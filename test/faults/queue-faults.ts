import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MatrixCase } from './axes.ts';
import type { Stage } from './stage.ts';

/** What is wrong with where events wait. */
export interface QueueFault {
  /** Members of the sink's `queue` in YAML. */
  config: string;
  /** Bytes of the disk that `data_dir` is on, where it is one of its own. */
  diskBytes?: number;
  /** A fault that lasts, until `off`. */
  on?(stage: Stage): Promise<void>;
  off?(stage: Stage): Promise<void>;
  /** Damage to what is on the disk now; `false` when there is nothing to damage yet. What it destroys is in the ledger afterwards. */
  damage?(stage: Stage): Promise<boolean>;
}

const DISK = 'type: disk, max_bytes: 16MiB';
const DISK_BYTES = 32 << 20;

/** What each value of the axis does. */
export const QUEUE_FAULTS: Readonly<Record<MatrixCase['queue'], QueueFault>> = {
  memory: { config: '' },
  disk: { config: DISK },
  disk_full: {
    config: DISK,
    diskBytes: DISK_BYTES,
    on: async ({ disk }) => disk!.fill(),
    off: async ({ disk }) => disk!.release(),
  },
  read_only: {
    config: DISK,
    diskBytes: DISK_BYTES,
    on: async ({ disk }) => disk!.readOnly(true),
    off: async ({ disk }) => disk!.readOnly(false),
  },
  torn_tail: { config: DISK, damage: tearTail },
  flipped_byte: { config: DISK, damage: flipByte },
  missing_file: { config: DISK, damage: removeMiddle },
};

/** Begins every record of a segment: where one begins, the one before has ended. */
const RECORD = Buffer.from('TLRQ');

interface Segment {
  path: string;
  bytes: Buffer;
}

/** Whether what was written last waits on the disk. */
export async function hasRecords(stage: Stage): Promise<boolean> {
  const last = [...stage.ledger.issued.keys()].at(-1) ?? '';
  return (await segmentsOf(stage)).some(({ bytes }) => bytes.includes(last));
}

async function segmentsOf(stage: Stage): Promise<Segment[]> {
  const folder = join(stage.dataDir, 'queues', 'search');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.seg')).toSorted();
  const segments = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), bytes: await readFile(join(folder, name)) })),
  );
  return segments.filter(({ bytes }) => bytes.includes(RECORD));
}

/** Ids in the records that hold any of the bytes `[from, to)`. */
function idsIn(bytes: Buffer, from: number, to: number): string[] {
  const start = Math.max(0, bytes.lastIndexOf(RECORD, from));
  const next = bytes.indexOf(RECORD, to);
  const text = bytes.toString('latin1', start, next === -1 ? bytes.length : next);
  return [...text.matchAll(/"id":"([^"]+)"/g)].map((match) => match[1]!);
}

async function tearTail(stage: Stage): Promise<boolean> {
  const last = (await segmentsOf(stage)).at(-1);
  if (last === undefined) return false;
  const recordAt = last.bytes.lastIndexOf(RECORD);
  const at = recordAt + Math.floor(stage.random() * (last.bytes.length - recordAt));
  stage.ledger.destroy(idsIn(last.bytes, at, last.bytes.length));
  await truncate(last.path, at);
  return true;
}

async function flipByte(stage: Stage): Promise<boolean> {
  const segments = await segmentsOf(stage);
  const segment = segments[Math.floor(stage.random() * segments.length)];
  if (segment === undefined) return false;
  const { path, bytes } = segment;
  const at = Math.floor(stage.random() * bytes.length);
  stage.ledger.destroy(idsIn(bytes, at, at + 1));
  bytes[at]! ^= 1 << Math.floor(stage.random() * 8);
  await writeFile(path, bytes);
  return true;
}

async function removeMiddle(stage: Stage): Promise<boolean> {
  const segments = await segmentsOf(stage);
  const middle = segments[segments.length >> 1];
  if (middle === undefined) return false;
  stage.ledger.destroy(idsIn(middle.bytes, 0, middle.bytes.length));
  await rm(middle.path);
  return true;
}
