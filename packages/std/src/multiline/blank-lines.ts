/** Counts the empty lines that a framer of plain lines passes over, between those that it gives. */
export interface BlankLines {
  /** A chunk of the file follows, from offset `base` on. */
  begin(chunk: Uint8Array, base: number): void;
  /** Empty lines right before the line at these offsets; lines have to come in their order. */
  before(offset: number, endOffset: number): number;
  /** The chunk was used up to here. */
  end(to: number): void;
}

const LINE_FEED = 0x0a;

/** Begins before the first line. */
export function countBlankLines(): BlankLines {
  let bytes: Uint8Array = new Uint8Array(0);
  let base = 0;
  /** Counted up to here, since the last line. */
  let at = 0;
  let blank = 0;
  const countTo = (offset: number): void => {
    for (let k = Math.max(0, at - base); k < offset - base; k++) if (bytes[k] === LINE_FEED) blank++;
    at = Math.max(at, offset);
  };
  return {
    begin(chunk, from) {
      bytes = chunk;
      base = from;
      at = from;
    },
    before(offset, endOffset) {
      countTo(offset);
      const count = blank;
      blank = 0;
      at = endOffset;
      return count;
    },
    end(to) {
      countTo(to);
    },
  };
}
