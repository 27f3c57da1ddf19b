import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from('TLRQ');
const VERSION = 1;
const LENGTH_AT = 20;
const LENGTH_BYTES = 4;
const CHECKSUM_AT = 24;

/** Bytes that stand before the frame in a record. */
export const RECORD_HEADER = 28;

/** One batch frame in a segment of a disk queue. */
export interface QueueRecord {
  /** Header and frame. */
  readonly bytes: Buffer;
  /** Counts the records of a queue, from 1. */
  readonly sequence: number;
  readonly events: number;
  /** The batch frame. */
  readonly frame: Buffer;
}

/** A record whose bytes are whole and whose layout is that of a later version. */
export class NewerRecord extends Error {
  override readonly name = 'NewerRecord';
}

/**
 * What stands before a frame in its record, little endian: magic "TLRQ", u16 version, u16 0, f64 sequence number, u32 events, u32 frame bytes, u32 CRC-32 of all the rest
 * and the frame. Magic, version, frame bytes and CRC keep their places in every version.
 */
export function recordHeader(sequence: number, events: number, frame: Uint8Array): Buffer {
  const header = Buffer.alloc(RECORD_HEADER);
  MAGIC.copy(header, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeDoubleLE(sequence, 8);
  header.writeUInt32LE(events, 16);
  header.writeUInt32LE(frame.length, LENGTH_AT);
  header.writeUInt32LE(checksum(header, frame), CHECKSUM_AT);
  return header;
}

function checksum(header: Uint8Array, frame: Uint8Array): number {
  return crc32(frame, crc32(header.subarray(0, CHECKSUM_AT)));
}

/** What a scan found. */
export interface Scan {
  readonly records: readonly QueueRecord[];
  /** Bytes from which on nothing was looked at: a record goes on after the end. */
  readonly used: number;
  /** How many bytes from `used` on the next record needs, as far as its header says. */
  readonly needs: number;
  /** Bytes that belong to no whole record. */
  readonly damaged: number;
  /** The damaged bytes at the very end, which may be a record that was never finished. */
  readonly torn: number;
}

/**
 * Finds the records in bytes of a segment. After damage it looks for the next magic whose record has the right checksum. `left` is how many
 * bytes of the segment follow: a record that needs more than that is damage. Throws {@link NewerRecord}.
 */
export function scanRecords(bytes: Buffer, left = 0): Scan {
  const records: QueueRecord[] = [];
  let damaged = 0;
  let end = 0;
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(MAGIC, at);
    const record = found < 0 ? null : recordAt(bytes, found, left);
    if (typeof record === 'number')
      return { records, used: found, needs: record, damaged: damaged + found - end, torn: 0 };
    // Only where a record has to begin: text that looks like many beginnings would cost a checksum each.
    const mended = record === null && found === end && left === 0 ? withoutItsLength(bytes.subarray(found)) : null;
    const kept = record ?? mended;
    if (kept) {
      damaged += found - end + (mended ? LENGTH_BYTES : 0);
      records.push(kept);
      end = found + kept.bytes.length;
      at = end;
    } else if (found < 0) break;
    else at = found + 1;
  }
  // The first bytes of a magic may stand at the end.
  const rest = left > 0 ? Math.min(MAGIC.length - 1, bytes.length - end) : 0;
  const torn = bytes.length - end - rest;
  return { records, used: bytes.length - rest, needs: RECORD_HEADER, damaged: damaged + torn, torn };
}

/** Whether the bytes may be the beginning of a record that goes on after them. */
export function beginsRecord(bytes: Buffer): boolean {
  if (bytes.compare(MAGIC, 0, Math.min(MAGIC.length, bytes.length), 0, Math.min(MAGIC.length, bytes.length)) !== 0)
    return false;
  return bytes.length < RECORD_HEADER || RECORD_HEADER + bytes.readUInt32LE(LENGTH_AT) > bytes.length;
}

/** The record that begins there; the bytes it needs when it goes on after these; `null` when there is none. */
function recordAt(bytes: Buffer, at: number, left: number): QueueRecord | number | null {
  const there = bytes.length - at;
  if (there < RECORD_HEADER) return there + left >= RECORD_HEADER ? RECORD_HEADER : null;
  const length = RECORD_HEADER + bytes.readUInt32LE(at + LENGTH_AT);
  if (length > there) return length <= there + left ? length : null;
  return wholeRecord(bytes.subarray(at, at + length));
}

/**
 * The last record of a segment whose length is damaged, with the right one. Without this it would look like one that was never finished,
 * and be cut off without a word.
 */
function withoutItsLength(bytes: Buffer): QueueRecord | null {
  if (bytes.length < RECORD_HEADER) return null;
  const record = Buffer.from(bytes);
  record.writeUInt32LE(bytes.length - RECORD_HEADER, LENGTH_AT);
  return wholeRecord(record);
}

function wholeRecord(record: Buffer): QueueRecord | null {
  const frame = record.subarray(RECORD_HEADER);
  if (record.readUInt32LE(CHECKSUM_AT) !== checksum(record, frame)) return null;
  const version = record.readUInt16LE(4);
  if (version > VERSION) throw new NewerRecord(`record version ${version} is newer than ${VERSION}`);
  return { bytes: record, sequence: record.readDoubleLE(8), events: record.readUInt32LE(16), frame };
}
