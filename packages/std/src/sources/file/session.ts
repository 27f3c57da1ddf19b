import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { escapePath } from 'tinyglobby';
import { createAlarm, pause } from './alarm.ts';
import { hasPartialLines } from './carry.ts';
import { createDiscovery } from './discovery.ts';
import { createSearch } from './find.ts';
import { createHandles } from './handles.ts';
import { identityKey, identityOf } from './identity.ts';
import { createIncidents } from './incidents.ts';
import { findMoved, goOnIn, startOver } from './open.ts';
import type { Run } from './options.ts';
import { createReader } from './read.ts';
import { openRegistry } from './registry.ts';
import { createTracker } from './rotated.ts';
import { createSuccession } from './succession.ts';
import { pointOf, type Tail } from './tail.ts';
import { createTroubles } from './troubles.ts';
import { createWatches, type FolderWatches } from './watch.ts';

/** Reads the files of one source until the signal aborts or, with `once`, to their ends. */
export async function readFiles(run: Run): Promise<void> {
  const { context, io, options } = run;
  const tails = new Map<string, Tail>();
  const places = new Map<string, Tail>();
  const troubles = createTroubles(run);
  const registry = openRegistry(io.checkpoints, context);
  const handles = createHandles(run);
  const search = createSearch(options.include, [...options.exclude, ...(await everythingIn(context.dataDir))]);
  const incidents = createIncidents(context);
  const discovery = createDiscovery(run, registry, handles, tails, search, incidents, troubles.searched);
  const succession = createSuccession(run, registry, tails, troubles);
  const reader = createReader(run, registry, meanwhile);
  const alarm = createAlarm(io.signal);
  const watches = io.once || !options.watches ? null : watchFolders();
  const scans = { running: false, soon: false, end: 0, ms: 0 };
  /** A file waits for the one before it. */
  let waiting = false;

  async function scan(): Promise<void> {
    const begin = Date.now();
    scans.soon = false;
    scans.running = true;
    await discovery.scan();
    scans.running = false;
    succession.arrange();
    places.clear();
    for (const tail of tails.values()) places.set(tail.place, tail);
    watches?.follow(discovery.folders());
    showGauges();
    scans.end = Date.now();
    scans.ms = scans.end - begin;
  }
  /** Milliseconds until the next scan; one that is wanted soon is never so soon that scans take more than a tenth of the time. */
  function untilScan(): number {
    const interval = scans.soon ? Math.max(100, 10 * scans.ms) : options.scanIntervalMs;
    return scans.end + Math.min(interval, options.scanIntervalMs) - Date.now();
  }
  /** While the sinks are slow, files still come and go; an open file can be read even when it is deleted. */
  async function meanwhile(emit: Promise<unknown>): Promise<void> {
    // Nothing is looked for again then, so there is nothing to wake up for.
    if (io.once) return;
    let over = false;
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
      if (!over && !io.signal.aborted && untilScan() <= 0) await scan();
    }
  }
  function watchFolders(): FolderWatches {
    return createWatches({
      changed(folder, name, event) {
        const path = join(folder, name ?? '');
        const tail = places.get(path);
        if (tail) tail.dirty = true;
        const other = name === null || discovery.empty.has(path) || (scans.running && !tail);
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
      if (progress === 'changed') await restart(tail);
      return progress === 'read' || progress === 'changed';
    } catch (error) {
      if (!isSystemError(error)) throw error;
      tail.dirty = false;
      troubles.with(tail, error);
      return false;
    }
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
  /** What was read of a file is not there any more: it goes on in a copy, if there is one, and the file itself is a new one. */
  async function restart(tail: Tail): Promise<void> {
    const fresh = await startOver(run, registry, tail);
    handles.passOn(tail, fresh);
    tails.set(fresh.key, fresh);
    places.set(fresh.place, fresh);
    const kind = fresh.size < tail.position ? 'file_truncated' : 'file_rewritten';
    const { most, position } = tail;
    const isCopied = await followCopy(tail);
    incidents.tell(kind, tail.path, isCopied ? 0 : Math.max(0, most - position));
    if (isCopied) {
      tails.set(tail.key, tail);
      await handles.keep(tail);
    } else {
      await reader.finish(tail, true);
      registry.remove(tail.instance);
    }
    succession.arrange();
    // Nothing may be emitted under an id that could be forgotten.
    while (!io.signal.aborted && !(await stored())) await pause(options.scanIntervalMs, io.signal);
  }
  async function followCopy(tail: Tail): Promise<boolean> {
    const tracker = createTracker(run.births, registry, tails);
    const { copies } = await tracker.whereabouts({ ...tail.instance.record, ...pointOf(tail) });
    for (const copy of copies) if (await goOnIn(run, registry, tail, copy)) return true;
    return false;
  }

  /** False when the checkpoints cannot be written; the store says why. */
  function stored(): Promise<boolean> {
    return registry.flush().then(
      () => true,
      () => false,
    );
  }

  async function round(): Promise<boolean> {
    let progress = false;
    waiting = false;
    for (const tail of succession.inOrder) {
      if (io.signal.aborted) return false;
      if (!io.once && untilScan() <= 0) {
        await scan();
        progress = true;
      }
      if (!tail.dirty || tails.get(tail.key) !== tail) continue;
      if (succession.waits(tail)) waiting = true;
      else if (await step(tail)) progress = true;
    }
    return progress;
  }
  async function end(tail: Tail): Promise<void> {
    const isCurrent = (): boolean => tails.get(tail.key) === tail;
    while (isCurrent() && (await step(tail)));
    if (io.signal.aborted || !isCurrent()) return;
    const isLost = tail.goneSince !== 0 && tail.handle === null && tail.most > tail.position;
    if (isLost || tail.handle?.damage) incidents.tell('file_lost', tail.path, Math.max(0, tail.most - tail.position));
    await giveOutRest(tail);
    troubles.over(tail);
    await handles.close(tail);
    tails.delete(tail.key);
    succession.arrange();
    const goneSince = Math.floor(tail.goneSince / 1000);
    if (goneSince !== 0) registry.update(tail.instance, { ended: true, size: tail.position, goneSince });
    registry.release(tail.instance);
  }
  async function giveOutRest(tail: Tail): Promise<void> {
    try {
      await reader.finish(tail, tail.handle === null);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      troubles.with(tail, error);
      await reader.finish(tail, true);
    }
  }
  async function endGone(): Promise<void> {
    for (const tail of [...tails.values()]) {
      if (tail.goneSince === 0 || succession.waits(tail) || (tail.dirty && (await step(tail)))) continue;
      // The file that goes on with its half lines is there, but still empty.
      if (hasPartialLines(tail) && discovery.empty.has(tail.path)) continue;
      if (Math.max(tail.goneSince, tail.grewAt) + options.graceMs <= Date.now()) await end(tail);
    }
  }
  function showGauges(): void {
    let lag = 0;
    for (const tail of tails.values()) lag += Math.max(0, tail.size - tail.position);
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
      await endGone();
      if (untilScan() <= 0) await scan();
      else await alarm.sleep(waiting ? 0 : untilScan());
    }
    if (io.once) for (const tail of succession.inOrder) await end(tail);
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

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
