import { isMissing, isShortOfDescriptors } from './find.ts';
import type { Handles } from './handles.ts';
import type { Registry } from './registry.ts';
import type { Tail } from './tail.ts';

/** A file that may become a tail. */
export interface Newcomer {
  readonly path: string;
  /** `null`: it is none by now. */
  open(): Promise<Tail | null>;
}

/**
 * Makes tails of files; their instances are on the disk, with one flush for all, before any of them is read. What could not be opened
 * goes to `failures`; the answer is what became tails.
 */
export type Admit = (newcomers: readonly Newcomer[], failures: Map<string, Error>) => Promise<readonly Tail[]>;

/** Prepares making tails, which go to `tails`. */
export function createAdmission(registry: Registry, handles: Handles, tails: Map<string, Tail>): Admit {
  async function giveBack(tail: Tail): Promise<void> {
    await handles.close(tail);
    if (tail.instance.restored) registry.release(tail.instance);
    else registry.remove(tail.instance);
  }

  return async (newcomers, failures) => {
    const admitted: Tail[] = [];
    for (const { path, open } of newcomers) {
      try {
        const tail = await open();
        if (!tail) continue;
        admitted.push(tail);
        await handles.keep(tail);
      } catch (error) {
        if (isMissing(error)) continue;
        failures.set(path, error as Error);
        if (isShortOfDescriptors(error as Error)) await handles.spare();
      }
    }
    if (admitted.some(({ instance }) => !instance.restored)) {
      try {
        await registry.flush();
      } catch {
        // The store says why. Nothing may be emitted under an id that could be forgotten: they are new again at the next scan.
        for (const tail of admitted) await giveBack(tail);
        return [];
      }
    }
    for (const tail of admitted) tails.set(tail.key, tail);
    return admitted;
  };
}
