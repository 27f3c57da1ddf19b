import type { TimeseriesPanel } from '@tailrace/dashboards';
import { formatValue } from '../format/unit.ts';
import { lookOf } from './chart.ts';
import type { MostSeries } from './most-series.ts';

/** A value of a step in words. */
export interface TooltipRow {
  readonly name: string;
  readonly text: string;
  /** As CSS. */
  readonly color?: string;
  readonly dash?: readonly number[];
  readonly line?: boolean;
}

/** Rows of a tooltip; of more the largest are shown. */
export const MOST_ROWS = 12;

/** The values of a step, as they stand above each other: stacked ones in their order, others by size. */
export function seriesRows(
  panel: TimeseriesPanel,
  drawn: MostSeries,
  hidden: ReadonlySet<string>,
  step: number,
): TooltipRow[] {
  const values = drawn.series.flatMap((series, at) => {
    const value = series.values[step] ?? null;
    return value === null || hidden.has(series.name) ? [] : { series, value, at };
  });
  const ordered =
    panel.stacked === true && values.length <= MOST_ROWS
      ? values.reverse()
      : values.sort((one, other) => other.value - one.value);
  return ordered.map(({ series, value, at }) => ({
    ...{ name: series.name, text: formatValue(value, panel.unit), line: panel.draw === 'line' },
    ...lookOf(panel, drawn, at),
  }));
}
