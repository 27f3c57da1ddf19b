import { createFramer, type Framer, type FramerOptions, kernel } from '@tailrace/kernel';
import { markLength } from './first-line.ts';

/**
 * The framer of one input in UTF-8, which passes over a byte order mark at its beginning. The mark belongs to the first line: that stands at 0
 * with it and without, so what a checkpoint says of the first line stays true.
 */
export function lineFramer(options: FramerOptions): Framer {
  const framer = createFramer(kernel(), options);
  return {
    frame(chunk, base, readTime, final = false) {
      const mark = base === 0 ? markLength(chunk) : 0;
      if (mark === 0) return framer.frame(chunk, base, readTime, final);
      // By itself: lines behind it stand where they do in the chunk.
      const end = chunk.indexOf(0x0a) + 1 || chunk.length;
      const isAll = end === chunk.length;
      const framed = framer.frame(chunk.subarray(mark, end), 0, readTime, final && isAll);
      if (framed.consumed === 0 && !final) return framed;
      for (let i = 0; i < framed.length; i++) framed.endOffset[i]! += mark;
      return { ...framed, consumed: framed.consumed + mark, more: framed.more || !isAll };
    },
    get pendingBytes() {
      return framer.pendingBytes;
    },
    get pendingLines() {
      return framer.pendingLines;
    },
    takeOut: framer.takeOut,
  };
}
