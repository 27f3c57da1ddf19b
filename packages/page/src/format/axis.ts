import type { Unit } from '@tailrace/dashboards';
import { signed, significant, THIN } from './number.ts';

/** A scale is taken from its factor on, or from `least`. */
type Scale = readonly [suffix: string, factor: number, least?: number];

const MOST_DECIMALS = 2;

const COUNTS: readonly Scale[] = [
  ['', 1],
  [`${THIN}k`, 1e3, 1e4],
  [`${THIN}M`, 1e6],
  [`${THIN}G`, 1e9],
  [`${THIN}T`, 1e12],
];
const TIMES: readonly Scale[] = [
  [`${THIN}ns`, 1e-9],
  [`${THIN}µs`, 1e-6],
  [`${THIN}ms`, 1e-3],
  [`${THIN}s`, 1],
  [`${THIN}m`, 60],
  [`${THIN}h`, 3600],
  [`${THIN}d`, 86_400],
];
const BYTES: readonly Scale[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB'].map((name, power) => [THIN + name, 1024 ** power]);
const SCALES: Readonly<Record<Unit, readonly Scale[]>> = {
  none: COUNTS,
  seconds: TIMES,
  milliseconds: TIMES.map(([suffix, factor]) => [suffix, factor * 1000] as const),
  days: [[`${THIN}d`, 1]],
  bytes: BYTES,
  bytes_per_second: BYTES.map(([suffix, factor]) => [`${suffix}/s`, factor] as const),
  per_second: COUNTS.map(([suffix, factor, least]) => [`${suffix}/s`, factor, least ?? factor] as const),
  ratio: [[`${THIN}%`, 0.01]],
};

/** Labels of an axis's ticks, all in one scale, so that they can be compared at a glance. */
export function axisLabels(ticks: readonly number[], unit: Unit): string[] {
  const largest = Math.max(0, ...ticks.map(Math.abs));
  const scales = SCALES[unit];
  // 10 s and 60 s beside each other stay seconds: of a minute, 10 s is 0.166667.
  const suits = ([, each, least = each]: Scale) =>
    largest >= least && decimals(ticks.map((tick) => tick / each)) <= MOST_DECIMALS;
  const [suffix, factor] =
    scales.findLast(suits) ?? scales.findLast(([, each, least = each]) => largest >= least) ?? scaleOfNothing(scales);
  const shown = ticks.map((tick) => tick / factor);
  const digits = decimals(shown);
  return shown.map((tick) => {
    if (tick === 0) return '0';
    return (digits === 0 ? significant(tick) : signed(tick.toFixed(digits))) + suffix;
  });
}

/** Below the smallest scale a number stays in its plain unit. */
function scaleOfNothing(scales: readonly Scale[]): Scale {
  return scales.find(([, factor]) => factor === 1) ?? scales[0]!;
}

/** As many decimals as keep neighbours apart, six at most. */
function decimals(ticks: readonly number[]): number {
  for (let digits = 0; digits < 6; digits += 1) {
    if (ticks.every((tick) => Math.abs(Number(tick.toFixed(digits)) - tick) <= Math.abs(tick) * 1e-6)) return digits;
  }
  return 6;
}

const DECIMAL = Array.from({ length: 28 }, (_, power) =>
  [1, 2, 2.5, 5].map((step) => step * 10 ** (power - 12)),
).flat();

/** Distances between ticks that make round labels in this unit, rising. */
export function axisSteps(unit: Unit): number[] {
  if (unit === 'bytes' || unit === 'bytes_per_second') return Array.from({ length: 60 }, (_, power) => 2 ** power);
  if (unit !== 'seconds' && unit !== 'milliseconds') return DECIMAL;
  const second = unit === 'seconds' ? 1 : 1000;
  const below = DECIMAL.filter((step) => step < 10).map((step) => step * second);
  const above = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
  const days = DECIMAL.filter((step) => step >= 2).map((step) => step * 86_400);
  return [...below, ...above.map((step) => step * second), ...days.map((step) => step * second)];
}
