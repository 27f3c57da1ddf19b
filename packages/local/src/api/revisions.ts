import type { StoreReader } from './store-reader.ts';

/** How often a change of the store is made known, at most. */
const PUBLISH_MS = 1000;

/**
 * The revision of the store that the API speaks of. It follows the store at most once a second, so that questions of many pages within
 * that second have one answer; what was written later is announced later, so nobody takes an older answer for the newest.
 */
export interface Revisions {
  current(): number;
  /** Calls when the published revision has risen; gives what ends it. */
  onPublish(listener: () => void): () => void;
  close(): void;
}

/** Follows a store until it is closed. */
export function followRevisions(store: StoreReader): Revisions {
  const listeners = new Set<() => void>();
  let published = store.revision;
  let publishedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const publish = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (store.revision === published) return;
    published = store.revision;
    publishedAt = performance.now();
    for (const listener of listeners) listener();
  };
  const unsubscribe = store.onChange(() => {
    timer ??= setTimeout(publish, Math.max(0, publishedAt + PUBLISH_MS - performance.now())).unref();
  });
  return {
    current: () => published,
    onPublish(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearTimeout(timer);
      unsubscribe();
      listeners.clear();
    },
  };
}
