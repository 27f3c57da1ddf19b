import type { HeatmapPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { useMemo, useState } from 'preact/hooks';
import { formatTime } from '../format/time.ts';
import { formatValue } from '../format/unit.ts';
import type { PanelBodyProps } from '../panel-contract.ts';
import { DataTable } from './data-table.tsx';
import { bucketText, describeCells } from './describe.ts';
import { FootBar, footHeight } from './foot-bar.tsx';
import { cellsOf, type HeatmapCells } from './heatmap-cells.ts';
import { heatmapPicture } from './heatmap-picture.ts';
import type { TableData } from './table-data.ts';
import { TimePlot } from './time-plot.tsx';

interface HeatmapProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: HeatmapPanel;
  readonly answer: NumbersAnswer;
}

/** How often values came, by time and size; or the same counts as a table. */
export function HeatmapBody({ panel, answer, theme, width, height, onZoom }: HeatmapProps) {
  const { title, unit } = panel;
  const [asTable, showTable] = useState(false);
  const cells = useMemo(() => cellsOf(answer), [answer]);
  const picture = useMemo(() => heatmapPicture(cells, unit), [cells, unit]);
  const inner = height - footHeight(1);
  const rowsAt = (at: number) =>
    bucketsOf(cells, unit).flatMap(({ name, counts }) =>
      (counts[at] ?? 0) > 0 ? [{ name, text: formatValue(counts[at], 'none') }] : [],
    );
  return (
    <div class="chart">
      {asTable ? (
        <DataTable title={title} table={tableOf(cells, unit)} onEvents={undefined} width={width} height={inner} />
      ) : (
        <TimePlot
          {...{ title, picture, theme, width, height: inner, pointed: null, onZoom, rowsAt }}
          alternative={describeCells(title, unit, cells)}
        />
      )}
      <FootBar lines={1} asTable={asTable} title={title} onSwitch={showTable}>
        <div class="heat-scale" aria-hidden="true">
          <span>1</span>
          <span class="heat-gradient" />
          <span>{formatValue(cells.largest, 'none')} per step</span>
        </div>
      </FootBar>
    </div>
  );
}

/** The highest bucket first, as it is drawn. */
function bucketsOf({ bounds, counts, lowest }: HeatmapCells, unit: HeatmapPanel['unit']) {
  return bounds
    .map((bound, at) => ({ name: bucketText(bounds[at - 1] ?? lowest, bound, unit), counts: counts[at] ?? [] }))
    .reverse();
}

function tableOf(cells: HeatmapCells, unit: HeatmapPanel['unit']): TableData {
  const buckets = bucketsOf(cells, unit).reverse();
  const rows = cells.times.map((time, at) => [
    { value: time, text: formatTime(time).slice(0, -4) },
    ...buckets.map(({ counts }) => ({ value: counts[at] ?? 0, text: formatValue(counts[at] ?? 0, 'none') })),
  ]);
  return {
    columns: [{ name: 'Time', numeric: false, whole: true }, ...buckets.map(({ name }) => ({ name, numeric: true }))],
    rows: rows.reverse(),
  };
}
