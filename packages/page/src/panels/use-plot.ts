import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Span } from '../panel-contract.ts';
import { stepAt } from './crosshair.ts';
import { useShared } from './panel-group.tsx';
import type { Picture } from './picture.ts';
import { createPlot, dataOf } from './plot.ts';

export interface PlotOptions {
  readonly picture: Picture;
  readonly theme: 'dark' | 'light';
  readonly width: number;
  readonly height: number;
  /** Name of the layer that all others step back behind; null: none does. */
  readonly pointed: string | null;
  onZoom(span: Span): void;
}

interface PlotHandle {
  /** Of the element that the plot is drawn into. */
  readonly mount: RefObject<HTMLDivElement | null>;
  /** Who this plot is at the crosshair. */
  readonly self: object;
  /** Moves the crosshair of all panels. */
  moveTo(time: number | null): void;
}

/** Keeps a plot with what it shows; it is made anew only when its layers are others. */
export function usePlot(options: PlotOptions): PlotHandle {
  const { crosshair, color } = useShared();
  const mount = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(options);
  latest.current = options;
  const drawn = useRef(options.picture);
  const self = useMemo(() => ({}), []);
  const layers = JSON.stringify(options.picture.layers.map(({ name, draw, dash }) => [name, draw, dash]));
  useLayoutEffect(() => {
    const source = {
      picture: () => latest.current.picture,
      color: (css: string) => color(css, latest.current.theme),
      onZoom: (span: Span) => latest.current.onZoom(span),
      ...{ crosshair, self },
    };
    const { width, height, picture } = latest.current;
    drawn.current = picture;
    plot.current = mount.current === null ? null : createPlot(mount.current, source, width, height);
    return () => plot.current?.destroy();
  }, [layers, crosshair, color, self]);
  useUpdates(plot, options, drawn);
  useEffect(
    () =>
      crosshair.subscribe(() => {
        const { time, source } = crosshair;
        if (source !== self || time === null) follow(plot.current, latest.current.picture, time);
      }),
    [crosshair, self],
  );
  const moveTo = (time: number | null) => {
    crosshair.move(time, self);
    follow(plot.current, latest.current.picture, time);
  };
  return { mount, self, moveTo };
}

function useUpdates(plot: RefObject<uPlot | null>, options: PlotOptions, drawn: RefObject<Picture>): void {
  const { picture, theme, width, height, pointed } = options;
  useEffect(() => plot.current?.setSize({ width, height }), [plot, width, height]);
  useEffect(() => {
    if (drawn.current !== picture) plot.current?.setData(dataOf(picture));
    drawn.current = picture;
  }, [plot, drawn, picture]);
  useEffect(() => plot.current?.redraw(false, true), [plot, theme]);
  useEffect(() => point(plot.current, drawn.current, pointed), [plot, drawn, pointed]);
}

function follow(plot: uPlot | null, { times, step }: Picture, time: number | null): void {
  if (plot === null) return;
  const left = stepAt(times, step, time) === null || time === null ? -10 : plot.valToPos(time, 'x');
  plot.setCursor({ left, top: left < 0 ? -10 : 0 }, false);
}

function point(plot: uPlot | null, { layers }: Picture, name: string | null): void {
  const at = layers.findIndex((layer) => layer.name === name);
  // The first series of a plot are its times.
  plot?.setSeries(at < 0 ? null : at + 1, { focus: true }, false);
}
