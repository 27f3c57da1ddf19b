import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { baseOf, type Found, isMissing, type Search } from './find.ts';
import type { Handles } from './handles.ts';
import { identityKey, identityOf } from './identity.ts';
import { couldBe, filesIn, takeUp } from './open.ts';
import type { Run } from './options.ts';
import type { Registry } from './registry.ts';
import type { Tail } from './tail.ts';

/** Keeps the set of tails in step with the files that are there. It emits nothing. */
export interface Discovery {
  /** Looks for files: new ones become tails, known ones with something new become dirty, missing ones gone. */
  scan(): Promise<void>;
  /** Folders whose changes tell that a scan, or a read, is due. */
  folders(): Set<string>;
  /** Paths of files without content yet: no tails. */
  readonly empty: ReadonlySet<string>;
}

/** How long the record of a file that is gone is kept, in seconds. */
const FORGET_AFTER = 3600;
/** The marker that this source ran before. */
const STARTED = 'started';

/** Creates the discovery over `tails`, which it fills; `failed` hears of what cannot be read. */
export function createDiscovery(
  run: Run,
  registry: Registry,
  handles: Handles,
  tails: Map<string, Tail>,
  search: () => Promise<Search>,
  failed: (failures: ReadonlyMap<string, Error>) => void,
): Discovery {
  const { options, io, births } = run;
  const empty = new Set<string>();
  const folders = new Set<string>();
  let first = true;
  const keyOf = (found: Found): string => identityKey(identityOf(found.stats, births));

  async function see(tail: Tail, { path, stats }: Found): Promise<void> {
    tail.goneSince = 0;
    if (Number(stats.size) !== tail.size || stats.mtimeNs !== tail.changed) tail.dirty = true;
    tail.size = Number(stats.size);
    tail.changed = stats.mtimeNs;
    if (path === tail.path) return;
    tail.path = path;
    tail.place = await realpath(path).catch(() => tail.place);
    registry.update(tail.instance, { path, place: tail.place });
  }

  /** Makes tails of new files; their instances are on the disk, with one flush for all, before any of them is read. */
  async function admit(newcomers: readonly Found[], failures: Map<string, Error>): Promise<void> {
    const atEnd = first && options.readFrom === 'end' && !io.checkpoints.resumed;
    const admitted: Tail[] = [];
    for (const found of newcomers) {
      try {
        const tail = await takeUp(run, registry, found, atEnd);
        if (!tail) continue;
        admitted.push(tail);
        await handles.keep(tail);
      } catch (error) {
        if (!isMissing(error)) failures.set(found.path, error as Error);
      }
    }
    if (admitted.some(({ instance }) => !instance.restored)) {
      try {
        await registry.flush();
      } catch {
        // The store says why. Nothing may be emitted under an id that could be forgotten: they are new again at the next scan.
        for (const tail of admitted) await giveBack(tail);
        return;
      }
    }
    for (const tail of admitted) tails.set(tail.key, tail);
  }
  async function giveBack(tail: Tail): Promise<void> {
    await handles.close(tail);
    if (tail.instance.restored) registry.release(tail.instance);
    else registry.remove(tail.instance);
  }

  /** Files that were rotated while nobody looked: they are read to their end under their new name, if it can be found. */
  async function findRotated(failures: Map<string, Error>): Promise<void> {
    const listings = new Map<string, Promise<Found[]>>();
    for (const { record } of registry.unclaimed()) {
      const folder = dirname(record.place);
      const listing = listings.get(folder) ?? filesIn(folder);
      listings.set(folder, listing);
      const found = (await listing).find(({ stats }) => couldBe(record, stats, births));
      if (!found || found.stats.size <= BigInt(record.readFrom) || tails.has(keyOf(found))) continue;
      await admit([{ ...found, knownAs: record.path }], failures);
      const tail = tails.get(keyOf(found));
      if (tail) tail.goneSince = Date.now();
    }
  }

  function forget(): void {
    const now = Math.floor(Date.now() / 1000);
    for (const instance of registry.unclaimed()) {
      const { goneSince } = instance.record;
      if (goneSince === 0) registry.update(instance, { goneSince: now });
      else if (now - goneSince > FORGET_AFTER) registry.remove(instance);
    }
  }

  return {
    async scan() {
      const { files, failures: unseen } = await search();
      const failures = new Map(unseen);
      const seen = new Set<string>();
      const newcomers = new Map<string, Found>();
      empty.clear();
      folders.clear();
      for (const pattern of options.include) folders.add(baseOf(pattern));
      for (const found of files) {
        const key = keyOf(found);
        const tail = tails.get(key);
        folders.add(dirname(found.path));
        if (tail && !seen.has(key)) await see(tail, found);
        else if (!tail && found.stats.size === 0n) empty.add(found.path);
        else if (!tail && !newcomers.has(key)) newcomers.set(key, found);
        seen.add(key);
      }
      for (const [key, tail] of tails) {
        if (seen.has(key) || isHidden(tail.path, unseen)) continue;
        tail.goneSince ||= Date.now();
        tail.dirty = true;
      }
      await admit([...newcomers.values()], failures);
      if (first) {
        await findRotated(failures);
        io.checkpoints.set(STARTED, true);
      }
      first = false;
      forget();
      for (const { place } of tails.values()) folders.add(dirname(place));
      failed(failures);
    },
    folders: () => new Set(folders),
    empty,
  };
}

/** A folder that cannot be read hides its files: they are not gone. */
function isHidden(path: string, unseen: ReadonlyMap<string, Error>): boolean {
  for (const hidden of unseen.keys()) if (path === hidden || path.startsWith(`${hidden}/`)) return true;
  return false;
}
