const BILLION = 1_000_000_000;

/** The whole seconds in a 64-bit count of nanoseconds, given as its two halves; exact, where a double of the count would not be. */
export function secondsOf(lo: number, hi: number): number {
  const middle = (hi % BILLION) * 65_536 + (lo >>> 16);
  const low = (middle % BILLION) * 65_536 + (lo & 0xffff);
  return Math.floor(hi / BILLION) * 4_294_967_296 + Math.floor(middle / BILLION) * 65_536 + Math.floor(low / BILLION);
}

/** The nanoseconds beyond {@link secondsOf}. */
export function nanosOf(lo: number, hi: number): number {
  const middle = (hi % BILLION) * 65_536 + (lo >>> 16);
  return ((middle % BILLION) * 65_536 + (lo & 0xffff)) % BILLION;
}
