/** Numbers in 0…1, the same for the same text: Mulberry32 over a hash of it. */
export function randomOf(text: string): () => number {
  let state = 0;
  for (const byte of Buffer.from(text)) state = (Math.imul(state ^ byte, 0x9e3779b1) + 0x7f4a7c15) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}
