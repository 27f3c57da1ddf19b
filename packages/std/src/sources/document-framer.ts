import { createFramer, type Framed, type Framer, type FramerOptions, kernel } from '@tailrace/kernel';
import { type CutDocuments, DocumentCutter } from './json-documents.ts';

/** A framer whose events are JSON documents, over any number of lines. It uses up all that it is given, but a byte of an open document. */
export interface DocumentFramer extends Framer {
  /** Whether the place where reading would go on, `pendingFrom` or what was used up, is inside an array at the root. */
  readonly insideArray: boolean;
}

interface Options extends Omit<FramerOptions, 'format' | 'carried'> {
  /** Whether the first byte is inside an array at the root. */
  readonly insideArray?: boolean;
}

/** Room for more than an event may have, so that the line framer sees that it was too long. */
const EXCESS = 1024;
const NOTHING: CutDocuments = {
  lines: new Uint8Array(0),
  offset: [],
  endOffset: [],
  start: [],
  inArray: [],
  consumed: 0,
};

/** How much of the input is used up: less than the end of an open document, which may have been the last byte already. */
const passed = ({ openedAt, position }: DocumentCutter): number => (openedAt === null ? position : position - 1);

/** Creates the framer of one input; of a document that is open it holds `maxEventBytes` and little more. */
export function documentFramer({ insideArray = false, ...options }: Options): DocumentFramer {
  const lines = createFramer(kernel(), { ...options, format: 'ndjson' });
  let cutter: DocumentCutter | undefined;
  /** Documents that were cut and not given out yet, from the `next` on. */
  let cut = NOTHING;
  let next = 0;
  let inside = insideArray;

  const hasMore = (): boolean => next < cut.start.length;
  /** Puts the documents where they stand in the input, in place of their lines. */
  function place(framed: Framed): void {
    const from = cut.start[next] ?? 0;
    for (let i = 0; i < framed.length; i++) {
      while (cut.start[next]! < from + framed.offset[i]!) next++;
      framed.offset[i] = cut.offset[next]!;
      framed.endOffset[i] = cut.endOffset[next]!;
    }
    while (hasMore() && cut.start[next]! < from + framed.consumed) next++;
  }

  return {
    frame(chunk, base, readTime, final = false) {
      cutter ??= new DocumentCutter(options.maxEventBytes + EXCESS, base, insideArray);
      if (!hasMore()) {
        cut = cutter.cut(chunk.subarray(cutter.position - base), final);
        next = 0;
      }
      const framed = lines.frame(cut.lines.subarray(cut.start[next] ?? 0), 0, readTime);
      place(framed);
      // What is given out later is not used up: a checkpoint in between must not pass over it.
      const end = hasMore() ? (cut.endOffset[next - 1] ?? base) : passed(cutter);
      inside = hasMore() ? (cut.inArray[next - 1] ?? inside) : cutter.inArray;
      const pendingFrom = hasMore() ? undefined : (cutter.openedAt ?? undefined);
      const more = hasMore() || cutter.position < base + chunk.length;
      return { ...framed, consumed: end - base, more, pendingFrom };
    },
    get insideArray() {
      return inside;
    },
    get pendingBytes() {
      return cutter?.keptBytes ?? 0;
    },
    // A document never goes on in the next file of a log.
    pendingLines: 0,
    takeOut: () => undefined,
  };
}
