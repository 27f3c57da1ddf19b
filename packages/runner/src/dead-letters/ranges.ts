/** Byte ranges `[from, to)` that grow together; `flat` is from, to, from, to … in ascending order. */
export interface Ranges {
  add(from: number, to: number): void;
  /** Whether all of `[from, to)` is in them. */
  has(from: number, to: number): boolean;
  readonly flat: readonly number[];
}

/** Ranges, to begin with those of a stored list. */
export function ranges(stored: readonly number[] = []): Ranges {
  const flat = [...stored];
  /** Index in `flat` of the first range that ends at or after `at`. */
  const firstEnding = (at: number): number => {
    let low = 0;
    let high = flat.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (flat[2 * middle + 1]! < at) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  };
  return {
    add(from, to) {
      if (to <= from) return;
      const first = firstEnding(from);
      let past = first;
      while (past < flat.length && flat[past]! <= to) past += 2;
      const joined = past > first;
      const start = joined ? Math.min(from, flat[first]!) : from;
      const end = joined ? Math.max(to, flat[past - 1]!) : to;
      flat.splice(first, past - first, start, end);
    },
    has(from, to) {
      const k = firstEnding(to);
      return k < flat.length && flat[k]! <= from;
    },
    flat,
  };
}

/** Whether a stored value is a list as {@link ranges} keeps it. */
export function isFlatRanges(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length % 2 !== 0) return false;
  return value.every((edge: unknown, k) => Number.isSafeInteger(edge) && (k === 0 ? 0 : value[k - 1]) <= Number(edge));
}
