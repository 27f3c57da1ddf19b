/** Widths in CSS pixels, of letters a little more than the average, since a line too few would hide series. */
const LETTER = 7;
const AROUND = 44;
const LONGEST_NAME = 28;
/** The switch beside the legend. */
const SWITCH = 60;

/** A long name without its middle: names of workloads are told apart by how they end as well as by how they begin. */
export function shortName(name: string): string {
  const letters = [...name];
  if (letters.length <= LONGEST_NAME) return name;
  const half = LONGEST_NAME / 2;
  return `${letters.slice(0, half).join('')}…${letters.slice(1 - half).join('')}`;
}

/** How many lines a legend needs, two at most: what is left scrolls. Guessed from its letters, so that no layout is waited for. */
export function legendLines(items: readonly { readonly name: string; readonly text: string }[], width: number): 1 | 2 {
  let used = 0;
  for (const { name, text } of items) {
    // Room for other values: the line must not come and go while the crosshair moves.
    const value = Math.max(text.length, 7) * LETTER;
    used += shortName(name).length * LETTER + value + AROUND;
    if (used > width - SWITCH && items.length > 1) return 2;
  }
  return 1;
}
