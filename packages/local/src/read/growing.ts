/** Longest text or list that a function may be told to make. */
const MAX_MADE = 10_000;

/**
 * Functions that make a text or list as long as a number says, and which arguments say it. DuckDB does not count what they make as
 * memory_limit does, so one call could take all memory of the process.
 */
const LENGTH_ARGUMENTS: Readonly<Record<string, (args: readonly unknown[]) => readonly unknown[]>> = {
  repeat: (args) => args.slice(1),
  lpad: (args) => args.slice(1, 2),
  rpad: (args) => args.slice(1, 2),
  bitstring: (args) => args.slice(1),
  bar: (args) => args.slice(3),
  list_resize: (args) => args.slice(1, 2),
  array_resize: (args) => args.slice(1, 2),
  equi_width_bins: (args) => args.slice(2, 3),
};

/** Why a call may not run, `null` when it may; `args` are its parsed arguments. */
export function growthProblem(name: string, args: readonly unknown[]): string | null {
  if (name === 'range' || name === 'generate_series') {
    const count = rangeLength(args.map(literal));
    if (count !== null && count <= MAX_MADE) return null;
    return `${name}() makes a list here, which may have ${MAX_MADE} items and needs its bounds written out as numbers; FROM ${name}(…) makes rows`;
  }
  if (name === 'printf' || name === 'format') return formatProblem(name, args[0]);
  const lengths = Object.hasOwn(LENGTH_ARGUMENTS, name) ? LENGTH_ARGUMENTS[name]!(args).map(literal) : [];
  if (lengths.every((length) => length !== null && length <= MAX_MADE)) return null;
  return `${name}() needs a number written out, at most ${MAX_MADE}, for how much it makes`;
}

function formatProblem(name: string, format: unknown): string | null {
  const text = constant(format);
  if (typeof text === 'string' && !/\*|\d{5}|\{[^}]*\{/.test(text)) return null;
  return `${name}() needs its format written out, with widths below ${MAX_MADE}`;
}

function rangeLength(bounds: readonly (number | null)[]): number | null {
  const [first, last, step = 1] = bounds.length === 1 ? [0, bounds[0]] : bounds;
  if (first == null || last == null || step === null || step === 0) return null;
  return (last - first) / step + 1;
}

/** The number that an argument is, `null` when it is computed. */
function literal(node: unknown): number | null {
  const value = constant(node);
  return typeof value === 'number' ? value : null;
}

function constant(node: unknown): unknown {
  const { class: kind, child, value } = (node ?? {}) as Record<string, unknown>;
  if (kind === 'CAST') return constant(child);
  if (kind !== 'CONSTANT') return null;
  return (value as { value?: unknown } | undefined)?.value ?? null;
}
