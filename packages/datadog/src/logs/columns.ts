import { ConfigError, PathError, path } from '@tailrace/core';
import { compilePaths, type Events, type Kernel, locate, type Paths, ROW, TYPE, TYPE_MASK } from '@tailrace/kernel';

/** A field that the encoder reads: which column of the table it is. */
export interface Column {
  readonly index: number;
  readonly steps: readonly (string | number)[];
}

/** The fields of all options, each one once. */
export interface ColumnSet {
  /** The column of a field path; throws {@link ConfigError} at `at` for what is none. */
  column(text: string, at: readonly (string | number)[]): Column;
  columns(texts: readonly string[], at: readonly (string | number)[]): Column[];
  /** Says where the fields stand; call it when all columns are known. */
  located(k: Kernel): Located;
}

/** Collects columns. */
export function columnSet(): ColumnSet {
  const known = new Map<string, Column>();
  const set: ColumnSet = {
    column(text, at) {
      const { steps } = parse(text, at);
      const key = JSON.stringify(steps);
      const column = known.get(key) ?? { index: known.size, steps };
      known.set(key, column);
      return column;
    },
    columns: (texts, at) => texts.map((text, i) => set.column(text, [...at, i])),
    located: (k) => new Located(k, compilePaths([...known.values()].map(({ steps }) => steps))),
  };
  return set;
}

function parse(text: string, at: readonly (string | number)[]) {
  try {
    return path(text);
  } catch (error) {
    if (error instanceof PathError) throw new ConfigError(at, error.message);
    throw error;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Events that are looked at together: few enough for their table to stay in the processor's cache. */
const CHUNK = 128;
const NOTHING = Buffer.alloc(0);
const NO_EVENTS: Events = { text: NOTHING, start: new Uint32Array(0), end: new Uint32Array(0), length: 0 };

/** Where the fields of a batch's events stand, and what they hold. */
export class Located {
  events = NO_EVENTS;
  /** The events' text. */
  text: Buffer = NOTHING;
  /** Another number for each batch. */
  generation = 0;
  readonly #kernel: Kernel;
  readonly #paths: Paths;
  readonly #rows: Uint32Array;
  /** Integers per event. */
  readonly #width: number;
  /** The events that the table is of. */
  #from = 0;
  #to = 0;

  constructor(k: Kernel, paths: Paths) {
    this.#kernel = k;
    this.#paths = paths;
    this.#width = paths.count * ROW;
    this.#rows = new Uint32Array(CHUNK * this.#width);
  }

  /** Turns to the events of a batch; `null`: to none, so that the memory of a batch is not held. */
  open(events: Events | null): void {
    if (events === this.events) return;
    this.events = events ?? NO_EVENTS;
    this.generation++;
    const { text } = this.events;
    this.text = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    this.#from = 0;
    this.#to = 0;
  }

  /** To be called before an event is asked about. */
  seek(i: number): void {
    if (i >= this.#from && i < this.#to) return;
    const { text, start, end, length } = this.events;
    const to = Math.min(length, i + CHUNK);
    const chunk = { text, start: start.subarray(i, to), end: end.subarray(i, to), length: to - i };
    locate(this.#kernel, chunk, this.#paths, this.#rows);
    this.#from = i;
    this.#to = to;
  }

  #at(i: number, { index }: Column): number {
    return (i - this.#from) * this.#width + index * ROW;
  }

  /** The kernel's TYPE. */
  type(i: number, column: Column): number {
    return this.#rows[this.#at(i, column) + 3]! & TYPE_MASK;
  }

  start(i: number, column: Column): number {
    return this.#rows[this.#at(i, column) + 1]!;
  }

  end(i: number, column: Column): number {
    return this.#rows[this.#at(i, column) + 2]!;
  }

  /** First byte of the key's opening quote, and the byte behind its closing one. */
  key(i: number, column: Column): { start: number; end: number } {
    const start = this.#rows[this.#at(i, column)]!;
    let end = start + 1;
    for (; this.text[end] !== QUOTE; end++) if (this.text[end] === BACKSLASH) end++;
    return { start, end: end + 1 };
  }

  /** Whether the field holds a text that is not empty and has at most `maxBytes` as it stands in the event. */
  isText(i: number, column: Column, maxBytes: number): boolean {
    if (this.type(i, column) !== TYPE.string) return false;
    const length = this.end(i, column) - this.start(i, column);
    return length > 2 && length <= maxBytes;
  }

  /** The value as it stands in the event, its bytes as one character each. */
  raw(i: number, column: Column): string {
    return this.text.toString('latin1', this.start(i, column), this.end(i, column));
  }

  /**
   * Whether two events hold the same bytes in the columns of these {@link placesOf}; false when it is not known any more what the first one
   * holds.
   */
  agree(i: number, j: number, places: Uint32Array): boolean {
    if (i < this.#from || i >= this.#to) return false;
    const rows = this.#rows;
    const { text } = this;
    const one = (i - this.#from) * this.#width;
    const other = (j - this.#from) * this.#width;
    for (let k = 0; k < places.length; k++) {
      const at = places[k]!;
      const type = rows[one + at + 3]!;
      if (type !== rows[other + at + 3]) return false;
      if (type === TYPE.missing) continue;
      const start = rows[one + at + 1]!;
      const end = rows[one + at + 2]!;
      const shift = rows[other + at + 1]! - start;
      if (rows[other + at + 2]! - shift !== end) return false;
      for (let b = start; b < end; b++) if (text[b] !== text[b + shift]) return false;
    }
    return true;
  }
}

/** Where columns stand in an event's row, for {@link Located.agree}. */
export function placesOf(columns: readonly Column[]): Uint32Array {
  return Uint32Array.from(columns, ({ index }) => index * ROW);
}
