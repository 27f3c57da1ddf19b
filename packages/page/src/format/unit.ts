import type { Unit } from '@tailrace/dashboards';
import { formatDuration } from './duration.ts';
import { formatNumber, signed, significant, THIN } from './number.ts';

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A number with its unit, as people say it: `12.3 k`, `1 h 12 m`, `1.5 MiB/s`, `99.87 %`; null is `–`. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  switch (unit) {
    case 'none':
      return formatNumber(value);
    case 'seconds':
      return formatDuration(value);
    case 'milliseconds':
      return formatDuration(value / 1000);
    case 'days':
      return `${formatNumber(value)}${THIN}${value === 1 ? 'day' : 'days'}`;
    case 'bytes':
      return formatBytes(value);
    case 'bytes_per_second':
      return `${formatBytes(value)}/s`;
    case 'per_second':
      return `${formatNumber(value)}/s`;
    case 'ratio':
      return formatPercent(value);
  }
}

/** In powers of 1024: `512 B`, `1.5 MiB`. */
function formatBytes(value: number): string {
  const size = Math.abs(value);
  let power = 0;
  // Rounded as it will be shown, so that 1023.9 KiB is 1 MiB.
  while (power < BYTES.length - 1 && Number((size / 1024 ** power).toPrecision(4)) >= 1024) power += 1;
  return `${significant(value / 1024 ** power)}${THIN}${BYTES[power]}`;
}

/** Two decimals at most; what is nearly nothing or nearly all is never shown as nothing or all. */
function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.01) return `<0.01${THIN}%`;
  if (percent < 100 && percent > 99.99) return `>99.99${THIN}%`;
  const digits = Math.abs(percent) >= 1000 ? formatNumber(percent) : signed(String(Number(percent.toFixed(2))));
  return `${digits}${THIN}%`;
}
