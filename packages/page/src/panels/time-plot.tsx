import { StepSlider } from './step-slider.tsx';
import { Tooltip } from './tooltip.tsx';
import type { TooltipRow } from './tooltip-rows.ts';
import { type PlotOptions, usePlot } from './use-plot.ts';

interface TimePlotProps extends PlotOptions {
  readonly title: string;
  /** What the picture shows, for those who do not see it. */
  readonly alternative: string;
  /** What a step's values are, in words. */
  rowsAt(step: number): readonly TooltipRow[];
}

/** A plot over time with a crosshair, a tooltip, and zooming by dragging; keys move the crosshair. */
export function TimePlot({ title, alternative, rowsAt, ...options }: TimePlotProps) {
  const { mount, self, moveTo } = usePlot(options);
  const { picture, onZoom } = options;
  return (
    <div class="plot">
      <div class="plot-picture" role="img" aria-label={alternative}>
        <div ref={mount} />
      </div>
      <StepSlider {...{ title, picture, rowsAt, onZoom }} onMove={moveTo} />
      <Tooltip {...{ picture, self, rowsAt }} within={mount} />
    </div>
  );
}
