import type { Condition, LogQuery } from '@tailrace/dashboards';
import type { FlatEvent } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';

/** Begin of the made-up hour, Unix milliseconds. */
export const HOUR_FROM = Date.parse('2026-04-01T12:00:00Z');
const HOUR = 3_600_000;

/** Events with declared fields of all types; each field has few values, those among them that the queries ask for, or is missing. */
export function madeUpEvents(
  types: Readonly<Record<string, string>>,
  queries: readonly LogQuery[],
  count: number,
): FlatEvent[] {
  const wanted = Map.groupBy(queries.flatMap(conditionsIn), ({ field }) => field);
  const choices = Object.entries(types).flatMap(([field, type]) => {
    if (field === '@timestamp') return [];
    const values = [...(wanted.get(field) ?? []).flatMap(valuesOf), ...(VALUES[type] ?? [])];
    return values.length === 0 ? [] : [{ field, values }];
  });
  const draw = drawing();
  return Array.from({ length: count }, () => {
    const members = choices.flatMap(({ field, values }) => {
      // Beyond the last value it is missing.
      const value = values[Math.floor(draw() * values.length * 1.1)];
      return value === undefined ? [] : [[field, value] as const];
    });
    return { '@timestamp': HOUR_FROM + Math.floor(draw() * HOUR), ...Object.fromEntries(members) };
  });
}

/** Eighths add up exactly in any order. */
const VALUES: Readonly<Record<string, readonly (string | number | boolean)[]>> = {
  keyword: ['a', 'b', 'ü "q"'],
  text: ['some words', 'others'],
  long: [0, 1, 7, 8080],
  double: [0, 0.125, 0.5, 12.25],
  boolean: [true, false],
};

function conditionsIn({ where, agg }: LogQuery): Condition[] {
  return [...where, ...agg.flatMap((column) => column.where ?? [])];
}

function valuesOf(condition: Condition): (string | number | boolean)[] {
  if ('is' in condition) return typeof condition.is === 'object' ? [...condition.is] : [condition.is];
  return 'startsWith' in condition ? [`${condition.startsWith}x`] : [];
}

/** The same numbers every time: a linear congruential generator, modulus 2^32. */
function drawing(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
