import { isShortOfDescriptors } from './find.ts';
import type { Run } from './options.ts';
import type { Tail } from './tail.ts';

/** What cannot be read, told when it begins and when it is over; every scan tries again. */
export interface Troubles {
  /** What a search could not look at. */
  searched(failures: ReadonlyMap<string, Error>): void;
  with(tail: Tail, error: Error): void;
  over(tail: Tail): void;
  has(tail: Tail): boolean;
}

/** All files that wait for a free descriptor are one subject: there can be thousands. */
const DESCRIPTORS = 'open files';

/** Creates the list of one source, empty. */
export function createTroubles({ context }: Run): Troubles {
  const reasons = new Map<string, string>();
  const readFailures = new Map<Tail, Error>();
  let searchFailures: ReadonlyMap<string, Error> = new Map();

  function current(): Map<string, string> {
    const now = new Map<string, string>();
    const add = (path: string, error: NodeJS.ErrnoException): void => {
      if (isShortOfDescriptors(error)) now.set(DESCRIPTORS, `${error.code}: too many open files`);
      else now.set(path, error.message);
    };
    for (const [path, error] of searchFailures) add(path, error);
    for (const [tail, error] of readFailures) add(tail.path, error);
    return now;
  }
  function tell(): void {
    const now = current();
    const fresh = [...now.keys()].filter((path) => !reasons.has(path));
    if (fresh.length > 0) context.countErrors('file_unreadable', fresh.length);
    for (const [path, reason] of now) if (reasons.get(path) !== reason) context.notReady(path, reason);
    for (const path of reasons.keys()) if (!now.has(path)) context.notReady(path, null);
    reasons.clear();
    for (const [path, reason] of now) reasons.set(path, reason);
  }

  return {
    searched(failures) {
      searchFailures = failures;
      for (const tail of readFailures.keys()) tail.dirty = true;
      if (failures.size > 0 || reasons.size > 0) tell();
    },
    with(tail, error) {
      readFailures.set(tail, error);
      tell();
    },
    over(tail) {
      if (readFailures.delete(tail)) tell();
    },
    has: (tail) => readFailures.has(tail),
  };
}
