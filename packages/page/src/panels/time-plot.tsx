import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Span } from '../panel-contract.ts';
import { stepAt } from './crosshair.ts';
import { useShared } from './panel-group.tsx';
import type { Picture } from './picture.ts';
import { createPlot, dataOf } from './plot.ts';
import { StepSlider } from './step-slider.tsx';
import { Tooltip, type TooltipRow } from './tooltip.tsx';

interface TimePlotProps {
  readonly title: string;
  readonly picture: Picture;
  /** What the picture shows, for those who do not see it. */
  readonly alternative: string;
  readonly theme: 'dark' | 'light';
  readonly width: number;
  readonly height: number;
  onZoom(span: Span): void;
  /** What a step's values are, in words. */
  rowsAt(step: number): readonly TooltipRow[];
}

/** A plot over time with a crosshair, a tooltip, and zooming by dragging; keys move the crosshair. */
export function TimePlot(props: TimePlotProps) {
  const { picture, theme, width, height } = props;
  const shared = useShared();
  const mount = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const pictured = useRef(picture);
  const self = useMemo(() => ({}), []);
  const shape = JSON.stringify(picture.layers.map(({ name, draw, dash }) => [name, draw, dash]));

  useLayoutEffect(() => {
    const source = {
      picture: () => latest.current.picture,
      color: (css: string) => shared.color(css, latest.current.theme),
      onZoom: (span: Span) => latest.current.onZoom(span),
      ...{ crosshair: shared.crosshair, self },
    };
    const { width, height } = latest.current;
    const created = mount.current === null ? null : createPlot(mount.current, source, width, height);
    plot.current = created;
    pictured.current = latest.current.picture;
    return () => created?.destroy();
  }, [shape, shared, self]);

  useEffect(() => plot.current?.setSize({ width, height }), [width, height]);
  useEffect(() => {
    if (pictured.current !== picture) plot.current?.setData(dataOf(picture));
    pictured.current = picture;
  }, [picture]);
  useEffect(() => plot.current?.redraw(false, true), [theme]);
  useEffect(
    () =>
      shared.crosshair.subscribe(() => {
        const { time, source } = shared.crosshair;
        if (source !== self || time === null) follow(plot.current, latest.current.picture, time);
      }),
    [shared, self],
  );

  return (
    <div class="plot">
      <div class="plot-picture" role="img" aria-label={props.alternative}>
        <div ref={mount} />
      </div>
      <StepSlider
        title={props.title}
        picture={picture}
        rowsAt={props.rowsAt}
        onZoom={props.onZoom}
        onMove={(time) => {
          shared.crosshair.move(time, self);
          follow(plot.current, picture, time);
        }}
      />
      <Tooltip picture={picture} self={self} within={mount} rowsAt={props.rowsAt} />
    </div>
  );
}

function follow(plot: uPlot | null, { times, step }: Picture, time: number | null): void {
  if (plot === null) return;
  const left = stepAt(times, step, time) === null || time === null ? -10 : plot.valToPos(time, 'x');
  plot.setCursor({ left, top: left < 0 ? -10 : 0 }, false);
}
