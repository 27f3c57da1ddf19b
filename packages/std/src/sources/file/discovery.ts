import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createAdmission, type Newcomer } from './admission.ts';
import { createArchives, isArchive } from './archives.ts';
import { createCopyHold } from './copy-hold.ts';
import { baseOf, type Found, isMissing, isSystemError, keyOfFound, type Search } from './find.ts';
import type { Handles } from './handles.ts';
import { identityKey, identityOf } from './identity.ts';
import type { Incidents } from './incidents.ts';
import { findMissed } from './missed.ts';
import { takeUp } from './open.ts';
import type { Run } from './options.ts';
import type { Registry } from './registry.ts';
import { createTracker } from './rotated.ts';
import { createStrays, type Strays } from './stray.ts';
import type { Tail } from './tail.ts';

/** Keeps the set of tails in step with the files that are there. It emits nothing. */
export interface Discovery {
  /** Looks for files: new ones become tails, known ones with something new become dirty, missing ones gone. */
  scan(): Promise<void>;
  /** Folders whose changes tell that a scan, or a read, is due. */
  folders(): Set<string>;
  /** Paths of files that are there but are no tails yet: without content, or they could not be opened or got no place in the checkpoints. */
  readonly untaken: ReadonlySet<string>;
}

/** How long the record of a file that is gone and settled is kept, in seconds. */
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
  const untaken = new Set<string>();
  const folders = new Set<string>();
  let first = true;
  let strays: Strays | null = null;
  const admit = createAdmission(registry, handles, tails);
  const judge = createCopyHold(run, tails);
  const archives = createArchives(run, registry, tails);
  /** All known logs are to be looked at for what was rotated away unseen. */
  let everywhere = true;
  const keyOf = (found: Found): string => keyOfFound(found, births);

  async function see(tail: Tail, { path, stats }: Found): Promise<void> {
    tail.goneSince = 0;
    if (Number(stats.size) !== tail.size || stats.mtimeNs !== tail.changed || tail.growing) tail.dirty = true;
    tail.size = Number(stats.size);
    if (!tail.compressed) tail.most = Math.max(tail.most, tail.size);
    // A time that may still tick for a change after this look does not tell of it.
    const settled = Date.now() - Number(stats.mtimeMs) > CLOCK_TICK_MS;
    tail.changed = settled ? stats.mtimeNs : -1n;
    if (path === tail.path) return;
    tail.path = path;
    tail.place = await realpath(path).catch(() => tail.place);
    registry.update(tail.instance, { path, place: tail.place });
  }

  /**
   * Files whose identity is known come first: they show what was truncated. Then what the strays were copied to is known, and the rest is
   * new, after what came and went unseen in the same places.
   */
  async function admitAll(newcomers: readonly Found[], failures: Map<string, Error>): Promise<void> {
    const startsAtEnd = first && options.readFrom === 'end' && !io.checkpoints.resumed;
    const returned = newcomers.filter(({ stats }) => registry.knows(identityOf(stats, births)));
    await admit(
      returned.map((found) => newcomer(found, startsAtEnd)),
      failures,
    );
    const tracker = createTracker(births, registry, tails);
    strays ??= createStrays(run, registry, admit, incidents, isHidden);
    await strays.follow(tracker, failures);
    const unknown: Found[] = [];
    const copies = new Set<Found>();
    for (const found of newcomers) {
      if (registry.knows(identityOf(found.stats, births)) || tails.has(keyOf(found))) continue;
      if (isArchive(found.path)) {
        if (await isUnknown(found, failures)) unknown.push(found);
        continue;
      }
      const judgement = await judge(found);
      if (judgement === 'read') copies.add(found);
      if (judgement !== 'wait') unknown.push(found);
    }
    const missed =
      everywhere || unknown.length > 0
        ? await findMissed({ births, registry, tails }, tracker, unknown, everywhere, failures)
        : [];
    const opened = [...missed, ...unknown.filter((found) => !missed.some(isSameAs(found)))];
    await admit(
      opened.map((found) => newcomer(found, copies.has(found) || (startsAtEnd && !found.knownAs))),
      failures,
    );
    // What could not be opened now may be then.
    everywhere = failures.size > 0;
    for (const found of missed) {
      const tail = tails.get(keyOf(found));
      if (tail) tail.goneSince = Date.now();
    }
  }
  /** Whether a gzip file is one of its own; what goes on in it is taken up. */
  async function isUnknown(found: Found, failures: Map<string, Error>): Promise<boolean> {
    try {
      const archived = await archives.judge(found);
      if (typeof archived === 'string') return archived === 'new';
      await admit([{ path: found.path, open: () => archives.adopt(archived, found) }], failures);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (!isMissing(error)) failures.set(found.path, error);
    }
    return false;
  }
  const isSameAs = (found: Found) => (other: Found) => keyOf(found) === keyOf(other);
  const newcomer = (found: Found, atEnd: boolean): Newcomer => ({
    path: found.path,
    open: () => takeUp(run, registry, found, atEnd),
  });

  function forget(): void {
    const now = Math.floor(Date.now() / 1000);
    for (const instance of registry.unclaimed()) {
      const { goneSince } = instance.record;
      if (goneSince === 0) registry.update(instance, { goneSince: now });
      else if (now - goneSince > FORGET_AFTER && !registry.isWaitedFor(instance)) registry.remove(instance);
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
      untaken.clear();
      folders.clear();
      for (const { include } of options.patterns) for (const pattern of include) folders.add(baseOf(pattern));
      for (const found of files) {
        const key = keyOf(found);
        const tail = tails.get(key);
        folders.add(dirname(found.path));
        if (tail && !seen.has(key)) await see(tail, found);
        else if (!tail && found.stats.size === 0n) untaken.add(found.path);
        else if (!tail && !newcomers.has(key)) newcomers.set(key, found);
        seen.add(key);
      }
      for (const [key, tail] of tails) {
        if (seen.has(key) || isHidden(tail.path, unseen) || (await isThere(tail))) continue;
        tail.goneSince ||= Date.now();
        tail.dirty = true;
      }
      await admitAll([...newcomers.values()], failures);
      for (const [key, { path }] of newcomers) if (!tails.has(key)) untaken.add(path);
      if (first) io.checkpoints.set(STARTED, true);
      first = false;
      forget();
      for (const { place } of tails.values()) folders.add(dirname(place));
      failed(failures);
    },
    folders: () => new Set(folders),
    untaken,
  };
}

/** A folder that cannot be read hides its files: they are not gone. */
function isHidden(path: string, unseen: ReadonlyMap<string, Error>): boolean {
  for (const hidden of unseen.keys()) if (path === hidden || path.startsWith(`${hidden}/`)) return true;
  return false;
}
