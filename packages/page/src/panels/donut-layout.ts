/** In CSS pixels. */
const ROW = 23;
const LEGEND = 190;
const [SMALLEST, LARGEST] = [72, 220];

/** Where a donut's ring goes in a panel of this size, and how large it is: beside its legend, or above it where that would be cut. */
export function donutLayout(
  rows: number,
  width: number,
  height: number,
): { readonly beside: boolean; readonly size: number } {
  const [besideSize, aboveSize] = [Math.min(height, width - LEGEND), Math.min(width, height - rows * ROW - 6)];
  const beside = besideSize >= Math.min(aboveSize, LARGEST);
  const size = Math.max(SMALLEST, Math.min(LARGEST, beside ? besideSize : aboveSize) - 4);
  return { beside, size };
}
