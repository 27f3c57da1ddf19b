import { SLOT, SLOT_BYTES, SLOTS, slotAt, slotTexts } from './frame-layout.ts';
import type { Kernel } from './memory.ts';

/** The partial lines of a file that wait for their ends, per stream, between two calls. */
export interface Partials {
  /** Puts them into the kernel before a call. */
  load(k: Kernel): void;
  /** Takes what waits after a call. */
  save(k: Kernel): void;
  readonly lines: number;
  readonly bytes: number;
  /** File offset of the first byte of the oldest one, undefined when none waits. */
  readonly from: number | undefined;
  /** Takes out what waits, for the framer of the file that goes on where this one ends, at offset `end`. */
  takeOut(end: number): CarriedLines | undefined;
}

/** Partial lines of a file that ended, on their way to the file that goes on. Their offsets are relative to the latter's start: below 0. */
export interface CarriedLines {
  readonly slots: readonly (Saved | undefined)[];
}

interface Saved {
  readonly head: Uint8Array;
  readonly time: Uint8Array;
  readonly others: Uint8Array;
  readonly content: Uint8Array;
  readonly lines: number;
  readonly offset: number;
}

/** Creates a set of partial lines whose content is kept up to `cap` bytes each: empty, or those that another file left. */
export function createPartials(cap: number, carried?: CarriedLines): Partials {
  const streams = Array.from({ length: SLOTS }, (_, stream) => ({ at: slotAt(stream), texts: slotTexts(stream, cap) }));
  let saved: (Saved | undefined)[] = streams.map((_, stream) => carried?.slots[stream]);

  return {
    load(k) {
      for (const [stream, { at, texts }] of streams.entries()) {
        const slot = saved[stream];
        if (slot === undefined) {
          k.words[(at + SLOT.lines) >>> 2] = 0;
          continue;
        }
        k.bytes.set(slot.head, at);
        k.bytes.set(slot.time, texts.time);
        k.bytes.set(slot.others, texts.others);
        k.bytes.set(slot.content, texts.content);
      }
    },
    save(k) {
      saved = streams.map(({ at, texts }) => {
        const lines = k.words[(at + SLOT.lines) >>> 2]!;
        if (lines === 0) return undefined;
        const take = (from: number, length: number): Uint8Array => k.bytes.slice(from, from + length);
        return {
          head: take(at, SLOT_BYTES),
          time: take(texts.time, k.words[(at + SLOT.time) >>> 2]!),
          others: take(texts.others, k.words[(at + SLOT.others) >>> 2]!),
          content: take(texts.content, k.words[(at + SLOT.content) >>> 2]!),
          lines,
          offset: k.doubles[(at + SLOT.offset) >>> 3]!,
        };
      });
    },
    get lines() {
      return saved.reduce((sum, slot) => sum + (slot?.lines ?? 0), 0);
    },
    get bytes() {
      return saved.reduce((sum, slot) => sum + (slot?.content.length ?? 0), 0);
    },
    get from() {
      const offsets = saved.flatMap((slot) => (slot === undefined ? [] : [slot.offset]));
      return offsets.length === 0 ? undefined : Math.min(...offsets);
    },
    takeOut(end) {
      const slots = saved.map((slot) => slot && moved(slot, slot.offset - end));
      saved = streams.map(() => undefined);
      return slots.some((slot) => slot !== undefined) ? { slots } : undefined;
    },
  };
}

/** The same lines at another offset; the kernel reads it in the head. */
function moved(slot: Saved, offset: number): Saved {
  const head = slot.head.slice();
  new DataView(head.buffer).setFloat64(SLOT.offset, offset, true);
  return { ...slot, head, offset };
}
