import type { ReadTime } from './frame.ts';
import { DOUBLE, TEXTS, WORD } from './frame-layout.ts';
import type { Kernel } from './memory.ts';

/** The texts that are the same in each event of a framer. */
export interface Texts {
  load(k: Kernel, readTime: ReadTime): void;
}

const OWN_KEYS = ['@timestamp', 'stream', 'log'];
const READ_TIME_BYTES = 30;
const STREAMS = ['"stream":"stdout",', '"stream":"stderr",', ''];

const commaBehind = (members: Uint8Array): Buffer =>
  members.length === 0 ? Buffer.alloc(0) : Buffer.concat([members, Buffer.from(',')]);
const prefixesOf = (members: Buffer): Buffer[] => STREAMS.map((stream) => Buffer.from(`",${stream}${members}"log":"`));

/** Prepares the texts around a line's own parts; throws a TypeError when `members` or `yielding` is not the inside of a JSON object. */
export function createTexts(members: Uint8Array, yielding: Uint8Array): Texts {
  const [taken, rivals] = [keysOf(members), keysOf(yielding)];
  if (rivals.length > 1) throw new TypeError('yielding: must be one member');
  const short = commaBehind(members);
  const all = Buffer.concat([short, commaBehind(yielding)]);
  const parts = [Buffer.alloc(READ_TIME_BYTES + 2), ...prefixesOf(all), all, keyTable([...taken, ...rivals])];
  if (rivals.length > 0) parts.push(...prefixesOf(short));
  const starts: number[] = [];
  let size = 0;
  for (const part of parts) {
    starts.push(TEXTS.at + size);
    size += (part.length + 63) & ~63;
  }
  if (size > TEXTS.size)
    throw new RangeError(`members: ${members.length} bytes are too many; about ${TEXTS.size >> 2} fit`);
  const image = new Uint8Array(size);
  for (const [i, part] of parts.entries()) image.set(part, starts[i]! - TEXTS.at);

  return {
    load(k, readTime) {
      k.bytes.set(image, TEXTS.at);
      k.bytes.set(isoNanos(readTime), starts[0]!);
      k.words[WORD.readTime] = starts[0]!;
      for (let i = 0; i < STREAMS.length; i++) {
        k.words[WORD.prefixes + 2 * i] = starts[1 + i]!;
        k.words[WORD.prefixes + 2 * i + 1] = parts[1 + i]!.length;
        // A line that another file left may have made a member yield there.
        const from = rivals.length > 0 ? 6 : 1;
        k.words[WORD.shortPrefixes + 2 * i] = starts[from + i]!;
        k.words[WORD.shortPrefixes + 2 * i + 1] = parts[from + i]!.length;
      }
      k.words[WORD.members] = starts[4]!;
      k.words[WORD.members + 1] = all.length;
      k.words[WORD.short] = short.length;
      k.words[WORD.keys] = starts[5]!;
      k.words[WORD.keys + 1] = taken.length + rivals.length;
      k.words[WORD.yields] = rivals.length;
      k.words[WORD.readNanos] = readTime.nanos;
      k.doubles[DOUBLE.readSeconds] = readTime.seconds;
    },
  };
}

function keysOf(members: Uint8Array): string[] {
  let value: object;
  try {
    value = JSON.parse(`{${new TextDecoder('utf-8', { fatal: true }).decode(members)}}`) as object;
  } catch (error) {
    throw new TypeError('members: must be the inside of a JSON object, such as "kubernetes":{}', { cause: error });
  }
  const keys = Object.keys(value);
  const own = keys.find((key) => OWN_KEYS.includes(key));
  if (own !== undefined) throw new TypeError(`members: must not hold "${own}", which each event has of its own`);
  return keys;
}

// count × (u32 length, bytes, padded to 4): what assembly/members.ts compares a line's keys with.
function keyTable(keys: readonly string[]): Uint8Array {
  const entries = keys.map((key) => {
    const bytes = Buffer.from(key);
    const entry = Buffer.alloc(4 + ((bytes.length + 3) & ~3));
    entry.writeUInt32LE(bytes.length);
    bytes.copy(entry, 4);
    return entry;
  });
  return Buffer.concat(entries);
}

// The years 0 to 9999, in seconds since 1970: what RFC 3339 can write.
const FIRST_SECOND = -62_167_219_200;
const LAST_SECOND = 253_402_300_799;

// 2024-01-01T00:00:00.123456789Z
function isoNanos({ seconds, nanos }: ReadTime): Uint8Array {
  if (!(seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos < 1e9 && Number.isInteger(nanos))) {
    throw new RangeError(`readTime: ${seconds} s and ${nanos} ns are no time of the years 0 to 9999`);
  }
  return Buffer.from(`${new Date(seconds * 1000).toISOString().slice(0, 20)}${String(nanos).padStart(9, '0')}Z`);
}
