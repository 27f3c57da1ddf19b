import { basename, dirname } from 'node:path';
import type { CheckpointStore, SourceContext } from '@tailrace/core';
import type { FileFormat } from './framing.ts';
import { drawInstanceId, type Identity } from './identity.ts';
import { isRotatedName } from './rotated-name.ts';
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
  /** Its place when it was first seen: files that had the same follow each other in one log. */
  readonly home: string;
  /** Rises with each instance of the source. */
  readonly order: number;
  /** Unix seconds. */
  readonly firstSeen: number;
  readonly format: FileFormat | null;
  /** Ends of lines behind which an event of several lines was given out because no further one came. */
  readonly cuts: readonly number[];
  /** Unix seconds since when it was not found any more; 0 while it is there. */
  readonly goneSince: number;
  /** It was gone and read to its end, at `size`. */
  readonly ended: boolean;
}

/** A file instance; its id never changes. */
export interface Instance {
  readonly id: string;
  record: FileRecord;
  /** It was read before: the checkpoint store held it when the process started, or its file went away and came back. */
  restored: boolean;
  /** Its file was found with other content: it goes on in a copy, if there is one. */
  truncated: 'file_truncated' | 'file_rewritten' | null;
}

/** Where a file was found, and its path without symlinks; where its log is written, when that is elsewhere. */
export interface Where {
  readonly path: string;
  readonly place: string;
  readonly home?: string;
}

/** The file instances of one source, backed by its checkpoints. */
export interface Registry {
  /** Instances that nobody reads and that can be this file, the likeliest first. */
  candidates(identity: Identity, place: string): Instance[];
  /** The last instance of each log, by its home. */
  lastOfLogs(): Map<string, Instance>;
  /** Whether an instance can be this file, read or not. */
  knows(identity: Identity): boolean;
  claim(instance: Instance): void;
  release(instance: Instance): void;
  /** A new instance, claimed; `flush` before its first event leaves. */
  draw(identity: Identity, about: Point & Where): Instance;
  /** The instance goes on in another file: a copy of the one that it was in. */
  move(instance: Instance, identity: Identity): void;
  update(instance: Instance, change: Partial<FileRecord>): void;
  /** The file's content is gone for good. */
  remove(instance: Instance): void;
  /** Instances that nobody reads. */
  unclaimed(): Instance[];
  /** Whether events of an instance that this run has left are not settled: after a kill they are to be read again. */
  isWaitedFor(instance: Instance): boolean;
  flush(): Promise<void>;
}

const PREFIX = 'file:';

/** Opens the registry over the stored records. */
export function openRegistry(store: CheckpointStore, context: SourceContext): Registry {
  const instances = new Map<string, Instance>();
  const byInode = new Map<string, Set<Instance>>();
  const claimed = new Set<Instance>();
  /** How far those that this run has left were read. */
  const left = new Map<Instance, number>();
  for (const [key, value] of store.entries()) {
    if (!key.startsWith(PREFIX)) continue;
    const id = key.slice(PREFIX.length);
    add({ id, record: upToDate(value as StoredRecord), restored: true, truncated: null });
  }
  let order = [...instances.values()].reduce((most, { record }) => Math.max(most, record.order), 0);

  function add(instance: Instance): void {
    instances.set(instance.id, instance);
    const { inode } = instance.record;
    const holders = byInode.get(inode) ?? new Set();
    holders.add(instance);
    byInode.set(inode, holders);
  }
  function leave(instance: Instance): void {
    const { inode } = instance.record;
    byInode.get(inode)?.delete(instance);
    if (byInode.get(inode)?.size === 0) byInode.delete(inode);
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
  const unclaimed = (): Instance[] => [...instances.values()].filter((instance) => !claimed.has(instance));
  const update: Registry['update'] = (instance, change) => {
    instance.record = { ...instance.record, ...change };
    save(instance);
  };

  return {
    update,
    knows: (identity) => holders(identity).length > 0,
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
      if (instance.record.goneSince !== 0) update(instance, { goneSince: 0, ended: false });
    },
    release(instance) {
      claimed.delete(instance);
      left.set(instance, instance.record.size);
      instance.restored = true;
    },
    draw(identity, about) {
      const generation = 1 + holders(identity).reduce((most, { record }) => Math.max(most, record.generation), 0);
      const id = drawInstanceId(context.nodeId, identity, generation);
      const record: FileRecord = {
        inode: String(identity.inode),
        birth: String(identity.birth),
        generation,
        home: about.place,
        ...about,
        order: ++order,
        firstSeen: Math.floor(Date.now() / 1000),
        format: null,
        cuts: [],
        goneSince: 0,
        ended: false,
      };
      const instance = { id, record, restored: false, truncated: null };
      add(instance);
      claimed.add(instance);
      save(instance);
      return instance;
    },
    move(instance, { inode, birth }) {
      leave(instance);
      instance.record = { ...instance.record, inode: String(inode), birth: String(birth) };
      add(instance);
      save(instance);
    },
    remove(instance) {
      claimed.delete(instance);
      left.delete(instance);
      instances.delete(instance.id);
      leave(instance);
      store.delete(PREFIX + instance.id);
    },
    lastOfLogs() {
      const inOrder = [...instances.values()].sort((a, b) => a.record.order - b.record.order);
      return new Map(inOrder.map((instance) => [instance.record.home, instance]));
    },
    unclaimed,
    isWaitedFor: (instance) => instance.record.ended && instance.record.readFrom < (left.get(instance) ?? 0),
    flush: () => store.flush(),
  };
}

/** Whether log rotation would put what a record tells of, or a copy of it, at `place`. */
export function isCopyPlace({ home, place: at }: FileRecord, place: string): boolean {
  return [home, at].some((path) => dirname(path) === dirname(place) && isRotatedName(basename(path), basename(place)));
}

type Added = 'home' | 'order' | 'size' | 'ended' | 'held' | 'cuts' | 'insideArray';
type StoredRecord = Omit<FileRecord, Added> & Partial<Pick<FileRecord, Added>>;

/** A record as an older version wrote it, with what was added since. */
function upToDate(record: StoredRecord): FileRecord {
  const { place, doneTo } = record;
  return { home: place, order: 0, size: doneTo, ended: false, held: [], cuts: [], insideArray: false, ...record };
}
