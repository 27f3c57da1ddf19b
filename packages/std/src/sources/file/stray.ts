import type { Admit } from './admission.ts';
import { type Found, isSystemError } from './find.ts';
import type { Incidents } from './incidents.ts';
import type { Run } from './options.ts';
import type { FileRecord, Instance, Registry } from './registry.ts';
import { resume } from './resume.ts';
import type { Tracker } from './rotated.ts';
import type { Tail } from './tail.ts';

/** Stored instances whose files are not where they were when the source starts. */
export interface Strays {
  /** Reads them to their ends where they are now; those that are nowhere are lost. */
  follow(tracker: Tracker, failures: Map<string, Error>): Promise<void>;
}

/** Creates the set of those that nobody reads now; `isHidden`: the failures tell that a path cannot be looked at. */
export function createStrays(
  run: Run,
  registry: Registry,
  admit: Admit,
  incidents: Incidents,
  isHidden: (path: string, failures: ReadonlyMap<string, Error>) => boolean,
): Strays {
  const strays = new Set(registry.unclaimed().filter(({ record }) => !isRead(record)));

  /** Whether it is known what became of it. */
  async function followOne(instance: Instance, tracker: Tracker, failures: Map<string, Error>): Promise<boolean> {
    const { record } = instance;
    const { itself, copies } = await tracker.whereabouts(record);
    if (itself && !itself.path.endsWith('.gz') && itself.stats.size <= BigInt(record.readFrom)) {
      registry.update(instance, { place: itself.path });
      return true;
    }
    const before = failures.size;
    for (const file of itself ? [itself] : copies) {
      const tail = await take(instance, file, failures);
      if (!tail) continue;
      tail.goneSince = Date.now();
      if (instance.truncated) incidents.tell(instance.truncated, record.path, 0);
      return true;
    }
    // One that could not be opened is tried again at the next scan.
    if (failures.size > before) return false;
    lose(instance);
    return true;
  }
  async function take(instance: Instance, file: Found, failures: Map<string, Error>): Promise<Tail | undefined> {
    const [tail] = await admit([{ path: file.path, open: () => resume(run, registry, instance, file) }], failures);
    return tail;
  }
  function lose(instance: Instance): void {
    const { path, size, doneTo, goneSince } = instance.record;
    if (instance.truncated) {
      incidents.tell(instance.truncated, path, size - doneTo);
      registry.remove(instance);
    } else if (goneSince === 0 && size > doneTo) incidents.tell('file_lost', path, size - doneTo);
  }

  return {
    async follow(tracker, failures) {
      for (const instance of strays) {
        if (isHidden(instance.record.path, failures)) continue;
        try {
          if (await followOne(instance, tracker, failures)) strays.delete(instance);
        } catch (error) {
          if (!isSystemError(error)) throw error;
          failures.set(instance.record.path, error);
        }
      }
    },
  };
}

/** Whether nothing is left to read of a file that was gone. */
function isRead({ ended, readFrom, size }: FileRecord): boolean {
  return ended && readFrom >= size;
}
