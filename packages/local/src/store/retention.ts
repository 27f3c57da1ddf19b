import type { Log } from '@tailrace/core';
import type { Store } from './store.ts';
import { type Bounds, logBytes, OLDEST, periodOf, trim } from './trim.ts';

/** What a retention tells of. */
export interface RetentionContext {
  readonly log: Log;
  gauge(name: string, help: string, value: number, labels?: Readonly<Record<string, string>>): void;
  notReady(subject: string, reason: string | null): void;
}

/** Keeps a store within its bounds until it is stopped. */
export interface Retention {
  /** Resolves when no step is under way. */
  stop(): Promise<void>;
}

/** Reads may hold a step up until the write-ahead log has so many times its length; then they are broken off. */
const TOO_LATE = 3;
const READ_LIMITS = { rows: 1, milliseconds: 10_000 };

/** Deletes what is too old or too much, in steps between the bodies that are stored. */
export function startRetention(store: Store, bounds: Bounds, context: RetentionContext): Retention {
  const deleted = { age: 0, size: 0 };
  let lastBytes = store.counts().bytes;
  let written = 0;
  let step: Promise<void> | null = null;
  const stopping = new AbortController();
  let hurry = new AbortController();

  const begin = (work: () => Promise<void>): void => {
    if (stopping.signal.aborted || step !== null) return;
    step = work()
      .then(
        () => context.notReady('retention', null),
        (error: Error) => context.notReady('retention', error.message),
      )
      .finally(() => {
        step = null;
      });
  };
  const stopListening = store.onChange(() => {
    const { bytes } = store.counts();
    written += Math.abs(bytes - lastBytes);
    lastBytes = bytes;
    if (written > logBytes(bounds)) begin(keepWithin);
    if (written > TOO_LATE * logBytes(bounds)) hurry.abort();
  });
  const timer = setInterval(() => begin(keepAge), periodOf(bounds));

  async function keepWithin(): Promise<void> {
    for (let more = true; more && !stopping.signal.aborted; ) {
      hurry = new AbortController();
      const done = await store.change((connection) => trim(connection, bounds, Date.now()), hurry.signal);
      written = 0;
      tell(done.reason, done.events);
      more = done.more;
    }
  }

  async function keepAge(): Promise<void> {
    const { rows } = await store.read(OLDEST, READ_LIMITS);
    const oldest = rows[0]?.[0] ?? null;
    if (oldest !== null && Number(oldest) / 1000 < Date.now() - bounds.maxAge - periodOf(bounds)) await keepWithin();
  }

  function tell(reason: 'age' | 'size', events: number): void {
    if (events === 0) return;
    if (reason === 'size' && deleted.size === 0) {
      context.log.info(
        { max_bytes: bounds.maxBytes, first: store.counts().first },
        'the store has reached its size: from now on the oldest data is deleted (retention.max_bytes)',
      );
    }
    deleted[reason] += events;
    const help = 'Events that were deleted from the store, because of their age or its size.';
    context.gauge('store_deleted_events', help, deleted[reason], { reason });
  }

  begin(keepWithin);
  return {
    async stop() {
      stopping.abort();
      hurry.abort();
      stopListening();
      clearInterval(timer);
      await step;
    },
  };
}
