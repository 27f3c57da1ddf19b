import type { TransformContext } from '@tailrace/core';

/** A bounded memory of what is known of keys. */
export interface RecentKeys<V> {
  get(key: string): V | undefined;
  /** Remembers a value; the key is the newest one then, and the oldest one goes where there are too many. */
  set(key: string, value: V, now: number): void;
  /** Counts what was forgotten too early since the last time, and shows how many keys it holds. */
  tell(context: Pick<TransformContext, 'countErrors' | 'gauge'>): void;
}

/** An empty memory of at most `maxKeys` keys; `isNeeded` tells whether it matters that a value is forgotten now. */
export function recentKeys<V>(maxKeys: number, isNeeded: (value: V, now: number) => boolean): RecentKeys<V> {
  /** The oldest comes first. */
  const all = new Map<string, V>();
  let forgotten = 0;

  function forgetOldest(now: number): void {
    const [key, value] = all.entries().next().value!;
    all.delete(key);
    if (isNeeded(value, now)) forgotten++;
  }
  return {
    get: (key) => all.get(key),
    set(key, value, now) {
      all.delete(key);
      all.set(key, value);
      if (all.size > maxKeys) forgetOldest(now);
    },
    tell(context) {
      if (forgotten > 0) context.countErrors('keys_forgotten', forgotten);
      forgotten = 0;
      context.gauge('remembered_keys', 'Keys that the component remembers.', all.size);
    },
  };
}
