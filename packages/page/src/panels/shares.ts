import type { DonutPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import type { Clicked } from '../panel-contract.ts';
import { groupText } from './series-of-answer.ts';

/** A part of a whole. */
export interface Share {
  readonly name: string;
  readonly value: number;
  /** 0 to 1. */
  readonly ratio: number;
  /** Undefined of what several parts were summed up to. */
  readonly clicked: Clicked | undefined;
}

/** The parts of a donut, the largest first; those behind the first `most` are summed up. Parts without a positive number have no share. */
export function sharesOf({ query }: DonutPanel, answer: NumbersAnswer, most: number): Share[] {
  const table = answer.tables[0];
  if (table === undefined) return [];
  const grouped = (query.by?.length ?? 0) > 0;
  const parts = table.rows.flatMap((row) =>
    row.columns.slice(0, grouped ? 1 : undefined).map((value, at) => {
      const column = table.columns[at] ?? '';
      if (grouped) return { name: row.groups.map(groupText).join(' · '), value, clicked: { groups: row.groups } };
      return { name: column, value, clicked: { column } };
    }),
  );
  const known = parts.flatMap((part) => (part.value === null || part.value <= 0 ? [] : { ...part, value: part.value }));
  const total = known.reduce((sum, { value }) => sum + value, 0);
  const sorted = known.sort((one, other) => other.value - one.value);
  const shares = sorted.slice(0, most).map((part) => ({ ...part, ratio: part.value / total }));
  const rest = sorted.slice(most);
  if (rest.length === 0) return shares;
  const value = rest.reduce((sum, part) => sum + part.value, 0);
  return [...shares, { name: `${rest.length} more`, value, ratio: value / total, clicked: undefined }];
}
