// Protobuf written from its end to its begin: a length prefix is then known when its turn comes. Everything from `out` on is written.
import { hexValue, isHex } from './json';

export let out: usize = 0;
/** What was to be written did not fit; the rest was left out. */
export let full: bool = false;
let floor: usize = 0;

// Tags, lengths and fixed values around one value, of all open containers together.
const MARGIN: usize = 4096;

export function startWriter(end: usize, lowest: usize): void {
  out = end;
  floor = lowest + MARGIN;
  full = out < floor;
}

/** Whether `n` more bytes fit. Asked once a member, for its texts; the few bytes around them have their margin. */
@inline
export function fits(n: usize): bool {
  if (out >= floor && out - floor >= n) return true;
  full = true;
  return false;
}

@inline
export function putByte(c: u8): void {
  store<u8>(--out, c);
}

@inline
export function putVarint(n: u64): void {
  if (n < 128) {
    store<u8>(--out, <u8>n);
    return;
  }
  let at = out - <usize>((70 - clz(n)) / 7);
  out = at;
  while (n >= 128) {
    store<u8>(at++, <u8>n | 128);
    n >>= 7;
  }
  store<u8>(at, <u8>n);
}

@inline
export function putFixed64(n: u64): void {
  out -= 8;
  store<u64>(out, n);
}

@inline
export function putFixed32(n: u32): void {
  out -= 4;
  store<u32>(out, n);
}

/** Writes the `n` bytes at `from`; up to 15 bytes before `out` get what stands before `from`. */
@inline
export function putBytes(from: usize, n: usize): void {
  if (n > 512) {
    out -= n;
    memory.copy(out, from, n);
    return;
  }
  const first = out - n;
  from += n;
  while (out > first) {
    out -= 16;
    from -= 16;
    v128.store(out, v128.load(from));
  }
  out = first;
}

/** Closes what was written down to `end` as a field of that tag with a length. */
@inline
export function closeField(end: usize, tag: u8): void {
  putVarint(end - out);
  store<u8>(--out, tag);
}

/** Writes the bytes of `n` hexadecimal digits at `from`. */
export function putHex(from: usize, n: usize): void {
  out -= n >> 1;
  for (let i: usize = 0; i < n; i += 2) {
    store<u8>(out + (i >> 1), <u8>((hexValue(load<u8>(from + i)) << 4) | hexValue(load<u8>(from + i + 1))));
  }
}

/** Whether [p, p + n) are hexadecimal digits, not all of them 0. */
export function isId(p: usize, n: usize): bool {
  let any: u8 = 0;
  for (let i: usize = 0; i < n; i++) {
    const c = load<u8>(p + i);
    if (!isHex(c)) return false;
    any |= c ^ 48;
  }
  return any != 0;
}
