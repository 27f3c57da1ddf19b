/** Documents cut out of a chunk, one per line, and where they stand in the input. */
export interface CutDocuments {
  readonly lines: Uint8Array;
  readonly offset: readonly number[];
  readonly endOffset: readonly number[];
}

/** Finds where JSON documents begin and end. */
export interface DocumentCutter {
  /** Gives the documents that end in this chunk; `final`: what is open ends here. */
  cut(chunk: Uint8Array, final: boolean): CutDocuments;
}

const STEP = { pass: 0, begin: 1, endAfter: 2, endBefore: 3 } as const;
type StepResult = (typeof STEP)[keyof typeof STEP];
const MODE = { between: 0, nested: 1, bare: 2 } as const;

const [NEWLINE, RETURN, TAB, SPACE] = [0x0a, 0x0d, 0x09, 0x20];
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [BRACE, CLOSE_BRACE, BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Between the documents of an RFC 7464 sequence. */
const RECORD_SEPARATOR = 0x1e;
/** Bytes that say they are a byte order mark, wherever they stand between documents. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Cuts a stream of JSON documents, pretty-printed, concatenated, or the items of arrays at the root, into lines, without changing
 * a byte but the line breaks between tokens, which become spaces. It looks at borders only: what is no JSON comes out as a line too,
 * and whoever parses it says so. Of a document longer than `maxBytes` the rest is left out.
 */
export function createDocumentCutter(maxBytes: number): DocumentCutter {
  const borders = createBorders();
  let pieces: Uint8Array[] = [];
  let kept = 0;
  let begin = -1;
  let base = 0;

  const keep = (bytes: Uint8Array) => {
    const piece = bytes.slice(0, Math.max(0, maxBytes - kept));
    kept += piece.length;
    pieces.push(piece);
  };

  return {
    cut(chunk, final) {
      const lines: Uint8Array[] = [];
      const offset: number[] = [];
      const endOffset: number[] = [];
      const end = (at: number) => {
        keep(chunk.subarray(Math.max(0, begin - base), at));
        lines.push(toLine(pieces));
        offset.push(begin);
        endOffset.push(base + at);
        pieces = [];
        kept = 0;
        begin = -1;
      };
      for (let i = 0; i < chunk.length; i++) {
        let step = borders.step(chunk[i]!);
        if (step === STEP.endBefore) {
          end(i);
          step = borders.step(chunk[i]!);
        }
        if (step === STEP.begin) begin = base + i;
        if (step === STEP.endAfter) end(i + 1);
      }
      if (begin >= 0 && final) end(chunk.length);
      else if (begin >= 0) keep(chunk.subarray(Math.max(0, begin - base)));
      base += chunk.length;
      return { lines: Buffer.concat(lines), offset, endOffset };
    },
  };
}

function toLine(pieces: readonly Uint8Array[]): Uint8Array {
  const line = Buffer.concat([...pieces, Uint8Array.of(NEWLINE)]);
  for (let i = 0; i < line.length - 1; i++) if (line[i] === NEWLINE || line[i] === RETURN) line[i] = SPACE;
  return line;
}

/** The state between two bytes. After `endBefore` the same byte has to be given once more. */
function createBorders(): { step(byte: number): StepResult } {
  let mode: number = MODE.between;
  let inArray = false;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let previous = 0;

  const leave = (result: StepResult): StepResult => {
    mode = MODE.between;
    inString = false;
    escaped = false;
    depth = 0;
    return result;
  };

  function between(byte: number): StepResult {
    if (isSpace(byte) || byte === COMMA || byte === RECORD_SEPARATOR || BYTE_ORDER_MARK.includes(byte))
      return STEP.pass;
    if (byte === BRACKET && !inArray) inArray = true;
    else if (byte === CLOSE_BRACKET && inArray) inArray = false;
    else {
      const nested = byte === BRACE || byte === BRACKET;
      mode = nested ? MODE.nested : MODE.bare;
      depth = nested ? 1 : 0;
      inString = byte === QUOTE;
      previous = byte;
      return STEP.begin;
    }
    return STEP.pass;
  }

  // A raw line break cannot stand in a JSON string: the document is damaged, and the next one should not suffer.
  function string(byte: number): StepResult {
    if (byte === NEWLINE) return leave(STEP.endBefore);
    if (escaped) escaped = false;
    else if (byte === BACKSLASH) escaped = true;
    else if (byte === QUOTE) inString = false;
    return STEP.pass;
  }

  function nested(byte: number): StepResult {
    if (isSpace(byte)) return STEP.pass;
    // An object where no value can stand: the one before lost its end.
    if (byte === BRACE && previous !== COLON && previous !== COMMA && previous !== BRACKET)
      return leave(STEP.endBefore);
    previous = byte;
    if (byte === QUOTE) inString = true;
    else if (byte === BRACE || byte === BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    return depth === 0 ? leave(STEP.endAfter) : STEP.pass;
  }

  function bare(byte: number): StepResult {
    if (byte === NEWLINE || (inArray && (byte === COMMA || byte === CLOSE_BRACKET))) return leave(STEP.endBefore);
    if (byte === QUOTE) inString = true;
    return STEP.pass;
  }

  return {
    step(byte) {
      if (mode === MODE.between) return between(byte);
      if (inString) return string(byte);
      return mode === MODE.nested ? nested(byte) : bare(byte);
    },
  };
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB;
}
