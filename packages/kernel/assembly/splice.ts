// Applies edits to the text of events. Everything that no edit names is copied as it stands.
import { copy } from './bytes';
import { CLOSE_OBJECT, COMMA, isSpace, skipSpace } from './json';
import { MAX_EVENT_BYTES, OUT_END } from './memory';

// An edit is 6 u32: event, kind, at, end, data start, data end. Same numbers as EDIT in src/types.ts.
const EDIT_SIZE: usize = 24;
const REMOVE: u32 = 1;
const INSERT: u32 = 2;

/** Edits of the event used up, so far. */
let edit: usize = 0;

/** Removes the comma at the end of [from, o), white space after it included; answers the new end. */
export function dropComma(from: usize, o: usize): usize {
  let q = o;
  while (q > from && isSpace(load<u8>(q - 1))) q--;
  return q > from && load<u8>(q - 1) == COMMA ? q - 1 : o;
}

/** Where text goes on behind a removed member that ends at `end`: behind its comma if it has one, else `end` itself. */
export function afterMember(end: usize): usize {
  const q = skipSpace(end);
  return load<u8>(q) == COMMA ? skipSpace(q + 1) : end;
}

/** Bytes that the edits of event `event` add at most. */
function dataBytes(event: u32, edits: usize, editsEnd: usize): usize {
  let sum: usize = 0;
  for (let e = edits; e < editsEnd && load<u32>(e) == event; e += EDIT_SIZE) {
    sum += <usize>load<u32>(e, 20) - load<u32>(e, 16) + 2;
  }
  return sum;
}

/** Writes the event [p, end) with its edits to `o`; positions in edits minus `shift` are addresses. `edit` moves behind its edits. */
function spliceEvent(event: u32, p: usize, end: usize, shift: u32, editsEnd: usize, data: usize, o: usize): usize {
  const from = o;
  let inserted: usize = 0;
  for (; edit < editsEnd && load<u32>(edit) == event; edit += EDIT_SIZE) {
    const kind = load<u32>(edit, 4);
    const at = <usize>(load<u32>(edit, 8) - shift);
    const stop = kind == INSERT ? at + 1 : <usize>(load<u32>(edit, 12) - shift);
    const text = data + load<u32>(edit, 16);
    const length = <usize>load<u32>(edit, 20) - load<u32>(edit, 16);
    if (kind == INSERT) {
      const again = inserted == at + 1;
      if (!again && (at < p || stop > end)) continue;
      if (!again) {
        o = copy(o, p, stop - p);
        p = stop;
      }
      const empty = load<u8>(skipSpace(stop)) == CLOSE_OBJECT;
      if (empty && again) store<u8>(o++, COMMA);
      o = copy(o, text, length);
      if (!empty) store<u8>(o++, COMMA);
      inserted = stop;
      continue;
    }
    if (at < p || stop < at || stop > end) continue;
    o = copy(o, p, at - p);
    p = stop;
    if (kind == REMOVE) {
      p = afterMember(stop);
      if (p == stop) o = dropComma(from, o);
    } else {
      o = copy(o, text, length);
    }
  }
  return copy(o, p, end - p);
}

/**
 * `starts`, `ends`, `shifts`: u32 per event; edits in order, their data from `data` on. Writes events from `o` on, where each
 * starts and ends to `outStarts`, `outEnds`. Answers how many events fitted. An event that would outgrow MAX_EVENT_BYTES
 * stays as it was and gets 1 in `tooLarge`.
 */
export function splice(starts: usize, ends: usize, shifts: usize, count: usize, edits: usize, editsEnd: usize, data: usize, o: usize, outStarts: usize, outEnds: usize, tooLarge: usize): usize {
  edit = edits;
  for (let i: usize = 0; i < count; i++) {
    const p = <usize>load<u32>(starts + (i << 2));
    const end = <usize>load<u32>(ends + (i << 2));
    const size = end - p + dataBytes(<u32>i, edit, editsEnd);
    const fits = size <= MAX_EVENT_BYTES;
    store<u8>(tooLarge + i, <u8>!fits);
    if (o + (fits ? size : end - p) > OUT_END) return i;
    store<u32>(outStarts + (i << 2), <u32>o);
    if (fits) {
      const kept = load<u8>(end);
      store<u8>(end, 0);
      o = spliceEvent(<u32>i, p, end, load<u32>(shifts + (i << 2)), editsEnd, data, o);
      store<u8>(end, kept);
    } else {
      o = copy(o, p, end - p);
      while (edit < editsEnd && load<u32>(edit) == <u32>i) edit += EDIT_SIZE;
    }
    store<u32>(outEnds + (i << 2), <u32>o);
  }
  return count;
}
