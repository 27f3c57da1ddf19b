import type { TimeseriesPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { formatTime } from '../format/time.ts';
import { formatValue } from '../format/unit.ts';
import { seriesOf } from './series-of-answer.ts';
import type { TableData } from './table-data.ts';

/** All series of a panel as a table: a row per step with any value, the newest first. */
export function tableOfSeries({ query, unit }: TimeseriesPanel, answer: NumbersAnswer): TableData {
  const { times, step, series } = seriesOf(query, answer);
  const rows = times.flatMap((time, at) => {
    const values = series.map(({ values }) => values[at] ?? null);
    if (values.every((value) => value === null)) return [];
    const clicked = { span: { from: time, to: time + step } };
    const cells = values.map((value) => ({ value, text: formatValue(value, unit) }));
    return [[{ value: time, text: formatTime(time).slice(0, -4), clicked }, ...cells]];
  });
  const columns = [
    { name: 'Time', numeric: false, whole: true },
    ...series.map(({ name }) => ({ name, numeric: true })),
  ];
  return { columns, rows: rows.reverse() };
}
