import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { baseOf, type Found, isMissing, type Search } from './find.ts';
import type { Handles } from './handles.ts';
import { identityKey, identityOf } from './identity.ts';
import type { Incidents } from './incidents.ts';
import { resume, takeUp } from './open.ts';
import type { Run } from './options.ts';
import type { FileRecord, Instance, Registry } from './registry.ts';
import { createTracker } from './rotated.ts';
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
/** Longer than the tick of the clock that stamps files. */
const CLOCK_TICK_MS = 25;
/** The marker that this source ran before. */
const STARTED = 'started';

/** Creates the discovery over `tails`, which it fills; `failed` hears of what cannot be read. */
export function createDiscovery(
  run: Run,
  registry: Registry,
  handles: Handles,
  tails: Map<string, Tail>,
  search: () => Promise<Search>,
  incidents: Incidents,
  failed: (failures: ReadonlyMap<string, Error>) => void,
): Discovery {
  const { options, io, births } = run;
  const empty = new Set<string>();
  const folders = new Set<string>();
  let first = true;
  /** Stored instances whose files are not where they were. */
  let astray = new Set<Instance>();
  const keyOf = (found: Found): string => identityKey(identityOf(found.stats, births));

  async function see(tail: Tail, { path, stats }: Found): Promise<void> {
    tail.goneSince = 0;
    if (Number(stats.size) !== tail.size || stats.mtimeNs !== tail.changed) tail.dirty = true;
    tail.size = Number(stats.size);
    tail.most = Math.max(tail.most, tail.size);
    // A time that may still tick for a change after this look does not tell of it.
    const settled = Date.now() - Number(stats.mtimeMs) > CLOCK_TICK_MS;
    tail.changed = settled ? stats.mtimeNs : -1n;
    if (path === tail.path) return;
    tail.path = path;
    tail.place = await realpath(path).catch(() => tail.place);
    registry.update(tail.instance, { path, place: tail.place });
  }

  /** Makes tails of new files; their instances are on the disk, with one flush for all, before any of them is read. */
  async function admit(newcomers: readonly Newcomer[], failures: Map<string, Error>): Promise<void> {
    const admitted: Tail[] = [];
    for (const { path, open } of newcomers) {
      try {
        const tail = await open();
        if (!tail) continue;
        admitted.push(tail);
        await handles.keep(tail);
      } catch (error) {
        if (!isMissing(error)) failures.set(path, error as Error);
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
  /** Files with a known identity come first: they show which of the known files were truncated, so that copies are known as such. */
  function newTails(found: Iterable<Found>): Newcomer[] {
    const atEnd = first && options.readFrom === 'end' && !io.checkpoints.resumed;
    const isKnown = ({ stats }: Found): boolean => registry.knows(identityOf(stats, births));
    return [...found]
      .sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)))
      .map((file) => ({ path: file.path, open: () => takeUp(run, registry, file, atEnd) }));
  }

  /** What was rotated while nobody looked is read to its end where it is now, if that can be found. */
  async function follow(failures: Map<string, Error>): Promise<void> {
    const whereabouts = createTracker(births, registry, tails);
    for (const instance of astray) {
      const { record } = instance;
      if (isHidden(record.path, failures)) continue;
      const { itself, copies } = await whereabouts(record);
      if (itself && itself.stats.size <= BigInt(record.readFrom)) {
        astray.delete(instance);
        continue;
      }
      const before = failures.size;
      let tail: Tail | null = null;
      const open = async (file: Found): Promise<Tail | null> => {
        tail = await resume(run, registry, instance, file);
        return tail;
      };
      for (const file of itself ? [itself] : copies) {
        if (!tail) await admit([{ path: file.path, open: () => open(file) }], failures);
      }
      if (tail) (tail as Tail).goneSince = Date.now();
      // One that could not be opened is tried again at the next scan.
      if (failures.size > before) continue;
      astray.delete(instance);
      if (!tail) lose(instance);
    }
  }
  function lose(instance: Instance): void {
    const { path, size, doneTo, goneSince } = instance.record;
    if (instance.truncated) {
      incidents.tell(instance.truncated, path, size - doneTo);
      registry.remove(instance);
    } else if (goneSince === 0 && size > doneTo) incidents.tell('file_lost', path, size - doneTo);
  }

  function forget(): void {
    const now = Math.floor(Date.now() / 1000);
    for (const instance of registry.unclaimed()) {
      const { goneSince } = instance.record;
      if (goneSince === 0) registry.update(instance, { goneSince: now });
      else if (now - goneSince > FORGET_AFTER) registry.remove(instance);
    }
  }

  /** A listing that lacked descriptors can be short of files that are there. */
  async function isThere(tail: Tail): Promise<boolean> {
    if (tail.goneSince !== 0) return false;
    const stats = await stat(tail.path, { bigint: true }).catch(() => null);
    return stats !== null && identityKey(identityOf(stats, births)) === tail.key;
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
        if (seen.has(key) || isHidden(tail.path, unseen) || (await isThere(tail))) continue;
        tail.goneSince ||= Date.now();
        tail.dirty = true;
      }
      await admit(newTails(newcomers.values()), failures);
      if (first) {
        astray = new Set(registry.unclaimed().filter(({ record }) => !isRead(record)));
        io.checkpoints.set(STARTED, true);
      }
      first = false;
      if (astray.size > 0) await follow(failures);
      forget();
      for (const { place } of tails.values()) folders.add(dirname(place));
      failed(failures);
    },
    folders: () => new Set(folders),
    empty,
  };
}

interface Newcomer {
  readonly path: string;
  open(): Promise<Tail | null>;
}

/** Whether nothing is left to read of a file that was gone. */
function isRead({ ended, readFrom, size }: FileRecord): boolean {
  return ended && readFrom >= size;
}

/** A folder that cannot be read hides its files: they are not gone. */
function isHidden(path: string, unseen: ReadonlyMap<string, Error>): boolean {
  for (const hidden of unseen.keys()) if (path === hidden || path.startsWith(`${hidden}/`)) return true;
  return false;
}
