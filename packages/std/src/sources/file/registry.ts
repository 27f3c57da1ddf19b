import type { CheckpointStore, SourceContext } from '@tailrace/core';
import type { Format } from '@tailrace/kernel';
import { drawInstanceId, type Identity } from './identity.ts';
import type { Point } from './settled-range.ts';

/** What is remembered of one file instance: a file between its creation (or truncation) and its end. */
export interface FileRecord extends Point {
  readonly inode: string;
  /** Nanoseconds since 1970; `0` where the system had none that can be trusted. */
  readonly birth: string;
  readonly generation: number;
  /** Where it was found, and its path without symlinks. */
  readonly path: string;
  readonly place: string;
  /** Unix seconds. */
  readonly firstSeen: number;
  readonly format: Format | null;
  /** Unix seconds since when it was not found any more; 0 while it is there. */
  readonly goneSince: number;
}

/** A file instance; its id never changes. */
export interface Instance {
  readonly id: string;
  record: FileRecord;
  /** It was read before: the checkpoint store held it when the process started, or its file went away and came back. */
  restored: boolean;
}

/** The file instances of one source, backed by its checkpoints. */
export interface Registry {
  /** Instances that nobody reads and that can be this file, the likeliest first. */
  candidates(identity: Identity, place: string): Instance[];
  claim(instance: Instance): void;
  release(instance: Instance): void;
  /** A new instance, claimed; `flush` before its first event leaves. */
  draw(identity: Identity, about: Point & { path: string; place: string }): Instance;
  update(instance: Instance, change: Partial<FileRecord>): void;
  /** The file's content is gone for good. */
  remove(instance: Instance): void;
  /** Instances that nobody reads. */
  unclaimed(): Instance[];
  flush(): Promise<void>;
}

const PREFIX = 'file:';

/** Opens the registry over the stored records. */
export function openRegistry(store: CheckpointStore, context: SourceContext): Registry {
  const instances = new Map<string, Instance>();
  const byInode = new Map<string, Set<Instance>>();
  const claimed = new Set<Instance>();
  for (const [key, value] of store.entries()) {
    if (!key.startsWith(PREFIX)) continue;
    const id = key.slice(PREFIX.length);
    add({ id, record: value as FileRecord, restored: true });
  }

  function add(instance: Instance): void {
    instances.set(instance.id, instance);
    const { inode } = instance.record;
    const holders = byInode.get(inode) ?? new Set();
    holders.add(instance);
    byInode.set(inode, holders);
  }
  const save = (instance: Instance) => {
    if (instances.get(instance.id) === instance) store.set(PREFIX + instance.id, instance.record);
  };
  /** Instances that can be of this file. */
  const holders = ({ inode, birth }: Identity): Instance[] =>
    [...(byInode.get(String(inode)) ?? [])].filter(
      // Where one of the two is missing, what stands in the file decides.
      ({ record }) => record.birth === '0' || birth === 0n || record.birth === String(birth),
    );
  const update: Registry['update'] = (instance, change) => {
    instance.record = { ...instance.record, ...change };
    save(instance);
  };

  return {
    update,
    candidates: (identity, place) =>
      holders(identity)
        .filter((instance) => !claimed.has(instance))
        .sort(
          (a, b) =>
            Number(b.record.place === place) - Number(a.record.place === place) ||
            b.record.generation - a.record.generation,
        ),
    claim(instance) {
      claimed.add(instance);
      if (instance.record.goneSince !== 0) update(instance, { goneSince: 0 });
    },
    release(instance) {
      claimed.delete(instance);
      instance.restored = true;
    },
    draw(identity, about) {
      const generation = 1 + holders(identity).reduce((most, { record }) => Math.max(most, record.generation), 0);
      const id = drawInstanceId(context.nodeId, identity, generation);
      const record: FileRecord = {
        inode: String(identity.inode),
        birth: String(identity.birth),
        generation,
        ...about,
        firstSeen: Math.floor(Date.now() / 1000),
        format: null,
        goneSince: 0,
      };
      const instance = { id, record, restored: false };
      add(instance);
      claimed.add(instance);
      save(instance);
      return instance;
    },
    remove(instance) {
      claimed.delete(instance);
      instances.delete(instance.id);
      byInode.get(instance.record.inode)?.delete(instance);
      if (byInode.get(instance.record.inode)?.size === 0) byInode.delete(instance.record.inode);
      store.delete(PREFIX + instance.id);
    },
    unclaimed: () => [...instances.values()].filter((instance) => !claimed.has(instance)),
    flush: () => store.flush(),
  };
}
