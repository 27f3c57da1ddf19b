import { join } from 'node:path';
import { countText, type Log } from '@tailrace/core';
import type { SinkSettings } from '../../options.ts';
import { pause } from '../backoff.ts';
import { memoryQueue } from '../memory-queue.ts';
import { type OpenQueue, type PendingFrame, type QueueBooks, queueBytes, type SinkQueue } from '../queue.ts';
import { type DiskQueue, diskQueue } from './disk-queue.ts';
import { laterQueue } from './later-queue.ts';
import { type OpenedFolder, openFolder } from './open-folder.ts';
import { diskFs, type QueueFs } from './queue-fs.ts';
import type { Repair } from './salvage.ts';
import { segmentNames } from './segment.ts';

/** The folders of disk queues under a data_dir, each used by one queue at a time. */
export interface QueueFolders {
  /**
   * Makes ready what a sink's queue needs; throws a StateError for files of a later version. The queue itself begins with the call of what
   * this gives: at once, or as soon as the queue that has the folder is closed.
   */
  prepare(sink: string, settings: SinkSettings['queue']): Promise<OpenQueue>;
  /** Says once which folders hold events that no disk queue of these sinks will deliver. */
  reportOrphans(sinks: readonly { id: string; sink: SinkSettings | null }[]): Promise<void>;
}

const QUEUES = 'queues';
const RETRY_MS = 1000;

/** Knows which folders of a data_dir are in use. */
export function queueFolders(dataDir: string, log: Log, fs: QueueFs = diskFs): QueueFolders {
  /** Per sink the end of its latest queue, with the frames that it could not store. */
  const closed = new Map<string, Promise<readonly PendingFrame[]>>();

  async function opened(id: string): Promise<OpenedFolder> {
    const folder = join(dataDir, QUEUES, id);
    const found = await openFolder(fs, folder);
    for (const repair of found.repairs) log.warn({ component: id, ...repair }, `${id}: ${repairText(folder, repair)}`);
    return found;
  }
  function begin(
    id: string,
    settings: SinkSettings['queue'],
    books: QueueBooks,
    found: OpenedFolder,
    inherited: readonly PendingFrame[],
  ): DiskQueue {
    const limits = { maxBytes: queueBytes(settings), whenFull: settings.when_full };
    return diskQueue({ fs, folder: join(dataDir, QUEUES, id), opened: found, limits, books, inherited });
  }
  /** Opens the folder when its queue has been closed, however long the disk makes that take; `null` when it was given up. */
  async function succeed(
    id: string,
    settings: SinkSettings['queue'],
    books: QueueBooks,
    before: Promise<readonly PendingFrame[]>,
    giveUp: AbortSignal,
  ): Promise<SinkQueue | null> {
    const end = own(id);
    const inherited = await before;
    for (let isFailing = false; ; isFailing = true) {
      try {
        const queue = begin(id, settings, books, await opened(id), inherited);
        if (isFailing) books.notReady('queue', null);
        return ending(queue, end);
      } catch (error) {
        if (!isFailing) books.notReady('queue', `queue_failed: ${(error as Error).message}; sources wait`);
        if (await pause(RETRY_MS, giveUp)) continue;
        end(inherited);
        return null;
      }
    }
  }
  /** Takes the folder; whoever comes next waits until `end` is called. */
  function own(id: string): (rest: readonly PendingFrame[]) => void {
    const end = Promise.withResolvers<readonly PendingFrame[]>();
    closed.set(id, end.promise);
    return end.resolve;
  }

  return {
    async prepare(id, settings) {
      if (settings.type === 'memory') return (books) => memoryQueue(queueBytes(settings), settings.when_full, books);
      const found = closed.has(id) ? null : await opened(id);
      return (books) => {
        const before = closed.get(id);
        if (found && !before) return ending(begin(id, settings, books, found, []), own(id));
        return laterQueue((giveUp) => succeed(id, settings, books, before ?? Promise.resolve([]), giveUp), books);
      };
    },
    async reportOrphans(sinks) {
      const used = new Set(sinks.filter(({ sink }) => sink?.queue.type === 'disk').map(({ id }) => id));
      for (const id of await fs.list(join(dataDir, QUEUES)).catch(() => [])) {
        const folder = join(dataDir, QUEUES, id);
        if (used.has(id) || segmentNames(await fs.list(folder).catch(() => [])).length === 0) continue;
        log.warn(
          { folder },
          `${folder} holds events, but no sink "${id}" has a disk queue: nobody delivers them; see tailrace queue export`,
        );
      }
    },
  };
}

/** The queue as the layers around a sink see it; `end` hears of its end. */
function ending(queue: DiskQueue, end: (rest: readonly PendingFrame[]) => void): SinkQueue {
  const { close } = queue;
  return Object.assign(queue, { close: async (hasSuccessor: boolean) => end(await close(hasSuccessor)) });
}

function repairText(folder: string, { file, damagedBytes, savedEvents, movedTo, problem }: Repair): string {
  const what = damagedBytes === null ? 'could not be read' : `had ${countText(damagedBytes)} damaged bytes`;
  const where =
    movedTo === null ? `it could not be moved (${problem}) and is read around the damage` : `it is now ${movedTo}`;
  return `queue_damaged: ${join(folder, file)} ${what}; ${countText(savedEvents)} events of it were saved; ${where}`;
}
