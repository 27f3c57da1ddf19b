/** The place of the first byte in `[start, end)` that is not UTF-8 as RFC 3629 has it (no surrogates, no overlong forms), or -1. */
export function invalidUtf8(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end) {
    if (bytes[i]! < 0x80) {
      i++;
      continue;
    }
    const size = sequenceSize(bytes, i, end);
    if (size === 0) return i;
    i += size;
  }
  return -1;
}

/** How many bytes the well-formed sequence at `i`, which does not begin with ASCII, has; 0 when it is not one. */
export function sequenceSize(bytes: Uint8Array, i: number, end: number): number {
  const first = bytes[i]!;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || i + size > end) return 0;
  const second = bytes[i + 1]!;
  // The second byte tells overlong forms, surrogates and what is beyond U+10FFFF.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let k = 2; k < size; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return 0;
  return size;
}
