import type { TimeseriesPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { useMemo, useState } from 'preact/hooks';
import { formatValue } from '../format/unit.ts';
import type { PanelBodyProps } from '../panel-contract.ts';
import { chartOf, lookOf, seriesToDraw } from './chart.ts';
import { DataTable } from './data-table.tsx';
import { describeSeries } from './describe.ts';
import { FootBar, footHeight } from './foot-bar.tsx';
import { toggled } from './hidden-series.ts';
import { Legend, type LegendItem } from './legend.tsx';
import { legendLines } from './legend-lines.ts';
import type { MostSeries } from './most-series.ts';
import type { Series } from './series-of-answer.ts';
import { tableOfSeries } from './table-of-series.ts';
import { TimePlot } from './time-plot.tsx';
import { seriesRows } from './tooltip-rows.ts';

interface TimeseriesProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: TimeseriesPanel;
  readonly answer: NumbersAnswer;
}

/** CSS pixels between lines across. */
const TICK_ROOM = 34;

/** Lines, areas or bars over time, with a legend; or the same numbers as a table. */
export function TimeseriesBody({ panel, answer, theme, width, height, onZoom, onEvents }: TimeseriesProps) {
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const [pointed, pointAt] = useState<string | null>(null);
  const [asTable, showTable] = useState(false);
  const drawn = useMemo(() => seriesToDraw(panel, answer, Date.now()), [panel, answer]);
  const items = useMemo(() => legendOf(panel, drawn), [panel, drawn]);
  const lines = legendLines(items, width);
  const inner = height - footHeight(lines);
  const ticks = Math.max(2, Math.min(6, Math.floor(inner / TICK_ROOM)));
  const picture = useMemo(() => chartOf(panel, drawn, hidden, ticks), [panel, drawn, hidden, ticks]);
  const { series, times, step } = drawn;
  const { title, unit } = panel;
  return (
    <div class="chart">
      {asTable ? (
        <DataTable {...{ title, table: tableOfSeries(panel, answer), onEvents, width, height: inner }} />
      ) : (
        <TimePlot
          {...{ title, picture, theme, width, height: inner, pointed, onZoom }}
          alternative={describeSeries(panel, drawn)}
          rowsAt={(at) => seriesRows(panel, drawn, hidden, at)}
        />
      )}
      <FootBar {...{ asTable, title, lines }} onSwitch={showTable}>
        <Legend
          {...{ hidden, times, step, items, note: noteOf(drawn), onPoint: pointAt }}
          textAt={(place, at) => formatValue(valueAt(series[place], at), unit)}
          onToggle={(name, alone) => hide(toggled(hidden, name, alone, series))}
        />
      </FootBar>
    </div>
  );
}

function legendOf(panel: TimeseriesPanel, drawn: MostSeries): LegendItem[] {
  return drawn.series.map((each, at) => {
    const text = formatValue(valueAt(each, null), panel.unit);
    return { name: each.name, text, line: panel.draw === 'line', ...lookOf(panel, drawn, at) };
  });
}

/** What is not drawn is said. */
function noteOf({ series, more, summed }: MostSeries): string {
  if (more === 0) return '';
  return summed
    ? `${series.length - 1} largest of ${series.length - 1 + more}`
    : `${series.length} largest; ${more} more in the table`;
}

function valueAt(series: Series | undefined, at: number | null): number | null {
  if (series === undefined) return null;
  return at === null ? (series.values.findLast((value) => value !== null) ?? null) : (series.values[at] ?? null);
}
