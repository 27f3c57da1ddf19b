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

// The range check of John Keiser and Daniel Lemire ("Validating UTF-8 In Less Than One Instruction Per Byte", 2020): each table
// says by one nibble which faults a pair of neighbouring bytes may have; a fault that all three name is one. The bits:
// 1 too short, 2 too long, 4 overlong of 3, 8 too large, 16 surrogate, 32 overlong of 2, 64 overlong of 4 or too large,
// 128 two continuations (no fault where a longer sequence wants them).

/** The faults of 16 bytes, `before` being the 16 in front of them; all lanes 0: none. */
@inline
function faultsOf(v: v128, before: v128): v128 {
  const first = i8x16.shuffle(before, v, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const second = i8x16.shuffle(before, v, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const third = i8x16.shuffle(before, v, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  const byFirstHigh = i8x16.swizzle(
    i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 33, 1, 21, 73),
    i8x16.shr_u(first, 4),
  );
  const byFirstLow = i8x16.swizzle(
    i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53),
    v128.and(first, i8x16.splat(15)),
  );
  const bySecondHigh = i8x16.swizzle(
    i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1),
    i8x16.shr_u(v, 4),
  );
  const faults = v128.and(v128.and(byFirstHigh, byFirstLow), bySecondHigh);
  // A third byte behind E0–FF and a fourth behind F0–FF have to be a second continuation, and no other byte may.
  const wanted = v128.or(i8x16.sub_sat_u(second, i8x16.splat(0x60)), i8x16.sub_sat_u(third, i8x16.splat(0x70)));
  return v128.xor(v128.and(wanted, i8x16.splat(-128)), faults);
}

// The bytes from `p` on that stand before `end`, zeros behind them.
@inline
function blockAt(p: usize, end: usize): v128 {
  const v = v128.load(p);
  if (end - p >= 16) return v;
  const lanes = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(v, i8x16.lt_u(lanes, i8x16.splat(<i8>(end - p))));
}

/** True when [p, end) is well-formed UTF-8. May read up to 16 bytes after `end`. */
export function validUtf8(p: usize, end: usize): bool {
  while (p + 64 <= end) {
    const low = v128.or(v128.load(p), v128.load(p, 16));
    const high = v128.or(v128.load(p, 32), v128.load(p, 48));
    if (i8x16.bitmask(v128.or(low, high)) != 0) break;
    p += 64;
  }
  let before = i8x16.splat(0);
  let faults = i8x16.splat(0);
  while (p < end) {
    const v = blockAt(p, end);
    if (i8x16.bitmask(v128.or(v, before)) != 0) faults = v128.or(faults, faultsOf(v, before));
    before = v;
    p += 16;
  }
  // A sequence that the end cuts is too short for the zeros behind it.
  return !v128.any_true(v128.or(faults, faultsOf(i8x16.splat(0), before)));
}
