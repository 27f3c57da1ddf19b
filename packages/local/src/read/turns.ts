import { ReadError } from './read-error.ts';

/** Lets few of many work at a time, the others in the order they came. */
export interface Turns {
  /** Resolves when it is the caller's turn; rejects with a {@link ReadError} when too many wait or `signal` aborts. Gives what ends the turn. */
  take(signal: AbortSignal): Promise<() => void>;
  /** Lets nobody begin until what it gives is called; resolves when nobody is at work. */
  pause(): Promise<() => void>;
}

/** At most `atOnce` turns at a time, and at most `waiting` callers that wait for one. */
export function createTurns(atOnce: number, waiting: number): Turns {
  let free = atOnce;
  let pauses = 0;
  const line: (() => void)[] = [];
  const quiet: (() => void)[] = [];
  const admit = (): void => {
    while (pauses === 0 && free > 0 && line.length > 0) {
      free--;
      line.shift()!();
    }
  };
  const end = (): void => {
    free++;
    if (free === atOnce) for (const tell of quiet.splice(0)) tell();
    admit();
  };
  const resume = (): void => {
    pauses--;
    admit();
  };
  return {
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (free > 0 && pauses === 0) {
        free--;
        return Promise.resolve(once(end));
      }
      if (line.length >= waiting) {
        return Promise.reject(new ReadError('busy', `${waiting} queries wait already: ask again in a moment`));
      }
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          signal.removeEventListener('abort', leave);
          resolve(once(end));
        };
        const leave = (): void => {
          line.splice(line.indexOf(enter), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', leave, { once: true });
        line.push(enter);
      });
    },
    async pause() {
      pauses++;
      if (free < atOnce) await new Promise<void>((resolve) => quiet.push(resolve));
      return once(resume);
    },
  };
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
