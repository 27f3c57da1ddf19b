import uPlot from 'uplot';
import type { Span } from '../panel-contract.ts';
import type { Crosshair } from './crosshair.ts';
import { pathsOf } from './paths.ts';
import { lonePoints, type Picture } from './picture.ts';
import { timeLabels } from './time-labels.ts';

/** What a plot asks its surroundings; all of it is asked anew with each drawing. */
export interface PlotSource {
  picture(): Picture;
  /** A CSS colour as canvases know it. */
  color(css: string): string;
  onZoom(span: Span): void;
  readonly crosshair: Crosshair;
  /** Tells who moved the crosshair. */
  readonly self: object;
}

const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const LETTER = 6.3;
/** Between lines across, in CSS pixels. */
const LEAST_APART = 18;
/** Shorter drags are clicks. */
const LEAST_DRAG = 6;

/** Draws pictures over time into an element; a picture with other layers needs another plot. */
export function createPlot(element: HTMLElement, source: PlotSource, width: number, height: number): uPlot {
  return new uPlot(
    {
      ...{ width, height, ms: 1, legend: { show: false }, padding: [8, 20, 0, 0] },
      scales: { x: { time: true, range: () => timeRange(source.picture()) }, y: { range: () => valueRange(source) } },
      axes: [timeAxis(source), valuesAxis(source)],
      series: [{}, ...source.picture().layers.map((_, at) => seriesAt(source, at))],
      focus: { alpha: 0.2 },
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG },
        points: { show: false },
        bind: { dblclick: () => () => null },
      },
      hooks: {
        drawAxes: [(plot) => paintCells(plot, source), (plot) => paintLines(plot, source)],
        draw: [(plot) => paintPartial(plot, source)],
        setCursor: [(plot) => tellCrosshair(plot, source)],
        setSelect: [(plot) => zoomTo(plot, source)],
      },
    },
    dataOf(source.picture()),
    element,
  );
}

/** A picture's numbers as a plot takes them. */
export function dataOf({ times, layers }: Picture): uPlot.AlignedData {
  return [[...times], ...layers.map(({ to }) => [...to])];
}

function timeRange({ times, step }: Picture): uPlot.Range.MinMax {
  return [times[0] ?? 0, (times.at(-1) ?? 0) + step];
}

function valueRange(source: PlotSource): uPlot.Range.MinMax {
  const { from, to } = source.picture().axis;
  return [from, to];
}

function seriesAt(source: PlotSource, at: number): uPlot.Series {
  const layer = () => source.picture().layers[at];
  const color = () => source.color(layer()?.color ?? 'transparent');
  const { draw = 'line', dash = [] } = layer() ?? {};
  return {
    ...{ scale: 'y', stroke: color, dash: [...dash], width: draw === 'bars' ? 0 : 1.5 },
    fill: () => (draw === 'area' ? translucent(color()) : color()),
    paths: (plot) => {
      const { times, step } = source.picture();
      const drawn = layer();
      return drawn === undefined ? null : pathsOf(plot, drawn, times, step);
    },
    points: {
      show: false,
      size: 5,
      fill: color,
      filter: () => (draw === 'bars' ? null : lonePoints(layer()?.to ?? [])),
    },
  };
}

function translucent(color: string): string {
  return color.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.35)');
}

function timeAxis(source: PlotSource): uPlot.Axis {
  return {
    ...{ font: FONT, stroke: () => source.color('var(--muted)'), gap: 4, space: 64, lineGap: 1.25 },
    ...linesOf(source),
    size: (_plot, values) => ((values ?? []).some((value) => value.includes('\n')) ? 36 : 22),
    values: (_plot, splits, _axis, _space, increment) => timeLabels(splits, increment),
  };
}

function valuesAxis(source: PlotSource): uPlot.Axis {
  return {
    ...{ font: FONT, stroke: () => source.color('var(--muted)'), gap: 4 },
    ...linesOf(source),
    size: (_plot, values) => {
      const longest = (values ?? []).reduce((most, value) => Math.max(most, value.length), 0);
      return Math.max(36, Math.ceil(longest * LETTER) + 14);
    },
    splits: (plot) => everyNth(plot, source.picture().axis.ticks),
    values: (_plot, splits) => {
      const { axis, labels } = source.picture();
      return splits.map((tick) => labels[axis.ticks.indexOf(tick)] ?? '');
    },
  };
}

/** Fewer lines where they would stand closer than their labels are high; the zero stays. */
function everyNth(plot: uPlot, ticks: readonly number[]): number[] {
  const room = Math.max(1, Math.floor(plot.height / LEAST_APART));
  const nth = Math.ceil(ticks.length / room);
  const zero = Math.max(0, ticks.indexOf(0));
  return ticks.filter((_, at) => (at - zero) % nth === 0);
}

function linesOf(source: PlotSource): Pick<uPlot.Axis, 'grid' | 'ticks'> {
  const stroke = () => source.color('var(--border)');
  return { grid: { stroke, width: 1 }, ticks: { stroke, width: 1, size: 4 } };
}

function paintCells(plot: uPlot, source: PlotSource): void {
  const { cells, step } = source.picture();
  const { ctx } = plot;
  ctx.save();
  for (const { time, from, to, color, strength } of cells) {
    const [left, right] = [plot.valToPos(time, 'x', true), plot.valToPos(time + step, 'x', true)];
    const [bottom, top] = [plot.valToPos(from, 'y', true), plot.valToPos(to, 'y', true)];
    ctx.globalAlpha = strength;
    ctx.fillStyle = source.color(color);
    ctx.fillRect(
      Math.round(left),
      Math.round(top),
      Math.round(right) - Math.round(left),
      Math.round(bottom) - Math.round(top),
    );
  }
  ctx.restore();
}

/** A veil of the panel's own colour. */
function paintPartial(plot: uPlot, source: PlotSource): void {
  const { partial, step } = source.picture();
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.globalAlpha = 0.5;
  ctx.fillStyle = source.color('var(--surface)');
  for (const time of partial) {
    const [left, right] = [plot.valToPos(time, 'x', true), plot.valToPos(time + step, 'x', true)];
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

function paintLines(plot: uPlot, source: PlotSource): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { at, color } of source.picture().lines) {
    const y = Math.round(plot.valToPos(at, 'y', true));
    ctx.strokeStyle = source.color(color);
    ctx.lineWidth = uPlot.pxRatio;
    ctx.setLineDash([5 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

function tellCrosshair(plot: uPlot, { crosshair, self }: PlotSource): void {
  const left = plot.cursor.left ?? -1;
  crosshair.move(left < 0 ? null : plot.posToVal(left, 'x'), self);
}

function zoomTo(plot: uPlot, { onZoom }: PlotSource): void {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG) return;
  const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')].map(Math.round);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (from !== undefined && to !== undefined && from < to) onZoom({ from, to });
}
