import { dirname } from 'node:path';
import type { QueueFile, QueueFs } from './queue-fs.ts';

/** What a call does to a failing disk. */
export type Fault = 'ENOSPC' | 'EIO' | 'EROFS';

/** A disk that forgets, when power fails, what was not synced: all of it or any part. */
export interface SimulatedDisk {
  /** The disk as one process sees it; after a crash its calls never return. */
  mount(): QueueFs;
  /** Power fails; `chance` gives numbers in [0, 1). */
  crash(chance: () => number): void;
  /** Calls that change something fail like this. */
  fault: Fault | null;
  files(): Map<string, Buffer>;
  put(path: string, bytes: Uint8Array): void;
}

/** A file's bytes: those on the disk, and what was done since. */
interface Inode {
  durable: Buffer;
  current: Buffer;
  changes: ((bytes: Buffer, length: number) => Buffer)[];
}

/** A change of names. */
interface NameChange {
  readonly paths: readonly string[];
  apply(names: Map<string, Inode>): void;
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: simulated`), { code });

export function simulatedDisk(): SimulatedDisk {
  const durable = new Map<string, Inode>();
  let current = new Map<string, Inode>();
  let nameChanges: NameChange[] = [];
  let life = 0;

  function rename(change: NameChange): void {
    nameChanges.push(change);
    change.apply(current);
  }
  const disk: SimulatedDisk = {
    fault: null,
    mount: () => mounted(life),
    crash(chance) {
      life++;
      // Changes of one name stay in order, those of different names need not.
      const forgotten = new Set<string>();
      for (const { paths, apply } of nameChanges) {
        if (chance() < 0.7 && !paths.some((path) => forgotten.has(path))) apply(durable);
        else for (const path of paths) forgotten.add(path);
      }
      nameChanges = [];
      for (const inode of durable.values()) {
        for (const change of inode.changes) {
          if (chance() < 0.5) inode.durable = change(inode.durable, chance());
        }
        inode.current = Buffer.from(inode.durable);
        inode.changes = [];
      }
      current = new Map(durable);
    },
    files: () => new Map([...current].map(([path, { current: bytes }]) => [path, bytes])),
    put(path, bytes) {
      const inode = { durable: Buffer.from(bytes), current: Buffer.from(bytes), changes: [] };
      durable.set(path, inode);
      current.set(path, inode);
    },
  };

  function mounted(own: number): QueueFs {
    /** Each call takes a turn of the event loop, and never returns to a process that is dead. */
    async function call<T>(changes: boolean, act: () => T): Promise<T> {
      await new Promise((resolve) => setImmediate(resolve));
      if (own !== life) return new Promise(() => undefined);
      if (changes && disk.fault) throw failure(disk.fault);
      return act();
    }
    function find(path: string): Inode {
      const inode = current.get(path);
      if (!inode) throw failure('ENOENT');
      return inode;
    }
    function change(inode: Inode, how: Inode['changes'][number]): void {
      inode.changes.push(how);
      inode.current = how(inode.current, 1);
    }
    const fileOf = (inode: Inode): QueueFile => ({
      async write(parts, at) {
        const copy = Buffer.concat(parts);
        const part = (share: number) => (old: Buffer, length: number) => overwrite(old, copy, at, share * length);
        try {
          await call(true, () => change(inode, part(1)));
        } catch (error) {
          // A disk that fills up takes what fits.
          change(inode, part(0.5));
          throw error;
        }
      },
      read: (at, length) => call(false, () => Buffer.from(inode.current.subarray(at, at + length))),
      size: () => call(false, () => inode.current.length),
      truncate: (size) => call(true, () => change(inode, (old) => Buffer.from(old.subarray(0, size)))),
      async sync() {
        try {
          await call(true, () => {
            inode.durable = Buffer.from(inode.changes.reduce((bytes, how) => how(bytes, 1), inode.durable));
            inode.changes = [];
          });
        } catch (error) {
          // After a failed sync the kernel holds the pages for clean: they are never written.
          inode.changes = [];
          throw error;
        }
      },
      close: () => call(false, () => undefined),
    });
    return {
      list: (folder) =>
        call(false, () =>
          [...current.keys()].filter((path) => dirname(path) === folder).map((path) => path.slice(folder.length + 1)),
        ),
      makeFolder: () => call(true, () => undefined),
      open: (path, how) =>
        call(how !== 'read', () => {
          if (how !== 'create') return fileOf(find(path));
          const known = current.get(path);
          if (known) change(known, () => Buffer.alloc(0));
          const inode = known ?? { durable: Buffer.alloc(0), current: Buffer.alloc(0), changes: [] };
          if (!known) rename({ paths: [path], apply: (names) => void names.set(path, inode) });
          return fileOf(inode);
        }),
      rename: (from, to) =>
        call(true, () => {
          const inode = find(from);
          rename({
            paths: [from, to],
            apply(names) {
              names.delete(from);
              names.set(to, inode);
            },
          });
        }),
      remove: (path) =>
        call(true, () => {
          find(path);
          rename({ paths: [path], apply: (names) => void names.delete(path) });
        }),
      syncFolder: (folder) =>
        call(true, () => {
          const last = nameChanges.findLastIndex(({ paths }) => paths.some((path) => dirname(path) === folder));
          for (const made of nameChanges.splice(0, last + 1)) made.apply(durable);
        }),
    };
  }
  return disk;
}

function overwrite(old: Buffer, bytes: Buffer, at: number, share: number): Buffer {
  const length = Math.ceil(bytes.length * share);
  const size = Math.max(old.length, length === 0 ? 0 : at + length);
  const made = Buffer.alloc(size);
  old.copy(made);
  bytes.copy(made, at, 0, length);
  return made;
}
