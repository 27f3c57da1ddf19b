import { createReadStream } from 'node:fs';
import { type ParsedLetter, parseLetter } from './parse-letter.ts';

/** A line of a letter file and where it stands. */
export interface LetterLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Bytes `[from, to)` of the file, the newline included. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly parsed: ParsedLetter;
}

/** Longer lines were not written by tailrace: the largest event, its escapes doubled, is a fraction of this. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** What is left out of a reading. */
export interface ReadRange {
  /** Reads no further than to this byte. */
  readonly end?: number;
  /** Lines that are not parsed. */
  skip?(from: number, to: number): boolean;
}

/**
 * Reads a file of letters line by line, with memory for one line. Damaged lines are given out too, with what is wrong with them; the
 * others are read on. Rejects only when the file cannot be read.
 */
export async function* readLetters(file: string, range: ReadRange = {}): AsyncGenerator<LetterLine> {
  let number = 0;
  for await (const { bytes, from, to, whole } of linesOf(file, range.end ?? Number.POSITIVE_INFINITY)) {
    number++;
    if (range.skip?.(from, to)) continue;
    if (bytes === null) {
      const damage = `longer than ${MAX_LINE_BYTES} bytes`;
      yield { file, line: number, from, to, text: '', parsed: { damage } };
      continue;
    }
    const text = bytes.toString('utf8');
    if (text.trim() === '') continue;
    const parsed = parseLetter(text);
    const unfinished = !whole && !parsed.letter;
    yield { file, line: number, from, to, text, parsed: unfinished ? { damage: 'unfinished: it has no end' } : parsed };
  }
}

interface RawLine {
  /** `null`: too long to be held. */
  readonly bytes: Buffer | null;
  readonly from: number;
  readonly to: number;
  /** Whether it ends in a newline. */
  readonly whole: boolean;
}

async function* linesOf(file: string, end: number): AsyncGenerator<RawLine> {
  if (end <= 0) return;
  let pieces: Buffer[] = [];
  let held = 0;
  let from = 0;
  let at = 0;
  const cut = (to: number, whole: boolean): RawLine => {
    const line = { bytes: held > MAX_LINE_BYTES ? null : Buffer.concat(pieces), from, to, whole };
    pieces = [];
    held = 0;
    from = to;
    return line;
  };
  const hold = (piece: Buffer): void => {
    held += piece.length;
    if (held > MAX_LINE_BYTES) pieces = [];
    else pieces.push(piece);
  };
  const options = { highWaterMark: READ_BYTES, ...(Number.isFinite(end) && { end: end - 1 }) };
  for await (const read of createReadStream(file, options)) {
    const chunk = read as Buffer;
    let start = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, start)) {
      hold(chunk.subarray(start, newline));
      start = newline + 1;
      yield cut(at + start, true);
    }
    if (start < chunk.length) hold(chunk.subarray(start));
    at += chunk.length;
  }
  if (at > from) yield cut(at, false);
}
