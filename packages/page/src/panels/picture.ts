import type { ValueAxis } from './scale.ts';

/** One series as it is drawn. */
export interface Layer {
  readonly name: string;
  /** As CSS. */
  readonly color: string;
  /** Lengths of dashes and gaps of its line in CSS pixels; empty: solid. */
  readonly dash: readonly number[];
  readonly draw: 'line' | 'area' | 'bars';
  /** Per step where it begins and ends on the axis of values; null draws nothing. */
  readonly from: readonly (number | null)[];
  readonly to: readonly (number | null)[];
  /** Of bars beside each other, which part of a step: its place among how many. */
  readonly place: number;
  readonly places: number;
}

/** What a plot over time draws. */
export interface Picture {
  /** Begins of steps in Unix milliseconds, rising, and the length of each. */
  readonly times: readonly number[];
  readonly step: number;
  /** Steps that are shown fainter, since their values are not those of a whole step. */
  readonly partial: readonly number[];
  readonly axis: ValueAxis;
  /** One per line of the axis. */
  readonly labels: readonly string[];
  readonly layers: readonly Layer[];
  /** Lines across, such as thresholds. */
  readonly lines: readonly { readonly at: number; readonly color: string }[];
  /** Rectangles under all that; of heatmaps. */
  readonly cells: readonly Cell[];
}

/** A rectangle of the plot. */
export interface Cell {
  readonly time: number;
  readonly from: number;
  readonly to: number;
  /** As CSS. */
  readonly color: string;
  /** 0 to 1. */
  readonly strength: number;
}

/** Indices of values between two gaps: a line through them has no length, so they are drawn as points. */
export function lonePoints(values: readonly (number | null)[]): number[] {
  const known = (at: number) => (values[at] ?? null) !== null;
  return values.flatMap((_, at) => (known(at) && !known(at - 1) && !known(at + 1) ? [at] : []));
}

/** Stretches of neighbouring steps with values, as index of the first and behind the last. */
export function runsOf(values: readonly (number | null)[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const [at, value] of values.entries()) {
    const last = runs.at(-1);
    if (value === null) continue;
    if (last !== undefined && last[1] === at) last[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}
