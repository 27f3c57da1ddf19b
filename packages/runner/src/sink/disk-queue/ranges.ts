/** Whole numbers as closed ranges, ascending: `[[1, 40], [42, 42]]`. */
export type Ranges = readonly (readonly [number, number])[];

/** A set of whole numbers that come mostly in a row. */
export interface RangeSet {
  add(value: number): void;
  has(value: number): boolean;
  readonly ranges: Ranges;
}

/** A set that begins with these ranges. */
export function rangeSet(initial: Ranges = []): RangeSet {
  const ranges: [number, number][] = initial.map(([from, to]) => [from, to]);
  /** Index of the first range that ends at `value` or later. */
  const find = (value: number): number => {
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranges[middle]![1] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const has = (value: number): boolean => {
    const range = ranges[find(value)];
    return range !== undefined && range[0] <= value;
  };
  return {
    ranges,
    has,
    add(value) {
      if (has(value)) return;
      const k = find(value);
      const before = ranges[k - 1];
      const after = ranges[k];
      if (before && before[1] === value - 1) {
        before[1] = value;
        if (after?.[0] === value + 1) {
          before[1] = after[1];
          ranges.splice(k, 1);
        }
      } else if (after?.[0] === value + 1) after[0] = value;
      else ranges.splice(k, 0, [value, value]);
    },
  };
}
