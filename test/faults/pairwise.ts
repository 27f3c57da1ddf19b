/** Names of axes with their values. */
export type Axes = Readonly<Record<string, readonly string[]>>;

/** One value per axis. */
export type Row = Readonly<Record<string, string>>;

const keyOf = (a: string, x: string, b: string, y: string): string =>
  a < b ? `${a}=${x}&${b}=${y}` : `${b}=${y}&${a}=${x}`;

/** All pairs of values of two different axes, as keys. */
export function pairsOf(axes: Axes): Set<string> {
  const names = Object.keys(axes);
  const pairs = new Set<string>();
  for (const [i, a] of names.entries())
    for (const b of names.slice(i + 1))
      for (const x of axes[a]!) for (const y of axes[b]!) pairs.add(keyOf(a, x, b, y));
  return pairs;
}

/** The pairs that one row holds, as keys. */
export function pairsIn(row: Row): string[] {
  const entries = Object.entries(row);
  return entries.flatMap(([a, x], i) => entries.slice(i + 1).map(([b, y]) => keyOf(a, x, b, y)));
}

/**
 * Few rows that hold every pair: as long as pairs are missing, a row grows from the first missing one, axis by axis, by the value that
 * brings most missing pairs, of equals the one that was used least. The same axes give the same rows.
 */
export function allPairs(axes: Axes): Row[] {
  const missing = pairsOf(axes);
  const used = new Map<string, number>();
  const rows: Row[] = [];
  while (missing.size > 0) {
    const [first] = missing;
    const row = new Map(first!.split('&').map((part) => part.split('=') as [string, string]));
    for (const axis of Object.keys(axes))
      if (!row.has(axis)) row.set(axis, bestValue(axes[axis]!, axis, row, missing, used));
    for (const [axis, value] of row) used.set(`${axis}=${value}`, (used.get(`${axis}=${value}`) ?? 0) + 1);
    const whole = Object.fromEntries(Object.keys(axes).map((axis) => [axis, row.get(axis)!]));
    for (const pair of pairsIn(whole)) missing.delete(pair);
    rows.push(whole);
  }
  return rows;
}

function bestValue(
  values: readonly string[],
  axis: string,
  row: ReadonlyMap<string, string>,
  missing: ReadonlySet<string>,
  used: ReadonlyMap<string, number>,
): string {
  const gain = (value: string) => [...row].filter(([other, y]) => missing.has(keyOf(axis, value, other, y))).length;
  const uses = (value: string) => used.get(`${axis}=${value}`) ?? 0;
  return values.reduce((best, value) => {
    const more = gain(value) - gain(best);
    return more > 0 || (more === 0 && uses(value) < uses(best)) ? value : best;
  });
}
