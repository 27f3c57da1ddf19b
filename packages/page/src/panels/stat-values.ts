import type { Column, StatPanel, Unit } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { groupText } from './series-of-answer.ts';

/** One number of a stat. */
export interface StatValue {
  readonly name: string;
  readonly value: number | null;
  readonly unit: Unit;
  /** It is a time in Unix milliseconds. */
  readonly isTime: boolean;
}

/** The numbers of a stat: one per column of a log query, one per line and group of a metric query. */
export function statValues(panel: StatPanel, answer: NumbersAnswer): StatValue[] {
  const several = answer.tables.length > 1;
  return answer.tables.flatMap(({ name, columns, rows }) =>
    rows.flatMap((row) =>
      row.columns.map((value, at) => {
        const column = columnOf(panel, at);
        const groups = row.groups.map(groupText);
        const parts = [...(name === '' ? [] : several || groups.length === 0 ? [name] : []), ...groups];
        const label = name === '' || columns.length > 1 ? [...parts, columns[at] ?? ''] : parts;
        return { name: label.join(' · '), value, unit: column?.unit ?? panel.unit, isTime: column?.op === 'last_seen' };
      }),
    ),
  );
}

function columnOf({ query }: StatPanel, at: number): Column | undefined {
  return query.source === 'logs' ? query.agg[at] : undefined;
}
