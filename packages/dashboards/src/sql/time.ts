import type { View } from '../view.ts';
import { bigint, identifier } from './quote.ts';

/** The column of an event's time. */
export const TIME = identifier('@timestamp');

/** Whether an event is in the time of a view, as SQL. */
export function inTime({ from, to }: Pick<View, 'from' | 'to'>): string {
  const at = (milliseconds: number) => `make_timestamp(${bigint(milliseconds * 1000)})`;
  return `${TIME} >= ${at(from)} AND ${TIME} < ${at(to)}`;
}
