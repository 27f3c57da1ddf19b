import { basename, dirname } from 'node:path';
import { type Found, filesIn } from './find.ts';
import { identityKey, identityOf } from './identity.ts';
import { type FileRecord, isCopyPlace, type Registry } from './registry.ts';
import { isLaterRotation, isRotatedName } from './rotated-name.ts';
import type { Tail } from './tail.ts';

/** Files beside the place of a record that may go on with it. */
export interface Whereabouts {
  /** The file itself, under another name. */
  readonly itself: Found | null;
  /** By their names, copies of it: made before it was truncated, or compressed. The likeliest first. */
  readonly copies: readonly Found[];
}

/** Finds files that log rotation renamed, copied or compressed. Folders are listed once. */
export interface Tracker {
  whereabouts(record: FileRecord): Promise<Whereabouts>;
  /** Files that were at the place of `next` after the one that the record tells of, and were rotated away unseen; the oldest first. */
  between(record: FileRecord, next: Found | null): Promise<readonly Found[]>;
}

/** Creates a tracker that finds files nobody reads. */
export function createTracker(births: boolean, registry: Registry, tails: ReadonlyMap<string, Tail>): Tracker {
  const listings = new Map<string, Promise<Found[]>>();
  const identify = ({ stats }: Found) => identityOf(stats, births);
  const isFree = (found: Found): boolean => !tails.has(identityKey(identify(found)));
  const isNew = (found: Found): boolean => isFree(found) && !registry.knows(identify(found));

  async function list(folder: string): Promise<Found[]> {
    const files = await filesIn(folder);
    const paths = new Set(files.map(({ path }) => path));
    // While both are there, the compressed one is not complete yet.
    return files.filter(({ path }) => !path.endsWith('.gz') || !paths.has(path.slice(0, -3)));
  }
  function listed(folder: string): Promise<Found[]> {
    const listing = listings.get(folder) ?? list(folder);
    listings.set(folder, listing);
    return listing;
  }
  function isSame(record: FileRecord, found: Found): boolean {
    const { inode, birth } = identify(found);
    if (record.inode !== String(inode)) return false;
    return record.birth === '0' || birth === 0n || record.birth === String(birth);
  }

  return {
    async whereabouts(record) {
      const folders = new Set([dirname(record.place), dirname(record.home)]);
      const files = (await Promise.all([...folders].map(listed))).flat();
      const itself = files.find((found) => isSame(record, found) && isLong(record, found) && isFree(found)) ?? null;
      // Without bytes to compare, any file could be a copy.
      if (record.print.bytes === 0) return { itself, copies: [] };
      const copies = files
        .filter((found) => isFree(found) && couldHold(record, found))
        .sort((a, b) => rank(record, b) - rank(record, a) || Number(b.stats.mtimeMs - a.stats.mtimeMs));
      return { itself, copies };
    },
    async between(record, next) {
      // A log that is truncated in its place leaves copies of what was read, which cannot be told from what was not.
      if (record.generation > 1) return [];
      const base = basename(record.home);
      const files = await listed(dirname(record.home));
      const place = files.find((found) => isSame(record, found))?.path ?? record.place;
      if (next === null && files.some((found) => isSame(record, found)) && place === record.home) return [];
      const than = isRotatedName(base, basename(place)) ? basename(place) : null;
      const isLater = (found: Found): boolean => {
        const name = basename(found.path);
        if (!isRotatedName(base, name) || !isNew(found)) return false;
        if (than !== null && !isLaterRotation(base, name, than)) return false;
        return name.endsWith('.gz') || !births ? than !== null : isBornBetween(record, found, next);
      };
      const order = (a: Found, b: Found): number =>
        isLaterRotation(base, basename(a.path), basename(b.path)) ? 1 : -1;
      return files.filter(isLater).sort(order);
    },
  };
}

/** Whether a file holds all that is settled; how much a compressed one holds, only reading it tells. */
function isLong({ doneTo }: FileRecord, { path, stats }: Found): boolean {
  return path.endsWith('.gz') || stats.size >= BigInt(doneTo);
}

/** A copy has the name of one, and was last written after the original began. */
function couldHold(record: FileRecord, found: Found): boolean {
  return isCopyPlace(record, found.path) && found.stats.mtimeNs >= BigInt(record.birth) && isLong(record, found);
}

function isBornBetween({ birth }: FileRecord, { stats }: Found, next: Found | null): boolean {
  return stats.birthtimeNs > BigInt(birth) && (next === null || stats.birthtimeNs <= next.stats.birthtimeNs);
}

const rank = ({ place }: FileRecord, { path }: Found): number => Number(path === place || path === `${place}.gz`);
