import { createHash } from 'node:crypto';
import { type Batch, LogBatch, type Position } from '@tailrace/core';
import type { ComponentConfig } from '../component.ts';
import type { DeadLetters, LetterFileWriter } from '../dead-letters.ts';
import { type DeadLetter, letterEvent, refusedLetterLine } from './letter.ts';
import { letterBatch } from './letter-batch.ts';

/** What a sink names among its `inputs` to take dead letters. */
export const DEAD_LETTERS = 'dead_letters';

/** Most letters of one batch. */
const BATCH_LETTERS = 500;

/** Where letters flow that are events for sinks. */
export interface LetterOutlet {
  /** Whether a sink takes letters now. */
  readonly taken: boolean;
  /** Hands a batch to those sinks; the promises are their back-pressure. */
  push(batch: Batch): Promise<void>[];
}

/** Letters go to the sinks that take them, or else to the file. */
export interface LetterWays extends DeadLetters {
  /** For the sinks that take letters: what such a sink refuses goes to the file, so that no letter goes in a circle. */
  readonly ofSinks: DeadLetters;
  readonly files: LetterFileWriter;
  /** Names the way to the sinks. */
  lead(outlet: LetterOutlet): void;
}

/** Whether a sink takes dead letters. */
export function takesLetters({ inputs }: Pick<ComponentConfig, 'inputs'>): boolean {
  return inputs.includes(DEAD_LETTERS);
}

interface Waiting {
  readonly letter: Parameters<typeof letterBatch>[0][number];
  readonly done: (durable: boolean) => void;
}

/** Joins the file of letters with the sinks that take them. */
export function letterWays(file: LetterFileWriter): LetterWays {
  let outlet: LetterOutlet | null = null;
  let waiting: Waiting[] = [];
  let full: Promise<void> | null = null;
  let written = 0;

  function counted(done: (durable: boolean) => void): (durable: boolean) => void {
    return (durable) => {
      if (durable) written++;
      done(durable);
    };
  }
  function push(): void {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += BATCH_LETTERS) pushBatch(all.slice(from, from + BATCH_LETTERS));
  }
  function pushBatch(group: readonly Waiting[]): void {
    const batch = letterBatch(
      group.map(({ letter }) => letter),
      (events, columns) => LogBatch.fromSource(events, columns),
    );
    void batch.lineage.tickets[0]!.settled.then((outcome) => {
      // What the sink refused is in the file; only what was given up is nowhere.
      for (const { done } of group) done(outcome !== 'errored');
    });
    const waits = outlet!.push(batch);
    if (waits.length === 0) return;
    const room: Promise<void> = Promise.all(waits).then(() => {
      if (full === room) full = null;
    });
    full = room;
  }
  const ofSinks: DeadLetters = {
    add(letter, done) {
      const { component, code, message, batch, index } = letter;
      if (batch.position(index).stream.source !== DEAD_LETTERS) return file.add(letter, counted(done));
      file.addLine(refusedLetterLine(batch.text(index), { component, code, message }), done);
    },
    room: () => file.room(),
    get written() {
      return written;
    },
    close: () => file.close(),
    abandon: () => file.abandon(),
  };

  return {
    ofSinks,
    files: file,
    room: () => file.room() ?? full,
    get written() {
      return written;
    },
    close: () => file.close(),
    abandon: () => file.abandon(),
    add(letter, done) {
      if (!outlet?.taken) return file.add(letter, counted(done));
      if (waiting.length === 0) queueMicrotask(push);
      // Its batch may be released when this returns.
      waiting.push({ letter: asEvent(letter), done: counted(done) });
    },
    lead(to) {
      outlet = to;
    },
  };
}

function asEvent(letter: DeadLetter): Waiting['letter'] {
  const now = new Date();
  const milliseconds = now.getTime();
  return {
    event: letterEvent(letter, now),
    time: now.toISOString(),
    eventTime: { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000, own: true },
    position: letterPosition(letter.batch.position(letter.index), letter.component),
  };
}

/** The place of the event, in a stream for the component's letters: an event that is refused again after a restart has the same id. */
function letterPosition(position: Position, component: string): Position {
  const { id, label } = position.stream;
  const hash = createHash('sha256').update(`${component}\n${id}`).digest('base64url').slice(0, 16);
  const stream = { id: hash, source: DEAD_LETTERS, label, firstSeen: 0, replayBelow: Number.MAX_SAFE_INTEGER };
  return { ...position, stream };
}
