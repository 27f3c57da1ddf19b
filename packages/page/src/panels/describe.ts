import type { TimeseriesPanel, Unit } from '@tailrace/dashboards';
import { formatValue } from '../format/unit.ts';
import type { HeatmapCells } from './heatmap-cells.ts';
import type { MostSeries } from './most-series.ts';
import type { Series } from './series-of-answer.ts';
import { type Steps, timeText } from './time-labels.ts';

const TOLD = 5;
const KINDS = { line: 'line chart', area: 'area chart', bars: 'bar chart' };

/** A chart over time in words: its name, the time it shows, and of each of the first series the last and the highest value. */
export function describeSeries({ title, draw, unit }: TimeseriesPanel, drawn: MostSeries): string {
  const { series, more, summed } = drawn;
  const told = series.slice(0, TOLD).map((each) => describeOne(each, drawn, unit));
  const untold = series.length - told.length + (summed ? 0 : more);
  const rest = untold > 0 ? [`And ${untold} more.`] : [];
  return [`${title}: ${KINDS[draw]} ${spanOf(drawn)}.`, ...told, ...rest].join(' ');
}

function describeOne({ name, values }: Series, steps: Steps, unit: Unit): string {
  const known = values.flatMap((value, at) => (value === null ? [] : { value, at }));
  const last = known.at(-1);
  if (last === undefined) return `${name}: no value.`;
  const highest = known.reduce((most, each) => (each.value > most.value ? each : most));
  const when = timeText(steps.times[highest.at] ?? 0, steps);
  return `${name}: last ${formatValue(last.value, unit)}, highest ${formatValue(highest.value, unit)} at ${when}.`;
}

/** A heatmap in words: its name, the time it shows, its range, and where most values were. */
export function describeCells(title: string, unit: Unit, cells: HeatmapCells): string {
  const { bounds, counts, lowest } = cells;
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const most = totals.indexOf(Math.max(...totals));
  const total = totals.reduce((sum, count) => sum + count, 0);
  const begin = `${title}: heatmap ${spanOf(cells)}.`;
  if (most < 0) return `${begin} No values.`;
  const range = bucketText(lowest, bounds.at(-1) ?? lowest, unit);
  const largest = bucketText(bounds[most - 1] ?? lowest, bounds[most] ?? 0, unit);
  return `${begin} ${formatValue(total, 'none')} values, ${range}; most of them ${largest}.`;
}

/** The values of a bucket in words. */
export function bucketText(from: number, to: number, unit: Unit): string {
  if (to === Number.POSITIVE_INFINITY) return `above ${formatValue(from, unit)}`;
  if (from === Number.NEGATIVE_INFINITY) return `up to ${formatValue(to, unit)}`;
  return `${formatValue(from, unit)} to ${formatValue(to, unit)}`;
}

function spanOf(steps: Steps): string {
  const { times, step } = steps;
  return `from ${timeText(times[0] ?? 0, steps)} to ${timeText((times.at(-1) ?? 0) + step, steps)}`;
}
