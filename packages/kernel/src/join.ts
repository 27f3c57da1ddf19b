import { giveArena, takeArena } from './arena.ts';
import type { Events } from './events.ts';
import type { Kernel } from './memory.ts';
import { keepResident } from './resident.ts';

/** Events that the runs of one call gave out, piece by piece, in order. */
export interface Joiner {
  /** A copy of `bytes` holds `count` more events; `starts` and `ends` (from index `at`) count from `base`. */
  add(bytes: Uint8Array, count: number, words: Uint32Array, startsAt: number, endsAt: number, base: number): void;
  /** One more event, copied as it stands. */
  addOne(event: Uint8Array): void;
  events(): Events;
}

/** Collects the output of several runs into one text; a single run's text is copied once, and stays resident. */
export function joiner(k: Kernel, length: number): Joiner {
  const start = new Uint32Array(length);
  const end = new Uint32Array(length);
  const pieces: Uint8Array[] = [];
  let size = 0;
  let done = 0;
  // Where the last run stands.
  let at: number | null = null;
  const keep = (bytes: Uint8Array): void => {
    const piece = takeArena(bytes.length);
    piece.set(bytes);
    pieces.push(piece);
    size += bytes.length;
  };
  return {
    add(bytes, count, words, startsAt, endsAt, base) {
      const shift = size - base;
      at = base;
      for (let i = 0; i < count; i++) {
        start[done + i] = words[startsAt + i]! + shift;
        end[done + i] = words[endsAt + i]! + shift;
      }
      done += count;
      keep(bytes);
    },
    addOne(event) {
      start[done] = size;
      at = null;
      keep(event);
      end[done++] = size;
    },
    events() {
      const text = pieces.length === 1 ? pieces[0]! : concat(pieces, size);
      if (pieces.length === 1 && at !== null) keepResident(k, text, at);
      else k.resident = null;
      return { text, start, end, length };
    },
  };
}

function concat(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const text = takeArena(size);
  let at = 0;
  for (const piece of pieces) {
    text.set(piece, at);
    at += piece.length;
    giveArena(piece);
  }
  return text;
}
