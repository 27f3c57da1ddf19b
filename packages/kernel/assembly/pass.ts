// Skips over text that is known to be valid, without checking it again. On damaged text every scan stops at the sentinel (json.ts).
import { bits64 } from './find';
import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, noteEscape, OPEN_ARRAY, OPEN_OBJECT, QUOTE, stringStops } from './json';
import { escapeCodes } from './string';

/** Skips the string whose opening quote is before `p` in text that is known to be valid; on damaged text it stops at the sentinel. */
@inline
export function passString(p: usize): usize {
  while (true) {
    const stops = stringStops(v128.load(p));
    if (stops == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(stops);
    const c = load<u8>(p);
    if (c == QUOTE) return p + 1;
    if (c != BACKSLASH) return p;
    noteEscape();
    return passEscaped(p);
  }
}

// Where there is one escape there are many (JSON in JSON), and 64 bytes at a time cost the same however many there are.
function passEscaped(p: usize): usize {
  const quote = i8x16.splat(QUOTE);
  const slash = i8x16.splat(BACKSLASH);
  const space = i8x16.splat(32);
  let carry: u64 = 0;
  while (true) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    const quotes = bits64(i8x16.eq(a, quote), i8x16.eq(b, quote), i8x16.eq(c, quote), i8x16.eq(d, quote));
    const slashes = bits64(i8x16.eq(a, slash), i8x16.eq(b, slash), i8x16.eq(c, slash), i8x16.eq(d, slash));
    const low = bits64(i8x16.lt_u(a, space), i8x16.lt_u(b, space), i8x16.lt_u(c, space), i8x16.lt_u(d, space));
    const codes = escapeCodes(slashes, carry);
    const stops = (quotes & ~(codes ^ (slashes | carry))) | low;
    if (stops != 0) {
      const n = <usize>ctz(stops);
      return p + n + <usize>((quotes >> n) & 1);
    }
    carry = (codes & slashes) >> 63;
    p += 64;
  }
}

/** Skips the number or literal at `p` in valid text: up to a comma, bracket, white space or the sentinel. */
@inline
export function passPlain(p: usize): usize {
  while (true) {
    const c = load<u8>(p);
    if (c <= 32 || c == COMMA || c == CLOSE_OBJECT || c == CLOSE_ARRAY) return p;
    p++;
  }
}

/** Skips the value at `p` in valid text; on damaged text it may stay at `p`. */
@inline
export function passValue(p: usize): usize {
  const c = load<u8>(p);
  if (c == QUOTE) return passString(p + 1);
  return c == OPEN_OBJECT || c == OPEN_ARRAY ? passContainer(p) : passPlain(p);
}

/** Skips the object or array at `p` in valid text of any depth, without a stack; on damaged text it stops at the sentinel. */
export function passContainer(p: usize): usize {
  let depth: i32 = 0;
  while (true) {
    const v = v128.load(p);
    // Bit 5 folds [ and { as well as ] and } onto one byte each; the quote has that bit anyway.
    const folded = v128.or(v, i8x16.splat(32));
    const brackets = v128.or(i8x16.eq(folded, i8x16.splat(OPEN_OBJECT)), i8x16.eq(folded, i8x16.splat(CLOSE_OBJECT)));
    const others = v128.or(i8x16.eq(v, i8x16.splat(QUOTE)), i8x16.eq(v, i8x16.splat(0)));
    const stops = i8x16.bitmask(v128.or(brackets, others));
    if (stops == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(stops);
    const c = load<u8>(p);
    if (c == QUOTE) {
      p = passString(p + 1);
    } else if (c == 0) {
      return p;
    } else {
      p++;
      if ((c | 32) == OPEN_OBJECT) {
        depth++;
      } else if (--depth == 0) {
        return p;
      }
    }
  }
}
