import { constant, literal, rangeLength } from './arguments.ts';

/** Longest text, or text of all items of a list, that a statement may make of what is written in it. */
const MOST_MADE = 1_000_000;
/** How many times as long as what a column holds a value may become; DuckDB works on 2,048 rows at once. */
const MOST_TIMES = 500;

/** About how long a value may be: `made` of what is written in the statement, `times` what a column holds; 0 when there is none of it. */
interface Length {
  readonly made: number;
  readonly times: number;
}

const NOTHING: Length = { made: 0, times: 0 };
const COLUMN: Length = { made: 1, times: 1 };

type Node = Readonly<Record<string, unknown>>;

/** Functions that make a text as many times as long as it was, at most about. */
const TIMES: Readonly<Record<string, (args: readonly unknown[]) => number>> = {
  repeat: ([, count]) => literal(count) ?? 1,
  replace: ([, sought, text]) => textLength(text) / Math.max(1, textLength(sought)),
  regexp_replace: ([, , text]) => textLength(text),
  list_resize: ([, count]) => literal(count) ?? 1,
  array_resize: ([, count]) => literal(count) ?? 1,
  hex: () => 2,
  to_hex: () => 2,
  bin: () => 8,
  to_binary: () => 8,
  base64: () => 2,
  to_base64: () => 2,
  url_encode: () => 3,
  regexp_escape: () => 2,
  json_quote: () => 2,
  to_json: () => 2,
};

/** Functions whose result has a length of its own, whatever they are given. */
const MADE: Readonly<Record<string, (args: readonly unknown[]) => number | null>> = {
  lpad: ([, width]) => literal(width),
  rpad: ([, width]) => literal(width),
  bitstring: ([, width]) => literal(width),
  bar: (args) => literal(args[3]),
  equi_width_bins: (args) => literal(args[2]),
  range: (args) => rangeLength(args),
  generate_series: (args) => rangeLength(args),
};

/** Why a parsed statement may not run: functions inside each other make a value too long; `null` when none does. */
export function lengthProblem(statement: unknown): string | null {
  const { made, times } = lengthOf(statement);
  if (made > MOST_MADE) {
    return `its functions could make a text or list of ${Math.ceil(made)} characters: at most ${MOST_MADE}`;
  }
  if (times <= MOST_TIMES) return null;
  return `its functions could make ${Math.ceil(times)} times as much of what a column holds: at most ${MOST_TIMES}`;
}

function lengthOf(node: unknown): Length {
  if (typeof node !== 'object' || node === null) return NOTHING;
  if (Array.isArray(node)) return longest(node.map(lengthOf));
  const { class: kind, type, function: rows, from_table: from, cte_map: named, ...rest } = node as Node;
  // What such a function makes are rows.
  if (type === 'TABLE_FUNCTION') return lengthOf((rows as Node | undefined)?.['children']);
  if (kind === 'CONSTANT') return { made: textLength(node), times: 0 };
  if (kind === 'COLUMN_REF' || kind === 'STAR') return COLUMN;
  if (kind === 'FUNCTION') return callLength(node as Node);
  const own = longest(Object.values(rest).map(lengthOf));
  if (from === undefined) return own;
  const tables = (named as { map?: readonly unknown[] } | undefined)?.map ?? [];
  return [from, ...tables].map(lengthOf).reduce(columnsOf, own);
}

function callLength({ function_name: name, children, ...rest }: Node): Length {
  const called = String(name).toLowerCase();
  const args = Array.isArray(children) ? (children as readonly unknown[]) : [];
  const fixed = Object.hasOwn(MADE, called) ? MADE[called]!(args) : null;
  if (fixed !== null) return { made: fixed, times: 0 };
  const lambda = args.find((arg) => (arg as Node)['class'] === 'LAMBDA') as Node | undefined;
  if (lambda) return eachOf(lengthOf(args[0]), lengthOf(lambda['expr']));
  const factor = Object.hasOwn(TIMES, called) ? Math.max(1, TIMES[called]!(args)) : 1;
  const { made, times } = longest([...args.map(lengthOf), lengthOf(Object.values(rest))]);
  return { made: made * factor, times: times * factor };
}

/** A list of which each item becomes another one. */
function eachOf(list: Length, item: Length): Length {
  const factor = Math.max(1, item.made, item.times);
  return { made: list.made * factor, times: list.times * factor };
}

/** A value whose columns are of a table that is a statement itself. */
function columnsOf(value: Length, table: Length): Length {
  return { made: Math.max(value.made, value.times * table.made), times: value.times * Math.max(1, table.times) };
}

function longest(lengths: readonly Length[]): Length {
  const made = Math.max(0, ...lengths.map((length) => length.made));
  return { made, times: Math.max(0, ...lengths.map((length) => length.times)) };
}

function textLength(node: unknown): number {
  const value = constant(node);
  return typeof value === 'string' ? value.length : 1;
}
