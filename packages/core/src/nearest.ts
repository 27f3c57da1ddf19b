/** `; did you mean "type"?` when one of `names` is near enough to `name` to be a slip of the keyboard, else empty text. */
export function nearestHint(name: string, names: readonly string[]): string {
  const [near] = names
    .map((other) => ({ other, distance: distanceOf(name, other) }))
    .sort((a, b) => a.distance - b.distance);
  if (!near || near.distance >= name.length || near.distance > Math.max(2, name.length / 3)) return '';
  return `; did you mean "${near.other}"?`;
}

/** Levenshtein distance. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
