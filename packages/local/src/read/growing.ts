import { constant, literal, rangeLength } from './arguments.ts';

/** Longest text or list that a function may be told to make. */
const MAX_MADE = 10_000;
/** Longest text that may take the place of others, each time. */
const MAX_PUT = 100;

/** Functions that put a text, their third argument, into another one any number of times. */
const PUTTING = new Set(['replace', 'regexp_replace']);
/** Functions that calculate with what they have so far, item by item: what makes that longer doubles it with each. */
const REDUCING = new Set(['list_reduce', 'array_reduce', 'reduce']);
const CALCULATING = new Set([
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  'greatest',
  'least',
  'abs',
  'round',
  'coalesce',
  'struct_extract',
]);

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
    const count = rangeLength(args);
    if (count !== null && count <= MAX_MADE) return null;
    return `${name}() makes a list here, which may have ${MAX_MADE} items and needs its bounds written out as numbers; FROM ${name}(…) makes rows`;
  }
  if (PUTTING.has(name)) return putProblem(name, args[2]);
  if (REDUCING.has(name) && !args.every(onlyCalculates)) {
    return `${name}() is for calculating: its lambda may use ${[...CALCULATING].slice(0, 8).join(' ')} and no function that makes texts or lists`;
  }
  if (name === 'printf' || name === 'format') return formatProblem(name, args[0]);
  const lengths = Object.hasOwn(LENGTH_ARGUMENTS, name) ? LENGTH_ARGUMENTS[name]!(args).map(literal) : [];
  if (lengths.every((length) => length !== null && length <= MAX_MADE)) return null;
  return `${name}() needs a number written out, at most ${MAX_MADE}, for how much it makes`;
}

function putProblem(name: string, text: unknown): string | null {
  const put = constant(text);
  if (typeof put === 'string' && put.length <= MAX_PUT) return null;
  return `${name}() needs a text written out, at most ${MAX_PUT} characters, for what it puts in`;
}

function onlyCalculates(arg: unknown): boolean {
  const { class: kind, expr } = arg as Record<string, unknown>;
  return kind !== 'LAMBDA' || calculates(expr);
}

function calculates(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return true;
  const { class: kind, function_name: name } = node as Record<string, unknown>;
  if (kind === 'FUNCTION' && !CALCULATING.has(String(name).toLowerCase())) return false;
  return Object.values(node).every(calculates);
}

function formatProblem(name: string, format: unknown): string | null {
  const text = constant(format);
  if (typeof text === 'string' && !/\*|\d{5}|\{[^}]*\{/.test(text)) return null;
  return `${name}() needs its format written out, with widths below ${MAX_MADE}`;
}
