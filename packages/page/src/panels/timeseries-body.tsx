import type { TimeseriesPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { useMemo, useState } from 'preact/hooks';
import { formatValue } from '../format/unit.ts';
import type { PanelBodyProps } from '../panel-contract.ts';
import { chartOf, lookOf, seriesToDraw } from './chart.ts';
import { DataTable } from './data-table.tsx';
import { describeSeries } from './describe.ts';
import { FOOT_HEIGHT, FootBar } from './foot-bar.tsx';
import { Legend } from './legend.tsx';
import type { Series } from './series-of-answer.ts';
import { tableOfSeries } from './table-of-series.ts';
import { TimePlot } from './time-plot.tsx';

interface TimeseriesProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: TimeseriesPanel;
  readonly answer: NumbersAnswer;
}

/** Lines, areas or bars over time, with a legend; or the same numbers as a table. */
export function TimeseriesBody({ panel, answer, theme, width, height, onZoom, onEvents }: TimeseriesProps) {
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const [asTable, showTable] = useState(false);
  const drawn = useMemo(() => seriesToDraw(panel, answer), [panel, answer]);
  const picture = useMemo(() => chartOf(panel, drawn, hidden), [panel, drawn, hidden]);
  const { series, times, step, more, summed } = drawn;
  const looks = series.map((_, at) => lookOf(panel, series, at));
  const text = (value: number | null | undefined) => formatValue(value, panel.unit);
  const rowsAt = (at: number) =>
    series.flatMap(({ name, values }, place) =>
      hidden.has(name) || (values[at] ?? null) === null ? [] : { name, text: text(values[at]), ...looks[place] },
    );
  const table = asTable ? tableOfSeries(panel, answer) : null;
  return (
    <div class="chart">
      {table === null ? (
        <TimePlot
          {...{ title: panel.title, picture, theme, width, height: height - FOOT_HEIGHT, onZoom, rowsAt }}
          alternative={describeSeries(panel, drawn)}
        />
      ) : (
        <DataTable title={panel.title} table={table} onEvents={onEvents} height={height - FOOT_HEIGHT} />
      )}
      <FootBar asTable={asTable} title={panel.title} onSwitch={showTable}>
        <Legend
          {...{ hidden, times, step }}
          items={series.map(({ name }, at) => ({
            ...{ name, line: panel.draw === 'line', color: '', dash: [] },
            ...looks[at],
          }))}
          note={more > 0 && !summed ? `${more} more, in the table` : ''}
          textAt={(place, at) => text(valueAt(series[place], at))}
          onToggle={(name, alone) => hide(toggled(hidden, name, alone, series))}
        />
      </FootBar>
    </div>
  );
}

function valueAt(series: Series | undefined, at: number | null): number | null {
  if (series === undefined) return null;
  return at === null ? (series.values.findLast((value) => value !== null) ?? null) : (series.values[at] ?? null);
}

/** One series hidden or shown; or it alone, and all again when it was alone already. */
function toggled(hidden: ReadonlySet<string>, name: string, alone: boolean, series: readonly Series[]): Set<string> {
  if (!alone) return new Set(hidden.has(name) ? [...hidden].filter((each) => each !== name) : [...hidden, name]);
  const others = series.flatMap((each) => (each.name === name ? [] : each.name));
  const isAlone = !hidden.has(name) && others.every((each) => hidden.has(each));
  return new Set(isAlone ? [] : others);
}
