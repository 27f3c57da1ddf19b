import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { escapePath } from 'tinyglobby';
import { createAlarm, pause } from './alarm.ts';
import { createDiscovery } from './discovery.ts';
import { createSearch } from './find.ts';
import { createHandles } from './handles.ts';
import { identityKey, identityOf } from './identity.ts';
import { findMoved, startOver } from './open.ts';
import type { Run } from './options.ts';
import { createReader } from './read.ts';
import { openRegistry } from './registry.ts';
import type { Tail } from './tail.ts';
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
  const discovery = createDiscovery(run, registry, handles, tails, search, troubles.searched);
  const reader = createReader(run, registry, meanwhile);
  const alarm = createAlarm(io.signal);
  const watches = io.once ? null : watchFolders();
  const scans = { running: false, soon: false, end: 0, ms: 0 };

  async function scan(): Promise<void> {
    const begin = Date.now();
    scans.soon = false;
    scans.running = true;
    await discovery.scan();
    scans.running = false;
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
  async function restart(tail: Tail): Promise<void> {
    context.countErrors('file_truncated', 1);
    context.log.warn({ file: tail.path }, 'a file was truncated or rewritten; it is read from its start as a new one');
    await reader.finish(tail, true);
    const fresh = await startOver(run, registry, tail);
    handles.passOn(tail, fresh);
    tails.set(tail.key, fresh);
    places.set(fresh.place, fresh);
    // Nothing may be emitted under an id that could be forgotten.
    while (!io.signal.aborted && !(await stored())) await pause(options.scanIntervalMs, io.signal);
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
    for (const tail of [...tails.values()]) {
      if (io.signal.aborted) return false;
      if (!io.once && untilScan() <= 0) {
        await scan();
        progress = true;
      }
      if (tail.dirty && (await step(tail))) progress = true;
    }
    return progress;
  }
  async function end(tail: Tail): Promise<void> {
    const isCurrent = (): boolean => tails.get(tail.key) === tail;
    while (isCurrent() && (await step(tail)));
    if (io.signal.aborted || !isCurrent()) return;
    if (tail.goneSince !== 0 && tail.handle === null && tail.size > tail.position) context.countErrors('file_lost', 1);
    await giveOutRest(tail);
    troubles.over(tail);
    await handles.close(tail);
    tails.delete(tail.key);
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
      if (tail.goneSince === 0 || (tail.dirty && (await step(tail)))) continue;
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
      else await alarm.sleep(untilScan());
    }
    if (io.once) for (const tail of [...tails.values()]) await end(tail);
  } finally {
    watches?.close();
    for (const tail of tails.values()) await handles.close(tail);
  }
  io.inputEnded?.();
  await reader.settled();
}

/** What cannot be read, told when it begins and when it is over; every scan tries again. */
function createTroubles({ context }: Run) {
  const reasons = new Map<string, string>();
  const readFailures = new Map<Tail, Error>();
  let searchFailures: ReadonlyMap<string, Error> = new Map();

  function tell(): void {
    const now = new Map([...searchFailures].map(([path, { message }]) => [path, message]));
    for (const [tail, { message }] of readFailures) now.set(tail.path, message);
    const fresh = [...now.keys()].filter((path) => !reasons.has(path));
    if (fresh.length > 0) context.countErrors('file_unreadable', fresh.length);
    for (const [path, reason] of now) if (reasons.get(path) !== reason) context.notReady(path, reason);
    for (const path of reasons.keys()) if (!now.has(path)) context.notReady(path, null);
    reasons.clear();
    for (const [path, reason] of now) reasons.set(path, reason);
  }

  return {
    searched(failures: ReadonlyMap<string, Error>): void {
      searchFailures = failures;
      for (const tail of readFailures.keys()) tail.dirty = true;
      if (failures.size > 0 || reasons.size > 0) tell();
    },
    with(tail: Tail, error: Error): void {
      readFailures.set(tail, error);
      tell();
    },
    over(tail: Tail): void {
      if (readFailures.delete(tail)) tell();
    },
  };
}

/** Patterns of all files in a folder, also by its real path: a pattern can come by either. */
async function everythingIn(folder: string): Promise<string[]> {
  const real = await realpath(folder).catch(() => folder);
  return [folder, real].map((path) => `${escapePath(path)}/**`);
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
