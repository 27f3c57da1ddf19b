/** How many items `range` or `generate_series` makes of these arguments, at most; `null` when they are computed. */
export function rangeLength(args: readonly unknown[]): number | null {
  const bounds = args.map(literal);
  const [first, last, step = 1] = bounds.length === 1 ? [0, bounds[0]] : bounds;
  if (first == null || last == null || step === null || step === 0) return null;
  return (last - first) / step + 1;
}

/** The number that an argument is, `null` when it is computed. */
export function literal(node: unknown): number | null {
  const value = constant(node);
  return typeof value === 'number' ? value : null;
}

/** The value that is written as an argument, `null` when it is computed. */
export function constant(node: unknown): unknown {
  const { class: kind, child, value } = (node ?? {}) as Record<string, unknown>;
  if (kind === 'CAST') return constant(child);
  if (kind !== 'CONSTANT') return null;
  return (value as { value?: unknown } | undefined)?.value ?? null;
}
