import { type Batch, type ErrorCode, eventId } from '@tailrace/core';
import { durableLines } from './durable-lines.ts';
import { pause } from './sink/backoff.ts';

/** Unwritten dead letters beyond which a component waits. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const RETRY_MS = 1000;

/** One refused event. */
export interface DeadLetter {
  readonly component: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** The batch as the refusing component received it, and the event in it. */
  readonly batch: Batch;
  readonly index: number;
}

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

/**
 * Appends letters to an NDJSON file, one fsync for all that wait. `onFailure` hears once of failing writes and, with `null`, of their
 * end; they are retried until they work.
 */
export function openDeadLetters(file: string, onFailure: (error: Error | null) => void): DeadLetters {
  let waiting: { line: string; done: (durable: boolean) => void }[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | null = null;
  let roomWaiters: (() => void)[] = [];
  let abandoned = false;
  let written = 0;
  const output = durableLines(file);
  const stop = new AbortController();

  async function writeAll(): Promise<void> {
    while (waiting.length > 0 && !abandoned) {
      const group = waiting;
      waiting = [];
      const ok = await persist(group.map((letter) => letter.line).join(''));
      if (ok) written += group.length;
      waitingBytes -= group.reduce((sum, letter) => sum + letter.line.length, 0);
      for (const letter of group) letter.done(ok);
      if (abandoned || waitingBytes < MAX_WAITING_BYTES) wakeAll();
    }
    writing = null;
  }
  function wakeAll(): void {
    const waiters = roomWaiters;
    roomWaiters = [];
    for (const wake of waiters) wake();
  }
  async function persist(text: string): Promise<boolean> {
    for (let failed = false; !abandoned; failed = true) {
      try {
        await output.append(text);
        if (failed) onFailure(null);
        return true;
      } catch (error) {
        if (!failed) onFailure(error as Error);
        await pause(RETRY_MS, stop.signal);
      }
    }
    return false;
  }

  return {
    add(letter, done) {
      if (abandoned) return done(false);
      const line = `${letterText(letter)}\n`;
      waiting.push({ line, done });
      waitingBytes += line.length;
      writing ??= Promise.resolve().then(writeAll);
    },
    room() {
      if (abandoned || waitingBytes < MAX_WAITING_BYTES) return null;
      return new Promise((resolve) => {
        roomWaiters.push(resolve);
      });
    },
    get written() {
      return written;
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

/** The letter as one line: what a person needs to judge it and `replay` to send it again. */
function letterText(letter: DeadLetter): string {
  const { batch, index } = letter;
  const position = batch.position(index);
  const { stream } = position;
  const about = {
    time: new Date().toISOString(),
    component: letter.component,
    code: letter.code,
    message: letter.message,
    signal: batch.signal,
    position: {
      source: stream.source,
      label: stream.label,
      stream: stream.id,
      offset: position.offset,
      end: position.end,
      sub: position.sub,
    },
    _id: eventId(position),
  };
  // A line break in JSON text stands between its tokens; here it would end the letter.
  const event = batch.text(index).replace(/[\r\n]+/g, ' ');
  return `${JSON.stringify(about).slice(0, -1)},"event":${event}}`;
}
