/** Copies `n` bytes and answers the address behind them. May write up to 15 bytes more: the caller owns them or overwrites them. */
@inline
export function copy(to: usize, from: usize, n: usize): usize {
  if (n > 2048) {
    memory.copy(to, from, n);
    return to + n;
  }
  const end = to + n;
  while (to < end) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  return end;
}
