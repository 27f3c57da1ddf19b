import type { Unit } from '@tailrace/dashboards';
import { axisSteps } from '../format/axis.ts';

/** Where an axis begins and ends, and where its lines are. */
export interface ValueAxis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

const NOTHING: ValueAxis = { from: 0, to: 1, ticks: [0, 1] };

/**
 * An axis for values from `least` to `largest` with about `most` lines at round numbers of the unit, at whole ones if wanted.
 * It always has its zero: lengths and heights without one lie. Without any value it is 0 to 1.
 */
export function valueAxis(least: number, largest: number, unit: Unit, most: number, whole = false): ValueAxis {
  const [low, high] = [Math.min(0, least), Math.max(0, largest)];
  if (!(Number.isFinite(high - low) && high > low)) return NOTHING;
  const wanted = (high - low) / Math.max(1, most);
  const step =
    axisSteps(unit).find((each) => each >= wanted * (1 - 1e-9) && (!whole || Number.isInteger(each))) ?? wanted;
  const [first, last] = [Math.floor(nearly(low / step)), Math.ceil(nearly(high / step))];
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => tidy((first + at) * step));
  return { from: ticks[0] ?? 0, to: ticks.at(-1) ?? 1, ticks };
}

/** 0.30000000000000004 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** A quotient that misses a whole number by rounding alone is that number. */
function nearly(quotient: number): number {
  const whole = Math.round(quotient);
  return Math.abs(quotient - whole) < 1e-9 * Math.max(1, Math.abs(whole)) ? whole : quotient;
}

/** The least and the largest of all values, and whether all are whole; of no values at all 0 to 0. */
export function extentOf(series: readonly (readonly (number | null)[])[]): {
  readonly least: number;
  readonly largest: number;
  readonly whole: boolean;
} {
  let [least, largest, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (const values of series) {
    for (const value of values) {
      if (value === null) continue;
      if (value < least) least = value;
      if (value > largest) largest = value;
      whole &&= Number.isInteger(value);
    }
  }
  return least > largest ? { least: 0, largest: 0, whole: true } : { least, largest, whole };
}
