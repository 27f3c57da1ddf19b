import { bytesKey } from './bytes.ts';

/** Above this many keys, comparing each with each would cost more than a set of them. */
const FEW = 64;
const MEMBER = 4;

/** Whether two members of a list (start and end of key, start and end of value) have equal keys. */
export function hasEqualKeys(bytes: Uint8Array, members: readonly number[]): boolean {
  if (members.length > FEW * MEMBER) return lastOfEach(bytes, members).length < members.length;
  // Two words of 32 bits, one for each of 64 hashes: a key whose bit is not set yet is a new one.
  let [even, odd] = [0, 0];
  for (let m = 0; m < members.length; m += MEMBER) {
    const hash = hashOf(bytes, members[m]!, members[m + 1]!);
    const bit = 1 << (hash >>> 1);
    const seen = hash & 1 ? odd & bit : even & bit;
    if (seen !== 0 && isAmong(bytes, members, m)) return true;
    if (hash & 1) odd |= bit;
    else even |= bit;
  }
  return false;
}

/** The members without those whose key comes again. */
export function lastOfEach(bytes: Uint8Array, members: readonly number[]): number[] {
  const last = new Map<string, number>();
  for (let m = 0; m < members.length; m += MEMBER) {
    const key = bytesKey(bytes.subarray(members[m]!, members[m + 1]!));
    last.delete(key);
    last.set(key, m);
  }
  const kept: number[] = [];
  for (const m of last.values()) kept.push(members[m]!, members[m + 1]!, members[m + 2]!, members[m + 3]!);
  return kept;
}

/** Six bits of the length and of bytes that tend to differ. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  const sum = length * 7 + bytes[end - 1]! * 5 + bytes[start + (length >> 1)]! * 3 + bytes[start]!;
  return (sum ^ (sum >> 6)) & 63;
}

function isAmong(bytes: Uint8Array, members: readonly number[], at: number): boolean {
  const start = members[at]!;
  const length = members[at + 1]! - start;
  for (let m = 0; m < at; m += MEMBER) {
    if (members[m + 1]! - members[m]! === length && isEqual(bytes, members[m]!, start, length)) return true;
  }
  return false;
}

function isEqual(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  for (let k = 0; k < length; k++) if (bytes[one + k] !== bytes[other + k]) return false;
  return true;
}
