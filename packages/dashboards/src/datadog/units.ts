import type { Color, Threshold, Unit } from '../model.ts';

/** A member of a dashboard's JSON. */
export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** By what a number is multiplied before it is shown: Datadog has percents, no shares of 1. */
export function factorOf(unit: Unit): number {
  return unit === 'ratio' ? 100 : 1;
}

/** `number_format` of a formula (docs.datadoghq.com/metrics/units, and the API's model `WidgetNumberFormat`). */
export function numberFormat(unit: Unit): JsonObject {
  return FORMATS[unit];
}

const FORMATS: Readonly<Record<Unit, JsonObject>> = {
  none: {},
  seconds: { number_format: { unit: canonical('second') } },
  milliseconds: { number_format: { unit: canonical('millisecond') } },
  // Without a scale 45 days would be shown in weeks or months.
  days: { number_format: { unit: canonical('day'), unit_scale: canonical('day') } },
  bytes: { number_format: { unit: canonical('byte') } },
  bytes_per_second: { number_format: { unit: { ...canonical('byte'), per_unit_name: 'second' } } },
  per_second: { number_format: { unit: { type: 'custom_unit_label', label: '/s' } } },
  ratio: { number_format: { unit: canonical('percent') } },
};

function canonical(unit: string): { readonly type: string; readonly unit_name: string } {
  return { type: 'canonical_unit', unit_name: unit };
}

const BACKGROUNDS: Readonly<Record<Color, string>> = {
  good: 'white_on_green',
  warning: 'white_on_yellow',
  bad: 'white_on_red',
  neutral: 'white_on_gray',
};

/** `conditional_formats` from the highest step down, since the first one that holds counts (github.com/DataDog/integrations-core/pull/19248). */
export function conditionalFormats(thresholds: readonly Threshold[] | undefined, unit: Unit): JsonObject {
  if (!thresholds) return {};
  const rising = thresholds.filter(({ from }) => from !== undefined).sort((a, b) => (a.from ?? 0) - (b.from ?? 0));
  const formats = rising.reverse().map(({ from, color }) => rule('>=', from ?? 0, color, unit));
  const lowest = rising.at(-1)?.from;
  const below = thresholds.find(({ from }) => from === undefined);
  if (below && lowest !== undefined) formats.push(rule('<', lowest, below.color, unit));
  return formats.length > 0 ? { conditional_formats: formats } : {};
}

function rule(comparator: string, from: number, color: Color, unit: Unit): JsonObject {
  return { comparator, value: from * factorOf(unit), palette: BACKGROUNDS[color] };
}

const LINES: Readonly<Record<Color, string>> = {
  good: 'ok dashed',
  warning: 'warning dashed',
  bad: 'error dashed',
  neutral: 'info dashed',
};

/** Horizontal lines where a threshold begins. */
export function markers(thresholds: readonly Threshold[] | undefined, unit: Unit): JsonObject {
  const lines = (thresholds ?? []).flatMap(({ from, color }) =>
    from === undefined ? [] : [{ value: `y = ${from * factorOf(unit)}`, display_type: LINES[color] }],
  );
  return lines.length > 0 ? { markers: lines } : {};
}

const PALETTES: Readonly<Record<Color, string>> = { good: 'green', warning: 'orange', bad: 'red', neutral: 'gray' };

/** `style` of a formula whose series has a colour of its own. */
export function lineStyle(color: Color | undefined): JsonObject {
  return color === undefined ? {} : { style: { palette: PALETTES[color] } };
}
