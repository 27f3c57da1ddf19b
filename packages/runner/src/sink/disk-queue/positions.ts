import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { StateError } from '../../state/checkpoints.ts';
import { type QueueFs, readWhole, writeWhole } from './queue-fs.ts';
import type { Ranges } from './ranges.ts';

const FORMAT = 1;

/** Where in a queue's folder the positions stand. */
export const POSITIONS_FILE = 'positions';

/** What of a queue has been delivered. */
export interface Positions {
  /** No record has this sequence number or a higher one. */
  readonly next: number;
  /** Per segment the sequence numbers of records whose events have all ended. */
  readonly ended: Readonly<Record<string, Ranges>>;
  /** Segments that were removed; one that is still there came back with a crash. */
  readonly removed: readonly string[];
}

/** Replaces the positions, durably; removed segments are durably removed with them. */
export async function writePositions(fs: QueueFs, folder: string, positions: Positions): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...positions });
  const file = join(folder, POSITIONS_FILE);
  await writeWhole(fs, `${file}.part`, [Buffer.from(`${checksum(text)} ${text}\n`)]);
  await fs.rename(`${file}.part`, file);
  await fs.syncFolder(folder);
}

/** Reads the positions; `null` when the file is damaged. Throws a {@link StateError} for those of a later version. */
export async function readPositions(fs: QueueFs, folder: string): Promise<Positions | null> {
  const file = join(folder, POSITIONS_FILE);
  let line: string;
  try {
    line = (await readWhole(fs, file)).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { next: 1, ended: {}, removed: [] };
  }
  const text = line.slice(9, -1);
  if (!line.endsWith('\n') || line.slice(0, 9) !== `${checksum(text)} `) return null;
  const { format, ...positions } = JSON.parse(text) as Positions & { format: number };
  if (format > FORMAT)
    throw new StateError(
      `${file}: format ${format} was written by a newer tailrace; this one reads up to ${FORMAT}. Use the newer one.`,
    );
  return positions;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
