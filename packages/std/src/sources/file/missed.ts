import { realpath } from 'node:fs/promises';
import { type Found, isSystemError, keyOfFound } from './find.ts';
import type { FileRecord, Registry } from './registry.ts';
import type { Tracker } from './rotated.ts';
import type { Tail } from './tail.ts';

/**
 * Files that were written and rotated away unseen, in the logs of these new files; with `everywhere`, in all logs that are known. Each is
 * to be read under the name of its log; the oldest of a log come first. What cannot be looked at goes to `failures`.
 */
export async function findMissed(
  { births, registry, tails }: { births: boolean; registry: Registry; tails: ReadonlyMap<string, Tail> },
  tracker: Tracker,
  newcomers: readonly Found[],
  everywhere: boolean,
  failures: Map<string, Error>,
): Promise<Found[]> {
  const missed = new Map<string, Found>();
  const last = registry.lastOfLogs();
  const look = async (path: string, home: string, next: Found | null): Promise<void> => {
    const instance = last.get(home);
    if (!instance) return;
    const files = await tracker.between(instance.record, next).catch((error: unknown) => {
      if (!isSystemError(error)) throw error;
      failures.set(path, error);
      return [];
    });
    for (const file of files) missed.set(keyOfFound(file, births), { ...file, knownAs: { path, home } });
  };
  for (const found of newcomers) await look(found.path, await realpath(found.path).catch(() => found.path), found);
  if (!everywhere) return [...missed.values()];
  const present = new Set(
    [...tails.values()].filter(({ goneSince }) => goneSince === 0).map(({ instance }) => instance),
  );
  for (const [home, instance] of last) if (!present.has(instance)) await look(nameOf(instance.record), home, null);
  return [...missed.values()];
}

/** The path of a log: a link that leads to it, or the place where it is written. */
function nameOf({ path, place, home }: FileRecord): string {
  return path === place ? home : path;
}
