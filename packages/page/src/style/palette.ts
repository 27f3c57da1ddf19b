import type { Color } from '@tailrace/dashboards';

/** How many colours the series have before they begin again; beyond it, shapes and names tell them apart. */
const SERIES_COLORS = 10;

/** The colour of the series at this place, as CSS: neighbours differ for colour-blind eyes, too. */
export function seriesColor(at: number): string {
  return `var(--series-${(at % SERIES_COLORS) + 1})`;
}

/** The colour of a meaning, as CSS. */
export function meaningColor(color: Color): string {
  return `var(--${color})`;
}

/** What a CSS colour, `var()` included, is where this element stands: for canvases, which know no variables. */
export function resolveColor(css: string, within: HTMLElement): string {
  const probe = document.createElement('span');
  probe.hidden = true;
  probe.style.color = css;
  within.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}
