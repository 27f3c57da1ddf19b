import { pause } from './alarm.ts';
import type { Run } from './options.ts';
import type { Registry } from './registry.ts';

/** Waits until the instances are on the disk, or the signal aborts: nothing may be emitted under one that could be forgotten. */
export async function untilStored({ io, options }: Run, registry: Registry): Promise<void> {
  while (!io.signal.aborted) {
    // The store says why it cannot be written.
    const isStored = await registry.flush().then(
      () => true,
      () => false,
    );
    if (isStored) return;
    await pause(options.scanIntervalMs, io.signal);
  }
}
