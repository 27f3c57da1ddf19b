import type { Panel } from '../model.ts';

/** Columns of a dashboard's grid. */
export const GRID_COLUMNS = 48;
/** The model has 24 columns, and rows of twice the height of Kibana's 20 pixels. */
const SCALE = 2;

/** Where a panel is: columns and rows of Kibana's grid. */
export interface GridData {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Panels from left to right, then down; a line in which panels were left out is spread over the whole width. */
export function layOut<P extends Pick<Panel, 'width' | 'height'>>(
  panels: readonly P[],
  top: number,
): { readonly placed: readonly { readonly panel: P; readonly grid: GridData }[]; readonly bottom: number } {
  const placed: { panel: P; grid: GridData }[] = [];
  let y = top;
  for (const line of linesOf(panels)) {
    const total = line.reduce((sum, { width }) => sum + width, 0);
    let before = 0;
    for (const panel of line) {
      const x = Math.round((before * GRID_COLUMNS) / total);
      before += panel.width;
      const w = Math.round((before * GRID_COLUMNS) / total) - x;
      placed.push({ panel, grid: { x, y, w, h: panel.height * SCALE } });
    }
    y += Math.max(...line.map(({ height }) => height * SCALE));
  }
  return { placed, bottom: y };
}

function linesOf<P extends Pick<Panel, 'width'>>(panels: readonly P[]): P[][] {
  const lines: P[][] = [];
  let free = 0;
  for (const panel of panels) {
    if (panel.width > free) {
      lines.push([]);
      free = GRID_COLUMNS / SCALE;
    }
    lines.at(-1)?.push(panel);
    free -= panel.width;
  }
  return lines;
}
