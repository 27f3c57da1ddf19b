import type { Panel } from '../model.ts';

/** Columns of an ordered dashboard. */
export const COLUMNS = 12;

/** Where a widget is, in twelfths of the width and in Datadog's rows. */
export interface Layout {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Panels from left to right, then down; a line in which panels are missing is spread over the whole width. */
export function layOut<P extends Pick<Panel, 'width' | 'height'>>(
  panels: readonly P[],
): { readonly placed: readonly { readonly panel: P; readonly layout: Layout }[]; readonly height: number } {
  const placed: { panel: P; layout: Layout }[] = [];
  let y = 0;
  for (const line of linesOf(panels)) {
    const total = line.reduce((sum, { width }) => sum + width, 0);
    const height = Math.max(...line.map((panel) => rowsOf(panel.height)));
    let before = 0;
    for (const panel of line) {
      const x = Math.round((before * COLUMNS) / total);
      before += panel.width;
      const width = Math.round((before * COLUMNS) / total) - x;
      placed.push({ panel, layout: { x, y, width, height } });
    }
    y += height;
  }
  return { placed, height: y };
}

function linesOf<P extends Pick<Panel, 'width'>>(panels: readonly P[]): P[][] {
  const lines: P[][] = [];
  let free = 0;
  for (const panel of panels) {
    if (panel.width > free) {
      lines.push([]);
      free = 24;
    }
    lines.at(-1)?.push(panel);
    free -= panel.width;
  }
  return lines;
}

/** A row of Datadog is about as high as two and a half of the model's. */
function rowsOf(height: number): number {
  return Math.max(2, Math.round(height / 2.5));
}
