import type { TimeseriesPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { axisLabels } from '../format/axis.ts';
import { meaningColor, seriesColor } from '../style/palette.ts';
import { type MostSeries, mostSeries } from './most-series.ts';
import type { Layer, Picture } from './picture.ts';
import { extentOf, valueAxis } from './scale.ts';
import { isAdditive, seriesOf } from './series-of-answer.ts';
import { fromZero, stackOf } from './stack.ts';

/** More lines than that nobody can tell apart. */
const MOST = 20;
/** Among more lines dashes tell nothing apart any more. */
const MOST_DASHED = 8;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [9, 3, 2, 3]];

/** The series of a panel, those that are drawn, in their order. */
export function seriesToDraw(
  { query, stacked }: TimeseriesPanel,
  answer: NumbersAnswer,
  now: number = answer.to,
): MostSeries {
  return mostSeries(seriesOf(query, answer, now), MOST, stacked === true && isAdditive(query));
}

/** How a series looks: its colour by name where the panel says so, else by its place. */
export function lookOf(panel: TimeseriesPanel, drawn: MostSeries, at: number): Pick<Layer, 'color' | 'dash'> {
  const { series, summed } = drawn;
  if (summed && at === series.length - 1) return { color: 'var(--muted)', dash: [] };
  const { name = '', groups = [] } = series[at] ?? {};
  const meant = panel.colors?.[name] ?? panel.colors?.[groups.join(' · ')];
  const color = meant === undefined ? seriesColor(at) : meaningColor(meant);
  const dash = panel.draw === 'line' && series.length <= MOST_DASHED ? DASHES[at % DASHES.length] : DASHES[0];
  return { color, dash: dash ?? [] };
}

/** What a time series draws without the series of these names, with about as many lines across. */
export function chartOf(
  panel: TimeseriesPanel,
  drawn: MostSeries,
  hidden: ReadonlySet<string>,
  ticks: number,
): Picture {
  const { times, step, series } = drawn;
  const partial = panel.draw === 'bars' ? drawn.partial : [];
  const values = series.map((each) => (hidden.has(each.name) ? each.values.map(() => null) : each.values));
  const places = panel.stacked === true ? stackOf(values) : fromZero(values);
  const beside = panel.draw === 'bars' && panel.stacked !== true;
  const shown = series.filter(({ name }) => !hidden.has(name));
  const layers = series.map((each, at): Layer => {
    const { from = [], to = [] } = places[at] ?? {};
    const place = beside ? Math.max(0, shown.indexOf(each)) : 0;
    const of = beside ? Math.max(1, shown.length) : 1;
    return { ...{ name: each.name, draw: panel.draw, from, to }, place, places: of, ...lookOf(panel, drawn, at) };
  });
  const { least, largest, whole } = extentOf(layers.map(({ to }) => to));
  const lines = linesOf(panel, largest);
  const highest = lines.reduce((most, { at }) => Math.max(most, at), largest);
  const axis = valueAxis(least, highest, panel.unit, ticks, whole && panel.unit === 'none');
  return { times, step, partial, axis, labels: axisLabels(axis.ticks, panel.unit), layers, lines, cells: [] };
}

/** Thresholds that the values come near to; those far above would press all else flat. */
function linesOf({ thresholds = [] }: TimeseriesPanel, largest: number): Picture['lines'] {
  return thresholds.flatMap(({ from, color }) =>
    from === undefined || from > largest * 2 ? [] : [{ at: from, color: meaningColor(color) }],
  );
}
