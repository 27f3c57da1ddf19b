import type { Framed, Framer } from '@tailrace/kernel';
import { markLength } from '../first-line.ts';
import type { Decode, Decoded } from './encoding.ts';

/** Bytes that are decoded at once: what a framer leaves of them is decoded again. */
const PIECE = 1 << 16;

/**
 * Lets a framer of UTF-8 read another encoding: it gets the text, and the positions of what it gives are those of the bytes. It may hold one
 * line or document that is not complete, as those of text, NDJSON and JSON do.
 */
export function transcodingFramer(framer: Framer, decode: Decode): Framer {
  /** Offset in the text of all that was used up. */
  let textBase = 0;
  /** Where in the input the line or document begins that is not complete. */
  let open = 0;

  function frameText(
    decoded: Decoded,
    skip: number,
    base: number,
    readTime: Parameters<Framer['frame']>[2],
    final: boolean,
  ): Framed {
    const framed = framer.frame(decoded.text.subarray(skip), textBase, readTime, final);
    const placeOf = (offset: number): number =>
      offset < textBase ? open : base + decoded.placeOf(offset - textBase + skip);
    for (let i = 0; i < framed.length; i++) {
      framed.offset[i] = placeOf(framed.offset[i]!);
      framed.endOffset[i] = placeOf(framed.endOffset[i]!);
    }
    const pendingFrom = framed.pendingFrom === undefined ? undefined : placeOf(framed.pendingFrom);
    // What is left of a character is given again as a whole.
    let used = framed.consumed + skip;
    while (used > skip && decoded.placeOf(used - 1) === decoded.placeOf(used)) used--;
    const consumed = decoded.placeOf(used);
    textBase += used - skip;
    open = pendingFrom ?? open;
    return { ...framed, consumed, pendingFrom };
  }

  return {
    frame(bytes, base, readTime, final = false) {
      for (let most = PIECE; ; most = bytes.length) {
        const piece = bytes.subarray(0, most);
        const isWhole = piece.length === bytes.length;
        const decoded = decode(piece, final && isWhole);
        const skip = base === 0 ? markLength(decoded.text) : 0;
        const framed = frameText(decoded, skip, base, readTime, final && isWhole);
        if (isWhole || framed.more) return framed;
        // A line that is longer than a piece.
        if (framed.consumed > 0 || framed.length > 0) return { ...framed, more: true };
      }
    },
    get pendingBytes() {
      return framer.pendingBytes;
    },
    get pendingLines() {
      return framer.pendingLines;
    },
    takeOut: () => undefined,
  };
}
