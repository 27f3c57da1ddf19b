// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.

/** Length of the well-formed sequence that starts at `p` (1–4), or 0. Bytes at or after `end` count as missing. */
export function sequenceAt(p: usize, end: usize): usize {
  const a = load<u8>(p);
  if (a < 0x80) return 1;
  if (a < 0xc2 || a > 0xf4) return 0;
  if (end - p < 2) return 0;
  const b = load<u8>(p, 1);
  if (a < 0xe0) return (b & 0xc0) == 0x80 ? 2 : 0;
  const low: u8 = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
  const high: u8 = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
  if (b < low || b > high) return 0;
  if (end - p < 3 || (load<u8>(p, 2) & 0xc0) != 0x80) return 0;
  if (a < 0xf0) return 3;
  return end - p >= 4 && (load<u8>(p, 3) & 0xc0) == 0x80 ? 4 : 0;
}

/** Length (1–3) of the ill-formed bytes at `p` that one U+FFFD stands for: the maximal subpart of the WHATWG Encoding Standard, as TextDecoder does. */
export function illFormedAt(p: usize, end: usize): usize {
  const a = load<u8>(p);
  if (a < 0xc2 || a > 0xf4 || end - p < 2) return 1;
  const b = load<u8>(p, 1);
  const low: u8 = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
  const high: u8 = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
  if (a < 0xe0 || b < low || b > high) return 1;
  if (a < 0xf0 || end - p < 3) return 2;
  return (load<u8>(p, 2) & 0xc0) == 0x80 ? 3 : 2;
}

/** Where the first ill-formed sequence of [p, end) starts, or `end`. May read up to 64 bytes after `end`. */
export function firstIllFormed(p: usize, end: usize): usize {
  while (p < end) {
    if (p + 64 <= end) {
      const any = v128.or(
        v128.or(v128.load(p), v128.load(p, 16)),
        v128.or(v128.load(p, 32), v128.load(p, 48)),
      );
      if (i8x16.bitmask(any) == 0) {
        p += 64;
        continue;
      }
    }
    const mask = i8x16.bitmask(v128.load(p));
    if (mask == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(mask);
    while (p < end && load<u8>(p) >= 0x80) {
      const length = sequenceAt(p, end);
      if (length == 0) return p;
      p += length;
    }
  }
  return end;
}

/** True when [p, end) is well-formed UTF-8. */
export function validUtf8(p: usize, end: usize): bool {
  return firstIllFormed(p, end) >= end;
}
