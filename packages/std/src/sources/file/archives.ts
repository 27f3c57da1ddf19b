import { realpath } from 'node:fs/promises';
import { type Found, keyOfFound } from './find.ts';
import { identityOf } from './identity.ts';
import { openContent, shows } from './open.ts';
import type { Run } from './options.ts';
import { type Instance, isCopyPlace, type Registry } from './registry.ts';
import { resume } from './resume.ts';
import type { Tail } from './tail.ts';

/** What a gzip file is that the patterns name: one of its own, perhaps a copy of a log that is being read (wait), or one that was read. */
export type Archived = 'new' | 'wait' | Instance;

/** Gzip files beside logs: log rotation compresses what was read, and that must not be read again as something else. */
export interface Archives {
  judge(found: Found): Promise<Archived>;
  /** Goes on with an instance in its compressed copy, which is that instance's file from now on. */
  adopt(instance: Instance, found: Found): Promise<Tail | null>;
}

/** Whether a path is read as gzip. */
export const isArchive = (path: string): boolean => path.endsWith('.gz');

/** Creates the judgement over what is read now and what was read before. */
export function createArchives(run: Run, registry: Registry, tails: ReadonlyMap<string, Tail>): Archives {
  const { births, io, options } = run;

  async function holds(found: Found, instances: readonly Instance[]): Promise<Instance | null> {
    const opened = await openContent(run, found);
    if (!opened) return null;
    try {
      for (const instance of instances) if (await shows(opened.handle, instance.record.print)) return instance;
      return null;
    } finally {
      await opened.handle.close();
    }
  }

  return {
    async judge(found) {
      const place = await realpath(found.path);
      const couldBe = ({ record }: Instance): boolean =>
        record.print.bytes > 0 && isCopyPlace(record, place) && found.stats.mtimeNs >= BigInt(record.birth);
      const read = [...tails.values()].map(({ instance }) => instance).filter(couldBe);
      const left = registry.unclaimed().filter(couldBe);
      if (read.length + left.length === 0) return 'new';
      // Until it is complete nobody can tell what it holds.
      const isFresh = Date.now() - Number(found.stats.mtimeMs) < options.graceMs;
      if (isFresh && !io.once) return 'wait';
      // The longest first: what was settled of the others stands in its beginning as well.
      left.sort((a, b) => b.record.doneTo - a.record.doneTo);
      const instance = await holds(found, [...read, ...left]);
      if (instance === null) return 'new';
      return read.includes(instance) ? 'wait' : instance;
    },
    async adopt(instance, found) {
      const tail = await resume(run, registry, instance, found);
      if (!tail || tails.has(keyOfFound(found, births))) return tail;
      registry.move(instance, identityOf(found.stats, births));
      return Object.assign(tail, { path: found.path });
    },
  };
}
