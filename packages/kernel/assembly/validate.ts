import { ERR_NOT_JSON, ERR_NOT_UTF8, failure, skipSpace, skipValue } from './json';
import { SCRATCH_AT } from './memory';
import { validUtf8 } from './utf8';

/** 0 when [p, end) is one JSON value in valid UTF-8, else an ERR code. The byte at `end` is a sentinel. */
export function checkText(p: usize, end: usize): u8 {
  const q = skipValue(p, SCRATCH_AT);
  if (q == 0) return validUtf8(p, end) ? failure : ERR_NOT_UTF8;
  if (skipSpace(q) != end) return ERR_NOT_JSON;
  return validUtf8(p, end) ? 0 : ERR_NOT_UTF8;
}

/** Writes the ERR code of each event to `codes` (u8 per event). */
export function validate(starts: usize, ends: usize, count: usize, codes: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const end = <usize>load<u32>(ends + (i << 2));
    const kept = load<u8>(end);
    store<u8>(end, 0);
    store<u8>(codes + i, checkText(load<u32>(starts + (i << 2)), end));
    store<u8>(end, kept);
  }
}
