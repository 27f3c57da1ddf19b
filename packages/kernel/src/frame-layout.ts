import { GAP, REGION } from './memory.ts';

// The numbers of assembly/record.ts: where a call's parameters, results, rows and waiting partial lines stand.

const word = (bytes: number): number => (REGION.constants.at + bytes) >>> 2;
const double = (bytes: number): number => (REGION.constants.at + bytes) >>> 3;

/** Indices into Kernel.words. */
export const WORD = {
  format: word(0),
  inputEnd: word(4),
  final: word(8),
  cap: word(12),
  lineLimit: word(16),
  prefixes: word(20),
  readTime: word(44),
  members: word(48),
  keys: word(56),
  readNanos: word(64),
  overlong: word(68),
  rows: word(96),
  consumed: word(100),
  lines: word(104),
  merged: word(108),
  misfits: word(112),
  truncated: word(116),
  more: word(120),
  empty: word(124),
  text: word(128),
  contents: word(132),
  yields: word(136),
  short: word(140),
  shortPrefixes: word(144),
} as const;

/** Indices into Kernel.doubles. */
export const DOUBLE = { base: double(72), readSeconds: double(80), overlongEnd: double(88) } as const;

/** Byte address of the constant texts of a framer (prefixes, members, keys) and the room they have. */
export const TEXTS = { at: REGION.constants.at + 1024, size: 1 << 18 } as const;

const MAX_ROWS = 1 << 17;
const start = REGION.rows.at;

/** Byte addresses of the row columns. */
export const COLUMN = {
  start,
  end: start + 4 * MAX_ROWS,
  offset: start + 8 * MAX_ROWS,
  endOffset: start + 16 * MAX_ROWS,
  seconds: start + 24 * MAX_ROWS,
  nanos: start + 32 * MAX_ROWS,
  flags: start + 36 * MAX_ROWS,
} as const;

/** A slot per stream (stdout, stderr, none): its head in the constants region, its texts in the scratch region. */
export const SLOTS = 3;
export const SLOT_BYTES = 64;
export const slotAt = (stream: number): number => REGION.constants.at + 256 + stream * SLOT_BYTES;

/** Byte offsets in a slot's head. */
export const SLOT = { lines: 0, content: 4, time: 8, others: 12, offset: 32 } as const;

const MAX_OTHERS = 65536;

/** Byte addresses of a slot's texts for content of at most `cap` bytes. */
export function slotTexts(stream: number, cap: number): { time: number; others: number; content: number } {
  const at = REGION.scratch.at + stream * ((cap + MAX_OTHERS + 1024) & ~63);
  return { time: at, others: at + 64, content: at + 64 + MAX_OTHERS + 64 };
}

/** Bytes behind a text that have to be 0 before a scan: any part of the gap that SIMD may touch. */
export const SENTINEL = GAP / 8;
