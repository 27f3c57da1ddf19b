import { type FSWatcher, watch } from 'node:fs';
import { isMissing } from './find.ts';

/** Watches of folders. */
export interface FolderWatches {
  /** Watches exactly these folders from now on. */
  follow(folders: ReadonlySet<string>): void;
  /** Watches nothing, until folders are followed again. */
  close(): void;
}

/** What a watch tells: names come and go (`rename`) or grow (`change`). */
export interface WatchEvents {
  changed(folder: string, name: string | null, event: 'rename' | 'change'): void;
  /** The folder is polled from now on; told once per folder. */
  failed(folder: string, error: Error): void;
}

/** Creates watches; a folder that cannot be watched is left to the poll. */
export function createWatches(events: WatchEvents): FolderWatches {
  const watchers = new Map<string, FSWatcher>();
  const failed = new Set<string>();

  const fail = (folder: string, error: Error): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
    if (isMissing(error) || failed.has(folder)) return;
    failed.add(folder);
    events.failed(folder, error);
  };
  const open = (folder: string): void => {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => events.changed(folder, name, event));
      watcher.on('error', (error) => fail(folder, error));
      watchers.set(folder, watcher);
    } catch (error) {
      fail(folder, error as Error);
    }
  };

  return {
    follow(folders) {
      for (const [folder, watcher] of watchers) {
        if (folders.has(folder)) continue;
        watcher.close();
        watchers.delete(folder);
      }
      for (const folder of folders) if (!watchers.has(folder) && !failed.has(folder)) open(folder);
    },
    close() {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}
