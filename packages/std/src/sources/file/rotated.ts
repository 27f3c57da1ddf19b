import { dirname } from 'node:path';
import type { Found } from './find.ts';
import { identityKey, identityOf } from './identity.ts';
import { filesIn } from './open.ts';
import { type FileRecord, isCopyPlace, type Registry } from './registry.ts';
import type { Tail } from './tail.ts';

/** Files beside the place of a record that may go on with it, the likeliest first. */
export interface Whereabouts {
  /** The file itself, under another name. */
  readonly itself: Found | null;
  /** By their names, copies of it: made before it was truncated, or compressed. */
  readonly copies: readonly Found[];
}

/** Prepares looking for files that log rotation renamed, copied or compressed; folders are listed once. */
export function createTracker(births: boolean, registry: Registry, tails: ReadonlyMap<string, Tail>) {
  const listings = new Map<string, Promise<Found[]>>();

  function listed(folder: string): Promise<Found[]> {
    const listing = listings.get(folder) ?? filesIn(folder);
    listings.set(folder, listing);
    return listing;
  }

  return async (record: FileRecord): Promise<Whereabouts> => {
    const folders = new Set([dirname(record.place), dirname(record.home)]);
    const files = (await Promise.all([...folders].map(listed))).flat();
    const isFree = ({ stats }: Found): boolean => !tails.has(identityKey(identityOf(stats, births)));
    const isUnknown = ({ stats }: Found): boolean => !registry.knows(identityOf(stats, births));
    const itself = files.find((found) => isSame(record, found, births) && isFree(found)) ?? null;
    const copies = files
      .filter((found) => isFree(found) && isUnknown(found) && couldHold(record, found))
      .sort((a, b) => rank(record, b) - rank(record, a) || Number(b.stats.mtimeMs - a.stats.mtimeMs));
    // Without bytes to compare, any file could be a copy.
    return { itself, copies: record.print.bytes === 0 ? [] : copies };
  };
}

function isSame(record: FileRecord, { stats }: Found, births: boolean): boolean {
  const { inode, birth } = identityOf(stats, births);
  if (record.inode !== String(inode) || stats.size < BigInt(record.doneTo)) return false;
  return record.birth === '0' || birth === 0n || record.birth === String(birth);
}

/** A copy has the name of one, and was last written after the original began. */
function couldHold(record: FileRecord, { path, stats }: Found): boolean {
  if (!isCopyPlace(record, path) || stats.mtimeNs < BigInt(record.birth)) return false;
  return path.endsWith('.gz') || stats.size > BigInt(record.readFrom);
}

const rank = ({ place }: FileRecord, { path }: Found): number => Number(path === place || path === `${place}.gz`);
