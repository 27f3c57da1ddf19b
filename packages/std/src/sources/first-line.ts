const [NEWLINE, RETURN] = [0x0a, 0x0d];

/** Bytes of a byte order mark at the beginning of a text in UTF-8: 3, or 0 when there is none. */
export const markLength = (text: Uint8Array): number =>
  text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0;

/** The first line of a text that is not empty, without a byte order mark; `isWhole`: its newline is there too. */
export function firstLine(text: Uint8Array): { readonly line: Uint8Array; readonly isWhole: boolean } {
  let start = markLength(text);
  while (text[start] === NEWLINE || text[start] === RETURN) start++;
  const end = text.indexOf(NEWLINE, start);
  return { line: text.subarray(start, end < 0 ? text.length : end), isWhole: end >= 0 };
}
