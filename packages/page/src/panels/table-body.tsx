import type { TablePanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { useMemo } from 'preact/hooks';
import type { PanelBodyProps } from '../panel-contract.ts';
import { DataTable } from './data-table.tsx';
import { tableOf } from './table-of-answer.ts';

interface TableProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: TablePanel;
  readonly answer: NumbersAnswer;
}

/** A row per group; the cells of one grouping link to its events. */
export function TableBody({ panel, answer, width, height, onEvents }: TableProps) {
  const table = useMemo(() => tableOf(panel, answer), [panel, answer]);
  return <DataTable title={panel.title} table={table} onEvents={onEvents} width={width} height={height} />;
}
