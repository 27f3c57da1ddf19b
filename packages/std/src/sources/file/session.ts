import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { escapePath } from 'tinyglobby';
import { createAlarm, pause, REST_MS } from './alarm.ts';
import { createDiscovery } from './discovery.ts';
import { createEndings } from './endings.ts';
import { createSearch, findMoved, isShortOfDescriptors, isSystemError } from './find.ts';
import { createHandles } from './handles.ts';
import { identityKey, identityOf } from './identity.ts';
import { createIncidents } from './incidents.ts';
import type { Run } from './options.ts';
import { createReader } from './read.ts';
import { openRegistry } from './registry.ts';
import { createSuccession } from './succession.ts';
import type { Tail } from './tail.ts';
import { createTroubles } from './troubles.ts';
import { replaceContent } from './truncation.ts';
import { createWatches, type FolderWatches } from './watch.ts';

/** So many scans in which nothing could be read end the watching. */
const REST_AFTER_SCANS = 2;

/** Reads the files of one source until the signal aborts or, with `once`, to their ends. */
export async function readFiles(run: Run): Promise<void> {
  const { context, io, options } = run;
  const tails = new Map<string, Tail>();
  const places = new Map<string, Tail>();
  const troubles = createTroubles(run);
  const registry = openRegistry(io.checkpoints, context);
  const handles = createHandles(run);
  const own = await everythingIn(context.dataDir);
  const search = createSearch(
    options.patterns.map(({ include, exclude }) => ({ include, exclude: [...exclude, ...own] })),
  );
  const incidents = createIncidents(context);
  const discovery = createDiscovery(run, registry, handles, tails, search, incidents, troubles.searched);
  const succession = createSuccession(run, registry, tails, troubles);
  const reader = createReader(run, registry, meanwhile);
  const parts = { run, tails, registry, handles, reader, succession, troubles, incidents };
  const endings = createEndings(parts, step, discovery.untaken);
  const alarm = createAlarm(io.signal);
  const watches = io.once || !options.watches ? null : watchFolders();
  const scans = { running: false, soon: false, end: 0, ms: 0 };
  /** A file waits for the one before it. */
  let waiting = false;
  /** The sinks have waited for so long that nothing is watched: it could not be read anyway, and each line that is written would wake the process. */
  let resting = false;

  async function scan(): Promise<void> {
    const begin = Date.now();
    scans.soon = false;
    scans.running = true;
    await discovery.scan();
    scans.running = false;
    succession.arrange();
    nameTails();
    if (!resting) watches?.follow(discovery.folders());
    showGauges();
    scans.end = Date.now();
    scans.ms = scans.end - begin;
  }
  function nameTails(): void {
    places.clear();
    for (const tail of tails.values()) places.set(tail.place, tail);
  }
  /** Milliseconds until the next scan; one that is wanted soon is never so soon that scans take more than a tenth of the time. */
  function untilScan(): number {
    const interval = scans.soon ? Math.max(100, 10 * scans.ms) : options.scanIntervalMs;
    return scans.end + Math.min(interval, options.scanIntervalMs) - Date.now();
  }
  /** Milliseconds until an event of several lines has waited long enough for its next line. */
  function untilDue(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { joiner } of tails.values()) due = Math.min(due, joiner?.dueAt ?? due);
    return Math.max(REST_MS / 5, due - Date.now());
  }
  /** While the sinks are slow, files still come and go; an open file can be read even when it is deleted. */
  async function meanwhile(emit: Promise<unknown>): Promise<void> {
    // Nothing is looked for again then, so there is nothing to wake up for.
    if (io.once) return;
    let over = false;
    let scanned = 0;
    const end = emit.then(
      () => {
        over = true;
      },
      () => {
        over = true;
      },
    );
    while (!over && !io.signal.aborted) {
      let wake = (): void => {};
      const scanDue = pause(untilScan(), io.signal, (stop) => {
        wake = stop;
      });
      await Promise.race([end, scanDue]);
      wake();
      if (over || io.signal.aborted || untilScan() > 0) continue;
      await scan();
      if (++scanned < REST_AFTER_SCANS || resting) continue;
      resting = true;
      watches?.close();
    }
    if (!resting) return;
    resting = false;
    watches?.follow(discovery.folders());
    // What changed meanwhile was not told.
    scans.soon = true;
  }
  function watchFolders(): FolderWatches {
    return createWatches({
      changed(folder, name, event) {
        const path = join(folder, name ?? '');
        const tail = places.get(path);
        if (tail) tail.dirty = true;
        const other = name === null || discovery.untaken.has(path) || (scans.running && !tail);
        if (event === 'rename' || other) scans.soon = true;
        else if (!tail) return;
        alarm.ring();
      },
      failed(folder, error) {
        context.countErrors('watch_failed', 1);
        context.log.warn({ folder, error: error.message }, 'a folder cannot be watched; it is polled');
      },
    });
  }

  /** Reads one chunk; true when there may be more. */
  async function step(tail: Tail): Promise<boolean> {
    try {
      if (!(await openOrFollow(tail))) return false;
      const progress = await reader.advance(tail);
      troubles.over(tail);
      if (progress !== 'changed') {
        if (tail.compressed && !tail.dirty) await restArchive(tail);
        return progress === 'read';
      }
      // Another rotation copied over the copy.
      if (tail.isCopy) await endings.abandon(tail);
      else await replaceContent(parts, tail);
      nameTails();
      return true;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      tail.dirty = false;
      if (isShortOfDescriptors(error)) await handles.spare();
      troubles.with(tail, error);
      return false;
    }
  }
  /** A compressed file was read as far as it goes: when nothing was added for a while, its last line counts although it has no newline. */
  async function restArchive(tail: Tail): Promise<void> {
    const { damage, unfinished } = tail.handle!;
    if (io.once || io.signal.aborted) return;
    const isQuiet = Date.now() - Number((await tail.handle!.stats()).mtimeMs) > options.graceMs;
    tail.growing = !isQuiet;
    if (!isQuiet || tail.goneSince !== 0) return;
    if (damage !== null && !unfinished) incidents.tell('file_lost', tail.path, 0, damage);
    if (!unfinished) await reader.finish(tail, false);
    await handles.close(tail);
  }
  /** Opens the file where it is now: rotation may have renamed it while it was closed. */
  async function openOrFollow(tail: Tail): Promise<boolean> {
    const opened = await handles.ensure(tail).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    });
    if (opened) return true;
    tail.dirty = false;
    tail.goneSince ||= Date.now();
    const key = (stats: Parameters<typeof identityOf>[0]) => identityKey(identityOf(stats, run.births));
    const place = await findMoved(tail.place, (stats) => key(stats) === tail.key);
    if (place === null) return false;
    tail.place = place;
    return handles.ensure(tail);
  }
  async function round(): Promise<boolean> {
    let progress = false;
    waiting = false;
    /** One compressed file is read at a time: going back and forth between them would decompress each again and again. */
    let unpacking = false;
    for (const tail of succession.inOrder) {
      if (io.signal.aborted) return false;
      if (!io.once && untilScan() <= 0) {
        await scan();
        progress = true;
      }
      if ((!tail.dirty && !reader.isDue(tail)) || tails.get(tail.key) !== tail) continue;
      if (tail.compressed && unpacking) continue;
      if (succession.waits(tail)) waiting = true;
      else if (await step(tail)) {
        progress = true;
        unpacking ||= tail.compressed;
      }
      // Read to its end just now, and no further line was there.
      else if (reader.isDue(tail)) await reader.cut(tail);
    }
    return progress;
  }
  function showGauges(): void {
    let lag = 0;
    for (const tail of tails.values()) if (!tail.compressed) lag += Math.max(0, tail.size - tail.position);
    context.gauge('files', 'Files that are followed, and how many of them are open.', tails.size, {
      state: 'followed',
    });
    context.gauge('files', 'Files that are followed, and how many of them are open.', handles.open, { state: 'open' });
    context.gauge('file_lag_bytes', 'Bytes in the files that are not read yet, as of the last scan.', lag);
  }

  try {
    await scan();
    io.ready();
    while (!io.signal.aborted) {
      if (await round()) continue;
      if (io.once) break;
      await endings.endGone();
      if (untilScan() <= 0) await scan();
      else await alarm.sleep(waiting ? 0 : Math.min(untilScan(), untilDue()));
    }
    if (io.once) for (const tail of succession.inOrder) await endings.end(tail);
  } finally {
    watches?.close();
    for (const tail of tails.values()) await handles.close(tail);
  }
  io.inputEnded?.();
  await reader.settled();
}

/** Patterns of all files in a folder, also by its real path: a pattern can come by either. */
async function everythingIn(folder: string): Promise<string[]> {
  const real = await realpath(folder).catch(() => folder);
  return [folder, real].map((path) => `${escapePath(path)}/**`);
}
