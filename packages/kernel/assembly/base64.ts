// Base64 of RFC 4648, section 4, with its padding.

@inline
function valueOf(c: u32): u32 {
  if (c - 65 < 26) return c - 65;
  if (c - 97 < 26) return c - 71;
  if (c - 48 < 10) return c + 4;
  if (c == 43) return 62;
  return c == 47 ? 63 : 64;
}

function paddingOf(p: usize, end: usize): usize {
  if (p == end || load<u8>(end - 1) != 61) return 0;
  return load<u8>(end - 2) == 61 ? 2 : 1;
}

/** Whether the text [p, end) is such, and written as an encoder writes it: bits that no byte has are 0. */
export function isBase64(p: usize, end: usize): bool {
  if ((end - p) & 3) return false;
  const padding = paddingOf(p, end);
  const last = end - padding;
  let value: u32 = 0;
  for (; p < last; p++) {
    value = valueOf(load<u8>(p));
    if (value == 64) return false;
  }
  return padding == 0 || (value & (padding == 1 ? 3 : 15)) == 0;
}

/** Decodes [p, end), which isBase64 accepts, to `to`, which may be `p`; answers the end. Writes up to two bytes more. */
export function decodeBase64(p: usize, end: usize, to: usize): usize {
  const padding = paddingOf(p, end);
  for (; p < end; p += 4) {
    const a = valueOf(load<u8>(p));
    const b = valueOf(load<u8>(p, 1));
    const c = valueOf(load<u8>(p, 2)) & 63;
    const d = valueOf(load<u8>(p, 3)) & 63;
    const bits = (a << 18) | (b << 12) | (c << 6) | d;
    store<u8>(to, <u8>(bits >> 16));
    store<u8>(to, <u8>(bits >> 8), 1);
    store<u8>(to, <u8>bits, 2);
    to += 3;
  }
  return to - padding;
}
