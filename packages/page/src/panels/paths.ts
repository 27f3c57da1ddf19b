import uPlot from 'uplot';
import { type Layer, runsOf } from './picture.ts';

/** Between neighbouring bars, in CSS pixels, while they are wider than some pixels. */
const GAP = 1;

/** The path of a layer in the canvas pixels of a plot: bars fill, areas fill and have a line on top, lines are lines. */
export function pathsOf(plot: uPlot, layer: Layer, times: readonly number[], step: number): uPlot.Series.Paths {
  const x = (time: number) => plot.valToPos(time, 'x', true);
  const y = (value: number | null | undefined) => plot.valToPos(value ?? 0, 'y', true);
  if (layer.draw === 'bars') return { stroke: null, fill: barsOf(layer, times, step, x, y), flags: 0 };
  const stroke = new Path2D();
  const fill = layer.draw === 'area' ? new Path2D() : null;
  for (const [first, end] of runsOf(layer.to)) {
    const indices = Array.from({ length: end - first }, (_, at) => first + at);
    const top = indices.map((at): Point => [x(times[at] ?? 0), y(layer.to[at])]);
    lineThrough(stroke, top);
    if (fill === null) continue;
    const bottom = indices.map((at): Point => [x(times[at] ?? 0), y(layer.from[at])]).reverse();
    lineThrough(fill, [...top, ...bottom]);
    fill.closePath();
  }
  return { stroke, fill, flags: 0 };
}

type Point = readonly [x: number, y: number];

function lineThrough(path: Path2D, points: readonly Point[]): void {
  for (const [at, [x, y]] of points.entries()) {
    if (at === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
}

/** Each bar is as wide as its step, so that one alone is not as wide as the panel. */
function barsOf(
  { from, to, place, places }: Layer,
  times: readonly number[],
  step: number,
  x: (time: number) => number,
  y: (value: number | null | undefined) => number,
): Path2D {
  const path = new Path2D();
  for (const [at, time] of times.entries()) {
    const value = to[at] ?? null;
    if (value === null || value === from[at]) continue;
    const left = x(time + (step * place) / places);
    const right = x(time + (step * (place + 1)) / places);
    const gap = right - left > 4 ? GAP * uPlot.pxRatio : 0;
    const [one, other] = [y(from[at]), y(value)];
    path.rect(left, Math.min(one, other), Math.max(1, right - left - gap), Math.max(1, Math.abs(one - other)));
  }
  return path;
}
