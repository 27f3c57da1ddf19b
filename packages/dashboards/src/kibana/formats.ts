import type { Aggregation, Color, Threshold, Unit } from '../model.ts';
import type { JsonObject } from './saved-object.ts';

const FORMATS: Readonly<Record<Exclude<Unit, 'none'>, JsonObject>> = {
  seconds: { id: 'duration', params: { fromUnit: 'seconds', toUnit: 'humanizePrecise', decimals: 1, compact: true } },
  milliseconds: {
    id: 'duration',
    params: { fromUnit: 'milliseconds', toUnit: 'humanizePrecise', decimals: 1, compact: true },
  },
  // As a number with a suffix: a duration of 45 days would be shown in months.
  days: { id: 'number', params: { decimals: 1, suffix: ' d' } },
  bytes: { id: 'bytes', params: { decimals: 1 } },
  bytes_per_second: { id: 'bytes', params: { decimals: 1, suffix: '/s' } },
  per_second: { id: 'number', params: { decimals: 2, suffix: '/s' } },
  ratio: { id: 'percent', params: { decimals: 1 } },
};

/** `params.format` of a Lens column: what its number counts. */
export function formatOf(unit: Unit, op: Aggregation['op']): JsonObject {
  if (unit !== 'none') return FORMATS[unit];
  return { id: 'number', params: { decimals: op === 'count' || op === 'cardinality' ? 0 : 2 } };
}

/** A colour by its meaning, from the palette that Kibana itself uses and that colour-blind people can tell apart. */
export const COLORS: Readonly<Record<Color, string>> = {
  good: '#54B399',
  warning: '#D6BF57',
  bad: '#E7664C',
  neutral: '#6092C0',
};

/** `palette` of a number that has a colour by its value; the steps may come in any order. */
export function paletteOf(thresholds: readonly Threshold[]): JsonObject {
  const steps = [...thresholds].sort((a, b) => (a.from ?? -Infinity) - (b.from ?? -Infinity));
  const colorStops = steps.map(({ from, color }) => ({ color: COLORS[color], stop: from ?? null }));
  // A stop is where the next colour begins; the last one is never reached, since colours go on beyond it.
  const stops = steps.map(({ from, color }, index) => ({
    color: COLORS[color],
    stop: steps[index + 1]?.from ?? (from ?? 0) + 1,
  }));
  const range = { rangeType: 'number', rangeMin: null, rangeMax: null, continuity: 'all', progression: 'fixed' };
  const params = { name: 'custom', reverse: false, ...range, steps: steps.length, maxSteps: 5, stops, colorStops };
  return { type: 'palette', name: 'custom', params };
}

/** `colorMapping` of a layer whose series are values of a field: from 8.11 on fixed by name, before that by Kibana's own order. */
export function colorMappingOf(colors: Readonly<Record<string, Color>>): JsonObject {
  return {
    assignments: Object.entries(colors).map(([value, color]) => ({
      rule: { type: 'matchExactly', values: [value] },
      color: { type: 'colorCode', colorCode: COLORS[color] },
      touched: true,
    })),
    specialAssignments: [{ rule: { type: 'other' }, color: { type: 'loop' }, touched: false }],
    ...{ paletteId: 'eui_amsterdam_color_blind', colorMode: { type: 'categorical' } },
  };
}
