import { crc32 } from 'node:zlib';
import type { Mark } from './marks.ts';
import type { Amount, Total } from './totals.ts';

/** A mark as JSON: times and 64-bit integers as text, so that they stay exact. */
export interface StoredMark {
  readonly time: string;
  readonly start: string;
  readonly total: unknown;
}

/** What {@link restoreMark} reads. */
export function storeMark({ time, start, total }: Mark): StoredMark {
  const exact = (amount: Amount): Amount | string => (typeof amount === 'bigint' ? String(amount) : amount);
  const stored =
    total.kind === 'number' ? { ...total, value: exact(total.value) } : { ...total, count: exact(total.count) };
  return { time: String(time), start: String(start), total: stored };
}

/** The mark that was stored; the text around it has a checksum, so its form is as it was written. */
export function restoreMark({ time, start, total }: StoredMark): Mark {
  const stored = total as Total;
  const exact = (amount: Amount | string): Amount => (typeof amount === 'string' ? BigInt(amount) : amount);
  const restored =
    stored.kind === 'number' ? { ...stored, value: exact(stored.value) } : { ...stored, count: exact(stored.count) };
  return { time: BigInt(time), start: BigInt(start), total: restored };
}

/** One line of a file: CRC-32 of the text (8 hex digits), a space, the value as JSON. */
export function checkedLine(value: unknown): string {
  const text = JSON.stringify(value);
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
}

/** The value of a line of {@link checkedLine} without its end; `undefined` when it is damaged. */
export function readCheckedLine(line: string): unknown {
  const text = line.slice(9);
  if (line[8] !== ' ' || Number.parseInt(line.slice(0, 8), 16) !== crc32(text)) return undefined;
  return JSON.parse(text);
}
