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
  locator(k: Kernel): (events: Events) => Located;
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
    locator(k) {
      const paths = compilePaths([...known.values()].map(({ steps }) => steps));
      return (events) => new Located(k, events, paths);
    },
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

/** Where the fields of a batch's events stand, and what they hold. */
export class Located {
  readonly events: Events;
  /** The events' text. */
  readonly text: Buffer;
  readonly #rows: Uint32Array;
  /** Integers per event. */
  readonly #width: number;

  constructor(k: Kernel, events: Events, paths: Paths) {
    this.events = events;
    this.text = Buffer.from(events.text.buffer, events.text.byteOffset, events.text.byteLength);
    this.#rows = locate(k, events, paths);
    this.#width = paths.count * ROW;
  }

  /** The kernel's TYPE. */
  type(i: number, { index }: Column): number {
    return this.#rows[i * this.#width + index * ROW + 3]! & TYPE_MASK;
  }

  start(i: number, { index }: Column): number {
    return this.#rows[i * this.#width + index * ROW + 1]!;
  }

  end(i: number, { index }: Column): number {
    return this.#rows[i * this.#width + index * ROW + 2]!;
  }

  /** First byte of the key's opening quote, and the byte behind its closing one. */
  key(i: number, { index }: Column): { start: number; end: number } {
    const start = this.#rows[i * this.#width + index * ROW]!;
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

  /** Whether two events hold the same bytes in all of the columns. */
  agree(i: number, j: number, columns: readonly Column[]): boolean {
    const rows = this.#rows;
    const { text } = this;
    for (let k = 0; k < columns.length; k++) {
      const at = columns[k]!.index * ROW;
      const one = i * this.#width + at;
      const other = j * this.#width + at;
      if (rows[one + 3] !== rows[other + 3]) return false;
      const start = rows[one + 1]!;
      const length = rows[one + 2]! - start;
      const shift = rows[other + 1]! - start;
      if (rows[other + 2]! - rows[other + 1]! !== length) return false;
      for (let b = start; b < start + length; b++) if (text[b] !== text[b + shift]) return false;
    }
    return true;
  }
}
