import type { Unit } from '@tailrace/dashboards';
import { formatValue } from '../format/unit.ts';
import type { HeatmapCells } from './heatmap-cells.ts';
import type { Cell, Picture } from './picture.ts';

/** The faintest cell that has any value must still be seen. */
const FAINTEST = 0.12;

/** A heatmap as a plot draws it: every bucket is as high as the others, whatever its width, since buckets grow by factors. */
export function heatmapPicture(cells: HeatmapCells, unit: Unit): Picture {
  const { times, step, bounds, counts, lowest } = cells;
  const edges = [lowest, ...bounds];
  const axis = { from: 0, to: Math.max(1, bounds.length), ticks: edges.map((_, at) => at) };
  return {
    ...{ times, step, partial: [], axis, layers: [], lines: [] },
    labels: edges.map((edge) => (Number.isFinite(edge) ? formatValue(edge, unit) : edge > 0 ? '∞' : '')),
    cells: counts.flatMap((row, bucket) =>
      row.flatMap((count, at): Cell[] =>
        count > 0
          ? [
              {
                time: times[at] ?? 0,
                from: bucket,
                to: bucket + 1,
                color: 'var(--series-1)',
                strength: strengthOf(count, cells),
              },
            ]
          : [],
      ),
    ),
  };
}

/** By the root, so that a few values are seen beside many. */
function strengthOf(count: number, { largest }: HeatmapCells): number {
  return FAINTEST + (1 - FAINTEST) * Math.sqrt(count / largest);
}
