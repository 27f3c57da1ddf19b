type Values = readonly (number | null)[];

/** Where each value is drawn, per step; null where there is none. */
export interface Stacked {
  readonly from: Values;
  readonly to: Values;
}

/** Each series on top of those before it, negative values below zero; null takes no room. */
export function stackOf(series: readonly Values[]): Stacked[] {
  const length = series[0]?.length ?? 0;
  const above = new Array<number>(length).fill(0);
  const below = new Array<number>(length).fill(0);
  return series.map((values) => {
    const from = new Array<number | null>(length).fill(null);
    const to = new Array<number | null>(length).fill(null);
    for (const [at, value] of values.entries()) {
      if (value === null) continue;
      const side = value < 0 ? below : above;
      from[at] = side[at] ?? 0;
      side[at] = (side[at] ?? 0) + value;
      to[at] = side[at] ?? 0;
    }
    return { from, to };
  });
}

/** Each series from zero. */
export function fromZero(series: readonly Values[]): Stacked[] {
  return series.map((values) => ({ from: values.map((value) => (value === null ? null : 0)), to: values }));
}
