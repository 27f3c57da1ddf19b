/** Documents cut out of a chunk, one per line, and where they stand in the input: each from its first byte to behind its last one. */
export interface CutDocuments {
  readonly lines: Uint8Array;
  readonly offset: readonly number[];
  readonly endOffset: readonly number[];
  /** Where each begins in `lines`. */
  readonly start: readonly number[];
  /** Whether each is an item of an array at the root. */
  readonly inArray: readonly boolean[];
  /** Bytes of the chunk used up; the rest has to be given again. */
  readonly consumed: number;
}

/** Most documents and bytes of one cut, so that what is made of a chunk has a size. */
const MOST_DOCUMENTS = 4096;
const MOST_BYTES = 1 << 20;

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

/** The state between two bytes. After `endBefore` the same byte has to be given once more. */
class Borders {
  #mode: number = MODE.between;
  #inArray = false;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #previous = 0;

  constructor(inArray: boolean) {
    this.#inArray = inArray;
  }

  /** Whether what comes next, or the open document, is an item of an array at the root. */
  get inArray(): boolean {
    return this.#inArray;
  }

  step(byte: number): StepResult {
    if (this.#mode === MODE.between) return this.#between(byte);
    if (this.#inString) return this.#string(byte);
    return this.#mode === MODE.nested ? this.#nested(byte) : this.#bare(byte);
  }

  /** What is open has ended. */
  end(): void {
    this.#leave(STEP.endAfter);
  }

  #between(byte: number): StepResult {
    if (isSpace(byte) || byte === COMMA || byte === RECORD_SEPARATOR || BYTE_ORDER_MARK.includes(byte))
      return STEP.pass;
    if (byte === BRACKET && !this.#inArray) {
      this.#inArray = true;
      return STEP.pass;
    }
    if (byte === CLOSE_BRACKET && this.#inArray) {
      this.#inArray = false;
      return STEP.pass;
    }
    const nested = byte === BRACE || byte === BRACKET;
    this.#mode = nested ? MODE.nested : MODE.bare;
    this.#depth = nested ? 1 : 0;
    this.#inString = byte === QUOTE;
    this.#previous = byte;
    return STEP.begin;
  }

  // A raw line break cannot stand in a JSON string: the document is damaged, and the next one should not suffer.
  #string(byte: number): StepResult {
    if (byte === NEWLINE) return this.#leave(STEP.endBefore);
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
    return STEP.pass;
  }

  #nested(byte: number): StepResult {
    if (isSpace(byte)) return STEP.pass;
    const before = this.#previous;
    // An object where no value can stand: the one before lost its end.
    if (byte === BRACE && before !== COLON && before !== COMMA && before !== BRACKET)
      return this.#leave(STEP.endBefore);
    this.#previous = byte;
    if (byte === QUOTE) this.#inString = true;
    else if (byte === BRACE || byte === BRACKET) this.#depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth--;
    return this.#depth === 0 ? this.#leave(STEP.endAfter) : STEP.pass;
  }

  #bare(byte: number): StepResult {
    const ends = byte === NEWLINE || (this.#inArray && (byte === COMMA || byte === CLOSE_BRACKET));
    if (ends) return this.#leave(STEP.endBefore);
    if (byte === QUOTE) this.#inString = true;
    return STEP.pass;
  }

  #leave(result: StepResult): StepResult {
    this.#mode = MODE.between;
    this.#inString = false;
    this.#escaped = false;
    return result;
  }
}

/**
 * Cuts a stream of JSON documents, pretty-printed, concatenated, or the items of arrays at the root, into lines, without changing
 * a byte but the line breaks between tokens, which become spaces. It looks at borders only: what is no JSON comes out as a line too,
 * and whoever parses it says so. Of a document longer than `maxBytes` the rest is left out.
 */
export class DocumentCutter {
  readonly #maxBytes: number;
  readonly #borders: Borders;
  #pieces: Uint8Array[] = [];
  #kept = 0;
  /** Where the open document began in the input, -1 between documents. */
  #begin = -1;
  #base: number;

  /** `base`: where in the input the first chunk begins; `inArray`: whether that is between items of an array at the root. */
  constructor(maxBytes: number, base = 0, inArray = false) {
    this.#maxBytes = maxBytes;
    this.#base = base;
    this.#borders = new Borders(inArray);
  }

  /** Where the open document began in the input; `null` between documents. */
  get openedAt(): number | null {
    return this.#begin < 0 ? null : this.#begin;
  }

  /** Bytes that are kept of the open document. */
  get keptBytes(): number {
    return this.#kept;
  }

  /** Whether what comes next, or the open document, is an item of an array at the root. */
  get inArray(): boolean {
    return this.#borders.inArray;
  }

  /** Where in the input the next chunk begins. */
  get position(): number {
    return this.#base;
  }

  /** Gives documents that end in this chunk, so many as fit; `final`: what is open at its end ends there. */
  cut(chunk: Uint8Array, final: boolean): CutDocuments {
    const made = { offset: [] as number[], endOffset: [] as number[], start: [] as number[], inArray: [] as boolean[] };
    const lines: Uint8Array[] = [];
    let bytes = 0;
    let isFull = false;
    const end = (at: number) => {
      made.offset.push(this.#begin);
      made.endOffset.push(this.#base + at);
      made.start.push(bytes);
      made.inArray.push(this.#borders.inArray);
      const line = this.#take(chunk, at);
      lines.push(line);
      bytes += line.length;
      isFull = lines.length === MOST_DOCUMENTS || bytes >= MOST_BYTES;
    };
    let i = 0;
    while (i < chunk.length && !isFull) {
      const step = this.#borders.step(chunk[i]!);
      if (step === STEP.begin) this.#begin = this.#base + i;
      // The byte behind a document that it does not belong to is looked at once more.
      if (step === STEP.endBefore) end(i);
      else i++;
      if (step === STEP.endAfter) end(i);
    }
    const isOpen = this.#begin >= 0;
    if (isOpen && final && i === chunk.length) {
      end(i);
      this.#borders.end();
    } else if (isOpen) this.#keep(chunk, i);
    this.#base += i;
    return { lines: Buffer.concat(lines), ...made, consumed: i };
  }

  /** Copies the open document's part of the chunk, up to `end`: the caller may use its buffer again. */
  #keep(chunk: Uint8Array, end: number): void {
    const start = Math.max(0, this.#begin - this.#base);
    const piece = chunk.slice(start, Math.min(end, start + this.#maxBytes - this.#kept));
    this.#kept += piece.length;
    this.#pieces.push(piece);
  }

  #take(chunk: Uint8Array, end: number): Uint8Array {
    this.#keep(chunk, end);
    const line = toLine(this.#pieces);
    this.#pieces = [];
    this.#kept = 0;
    this.#begin = -1;
    return line;
  }
}

function toLine(pieces: readonly Uint8Array[]): Uint8Array {
  const line = Buffer.concat([...pieces, Uint8Array.of(NEWLINE)]);
  for (let i = 0; i < line.length - 1; i++) if (line[i] === NEWLINE || line[i] === RETURN) line[i] = SPACE;
  return line;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB;
}
