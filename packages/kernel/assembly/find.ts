// Finding bytes 64 at a time. Reads up to 63 bytes behind the end it is given: each region is padded for that.

/** One bit for each of the 64 bytes in a–d: their top bits, a's in the lowest 16. */
@inline
export function bits64(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16);
  const high = <u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16);
  return <u64>low | (<u64>high << 32);
}

/** The first newline in [p, end), or `end`. */
export function findNewline(p: usize, end: usize): usize {
  const newline = i8x16.splat(10);
  while (p < end) {
    const a = i8x16.eq(v128.load(p), newline);
    const b = i8x16.eq(v128.load(p, 16), newline);
    const c = i8x16.eq(v128.load(p, 32), newline);
    const d = i8x16.eq(v128.load(p, 48), newline);
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) {
      p += <usize>ctz(bits64(a, b, c, d));
      return p < end ? p : end;
    }
    p += 64;
  }
  return end;
}
