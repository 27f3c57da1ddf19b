const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const LOWER_U = 0x75;

/** Stands at the end of a text that was cut; the Datadog Agent uses the same. */
export const MARKER = '...TRUNCATED...';
const marker = Buffer.from(MARKER);

/** The inside of a string that is a value: its bytes without quotes. */
interface Text {
  readonly start: number;
  readonly end: number;
}

/**
 * The JSON text of an object with its longest texts cut at a character and marked, so that it has at most `room` bytes; everything else
 * keeps its bytes. `null` when its texts alone do not make it that large.
 */
export function shortenTexts(json: Buffer, room: number): Buffer | null {
  let excess = json.length - room;
  const texts = valuesOf(json).sort((a, b) => b.end - b.start - (a.end - a.start));
  const cuts: { readonly text: Text; readonly keep: number }[] = [];
  for (const text of texts) {
    if (excess <= 0) break;
    const length = text.end - text.start;
    const keep = safeEnd(json, text, Math.max(0, length - excess - marker.length)) - text.start;
    if (keep + marker.length >= length) break;
    excess -= length - keep - marker.length;
    cuts.push({ text, keep });
  }
  if (excess > 0) return null;
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { text, keep } of cuts.sort((a, b) => a.text.start - b.text.start)) {
    pieces.push(json.subarray(at, text.start + keep), marker);
    at = text.end;
  }
  return Buffer.concat([...pieces, json.subarray(at)]);
}

/** The inside of a JSON string, cut at a character and marked, with at most `room` bytes. */
export function shortenText(inside: Buffer, room: number): Buffer {
  if (inside.length <= room) return inside;
  const end = safeEnd(inside, { start: 0, end: inside.length }, Math.max(0, room - marker.length));
  return Buffer.concat([inside.subarray(0, end), marker]);
}

/** All strings of a valid JSON text that are no keys. */
function valuesOf(json: Buffer): Text[] {
  const texts: Text[] = [];
  for (let at = json.indexOf(QUOTE); at !== -1; at = json.indexOf(QUOTE, at)) {
    const start = at + 1;
    let end = start;
    for (; json[end] !== QUOTE; end++) if (json[end] === BACKSLASH) end++;
    at = end + 1;
    let next = at;
    while (json[next]! <= 0x20) next++;
    if (json[next] !== COLON) texts.push({ start, end });
  }
  return texts;
}

/** The last place at most `keep` bytes behind the start where no character and no escape of it is cut in two. */
function safeEnd(json: Buffer, { start, end }: Text, keep: number): number {
  let at = start;
  for (;;) {
    const next = at + characterAt(json, at);
    if (next > start + keep || next > end) return at;
    at = next;
  }
}

/** Bytes of the character at `at`: an escape, a pair of escaped surrogates, or UTF-8. */
function characterAt(json: Buffer, at: number): number {
  const byte = json[at]!;
  if (byte === BACKSLASH) {
    if (json[at + 1] !== LOWER_U) return 2;
    const isHigh = /^d[89ab]/i.test(json.toString('latin1', at + 2, at + 4));
    return isHigh && json[at + 6] === BACKSLASH && json[at + 7] === LOWER_U ? 12 : 6;
  }
  if (byte < 0x80) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}
