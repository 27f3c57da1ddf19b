/** Offsets `[from, to)` of a stream whose events are in the store. */
export interface Range {
  readonly from: number;
  to: number;
}

/** Ranges of one stream and sub-index, ascending, none overlapping another. */
export type Ranges = Range[];

/** Whether the event at `offset` is held. */
export function holds(ranges: Ranges, offset: number): boolean {
  const before = ranges[lastFrom(ranges, offset)];
  return before !== undefined && offset < before.to;
}

/**
 * Adds `[from, to)`, of which `from` is not held: to the range that ends there, or as one of its own; gives that range. It never reaches
 * into the range behind it, whose events were claimed by themselves.
 */
export function claim(ranges: Ranges, from: number, to: number): { readonly range: Range; readonly isNew: boolean } {
  const at = lastFrom(ranges, from);
  const before = ranges[at];
  const end = Math.min(to, ranges[at + 1]?.from ?? to);
  if (before?.to === from) {
    before.to = end;
    return { range: before, isNew: false };
  }
  const range = { from, to: end };
  if (at === ranges.length - 1) ranges.push(range);
  else ranges.splice(at + 1, 0, range);
  return { range, isNew: true };
}

/** Index of the last range that begins at or before `offset`; -1 for none. Mostly it is the last of all. */
function lastFrom(ranges: Ranges, offset: number): number {
  let low = -1;
  let high = ranges.length - 1;
  if (high >= 0 && ranges[high]!.from <= offset) return high;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ranges[middle]!.from <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
