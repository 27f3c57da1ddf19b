import type { Color, LogQuery, MetricQuery, Unit } from '../model.ts';
import { logNumbers } from './log-numbers.ts';
import { metricNumbers } from './metric-numbers.ts';
import type { Place } from './place.ts';
import type { Json, JsonObject } from './units.ts';

/** How numbers are asked for: each at a time or one for the whole time shown. */
export interface Asked {
  readonly over: 'time' | 'whole';
  readonly unit: Unit;
  /** Colours of series by name. */
  readonly colors: ReadonlyMap<string, Color>;
}

/** What a widget's request asks, and the formulas that are shown. */
export interface Numbers {
  readonly queries: readonly JsonObject[];
  readonly formulas: readonly Formula[];
  /** Whether adding up a series over time means anything: unique counts and percentiles cannot be added. */
  readonly areAdditive: boolean;
  /** Whether each formula gives many series. */
  readonly areGrouped: boolean;
}

export interface Formula {
  readonly formula: string;
  readonly alias: string;
  readonly unit: Unit;
  readonly color?: Color;
}

/** Queries and formulas of a question to logs or to metrics. */
export function numbersOf(query: LogQuery | MetricQuery, asked: Asked, place: Place): Numbers {
  return query.source === 'logs' ? logNumbers(query, asked, place) : metricNumbers(query, asked, place);
}

/** One request of a widget, whose formulas get members of the widget's kind. */
export function request(numbers: Numbers, over: Asked['over'], formula: (formula: Formula) => JsonObject): JsonObject {
  return {
    response_format: over === 'time' ? 'timeseries' : 'scalar',
    queries: numbers.queries as readonly Json[],
    formulas: numbers.formulas.map(formula),
  };
}
