import { type Batch, ByteWriter, type EncodedBatch, type Position } from '@tailrace/core';

/** Events `[from, to)` of a batch, entries `[entry, entry + to - from)` of a body. */
export interface Slice {
  readonly batch: Batch;
  readonly from: number;
  readonly to: number;
  readonly entry: number;
}

/** A request body on its way: the bytes, and which event each entry is. */
export interface Body extends EncodedBatch {
  readonly slices: readonly Slice[];
  /** Requests that its entries were part of. */
  attempts: number;
  /** Unix milliseconds of the first one; 0 before. */
  firstTried: number;
  /** Gives the buffer back; replaced when a request that nobody waits for may still read it. */
  release: () => void;
  /** The entries of this one (ascending) as a body of their own. */
  pick(entries: readonly number[]): Body;
}

/** The body that a writer holds; its buffer is used until `release`. */
export function bodyOf(writer: ByteWriter, slices: readonly Slice[], release: () => void): Body {
  return make(writer.bytes.subarray(0, writer.used), writer.marks, writer.entries, slices, release, 0, 0);
}

function make(
  bytes: Uint8Array,
  marks: Uint32Array,
  entries: number,
  slices: readonly Slice[],
  release: () => void,
  attempts: number,
  firstTried: number,
): Body {
  const body: Body = {
    // A body is never cut over two signals.
    signal: slices[0]!.batch.signal,
    bytes,
    entries,
    slices,
    attempts,
    firstTried,
    release,
    end: (entry) => marks[entry]!,
    position(entry): Position {
      const { batch, index } = eventAt(slices, entry);
      return batch.position(index);
    },
    tried: () => body.attempts > 0,
    pick(chosen) {
      const size = chosen.reduce((sum, entry) => sum + marks[entry]! - startOf(marks, entry), 0);
      const part = new ByteWriter(size, chosen.length);
      for (const entry of chosen) part.append(bytes.subarray(startOf(marks, entry), marks[entry]!));
      return make(
        part.bytes,
        part.marks,
        part.entries,
        pickSlices(slices, chosen),
        () => undefined,
        body.attempts,
        body.firstTried,
      );
    },
  };
  return body;
}

function startOf(marks: Uint32Array, entry: number): number {
  return entry === 0 ? 0 : marks[entry - 1]!;
}

/** Which event an entry is. */
export function eventAt(slices: readonly Slice[], entry: number): { batch: Batch; index: number } {
  let low = 0;
  let high = slices.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (slices[middle]!.entry <= entry) low = middle;
    else high = middle - 1;
  }
  const slice = slices[low]!;
  return { batch: slice.batch, index: slice.from + entry - slice.entry };
}

function pickSlices(slices: readonly Slice[], chosen: readonly number[]): Slice[] {
  const picked: Slice[] = [];
  for (const [entry, old] of chosen.entries()) {
    const { batch, index } = eventAt(slices, old);
    const last = picked.at(-1);
    if (last?.batch === batch && last.to === index) picked[picked.length - 1] = { ...last, to: index + 1 };
    else picked.push({ batch, from: index, to: index + 1, entry });
  }
  return picked;
}
