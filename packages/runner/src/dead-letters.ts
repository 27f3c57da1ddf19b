import { type DeadLetter, letterLine } from './dead-letters/letter.ts';
import { type LetterLimits, letterFiles, listLetterFiles } from './dead-letters/letter-files.ts';
import { pause } from './sink/backoff.ts';

export type { DeadLetter } from './dead-letters/letter.ts';

/** Unwritten dead letters beyond which a component waits. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 1000;

/** Where refused events go. They never produce dead letters themselves. */
export interface DeadLetters {
  /** Calls `done(true)` when the letter is on the disk, `done(false)` when it was abandoned. */
  add(letter: DeadLetter, done: (durable: boolean) => void): void;
  /** Pending while too many letters wait for the disk; a full disk blocks, it loses nothing. */
  room(): Promise<void> | null;
  readonly written: number;
  /** Waits until all are written or abandoned; never rejects. */
  close(): Promise<void>;
  /** Gives up on letters that cannot be written: their events come again after a restart. */
  abandon(): void;
}

/** Letters in files, which also take what a sink of letters refused. */
export interface LetterFileWriter extends DeadLetters {
  /** Appends a letter that is a line already, without its newline. */
  addLine(line: string, done: (durable: boolean) => void): void;
  /** Letters that were removed to make room for others, with `when_full: drop_oldest`. */
  readonly dropped: number;
  /** Size of all files now. */
  bytes(): Promise<number>;
  /** The file that is appended to. */
  readonly file: string;
}

/** Where letters are written and who hears of trouble. */
export interface LetterFileOptions {
  /** Absolute; full files stand beside it. */
  readonly file: string;
  readonly limits: LetterLimits;
  /** Hears once of failing writes and, with `null`, of their end; they are retried until they work. */
  onFailure(error: Error | null): void;
  /** Hears of a file that was removed to make room. */
  onDropped(path: string, letters: number): void;
}

/** Appends letters to NDJSON files, one fsync for all that wait. */
export function openDeadLetters({ file, limits, onFailure, onDropped }: LetterFileOptions): LetterFileWriter {
  let waiting: { line: string; done: (durable: boolean) => void }[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | null = null;
  let roomWaiters: (() => void)[] = [];
  let abandoned = false;
  let written = 0;
  let dropped = 0;
  const stop = new AbortController();
  const output = letterFiles(file, limits, (path, letters) => {
    dropped += letters;
    onDropped(path, letters);
  });

  async function writeAll(): Promise<void> {
    while (waiting.length > 0 && !abandoned) {
      const group = waiting;
      waiting = [];
      while (group.length > 0) {
        const count = await persist(group.map((letter) => letter.line));
        // What an abandoned writer holds is not durable: all that is left of the group ends so.
        const ended = group.splice(0, count > 0 ? count : group.length);
        written += count;
        waitingBytes -= ended.reduce((sum, letter) => sum + letter.line.length, 0);
        for (const letter of ended) letter.done(count > 0);
        if (abandoned || waitingBytes < MAX_WAITING_BYTES) wakeAll();
      }
    }
    writing = null;
  }
  function wakeAll(): void {
    const waiters = roomWaiters;
    roomWaiters = [];
    for (const wake of waiters) wake();
  }
  /** Gives how many of the lines are on the disk; 0 when it was given up. */
  async function persist(lines: readonly string[]): Promise<number> {
    for (let failed = false; !abandoned; failed = true) {
      try {
        const count = await output.append(lines);
        if (failed) onFailure(null);
        return count;
      } catch (error) {
        if (!failed) onFailure(error as Error);
        await pause(RETRY_MS, stop.signal);
      }
    }
    return 0;
  }
  function addLine(text: string, done: (durable: boolean) => void): void {
    if (abandoned) {
      done(false);
      return;
    }
    const line = `${text}\n`;
    waiting.push({ line, done });
    waitingBytes += line.length;
    writing ??= Promise.resolve().then(writeAll);
  }

  return {
    file,
    async bytes() {
      const found = await listLetterFiles(file).catch(() => []);
      return found.reduce((sum, one) => sum + one.bytes, 0);
    },
    add(letter, done) {
      if (abandoned) return done(false);
      addLine(letterLine(letter, new Date()), done);
    },
    addLine,
    room() {
      if (abandoned || waitingBytes < MAX_WAITING_BYTES) return null;
      return new Promise((resolve) => {
        roomWaiters.push(resolve);
      });
    },
    get written() {
      return written;
    },
    get dropped() {
      return dropped;
    },
    async close() {
      while (writing) await writing;
      await output.close();
    },
    abandon() {
      abandoned = true;
      stop.abort();
      for (const letter of waiting.splice(0)) letter.done(false);
      wakeAll();
    },
  };
}
