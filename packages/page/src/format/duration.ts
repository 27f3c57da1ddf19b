import { formatNumber, significant, THIN } from './number.ts';

const SMALL = [
  ['ns', 1e-9],
  ['µs', 1e-6],
  ['ms', 1e-3],
  ['s', 1],
] as const;
const DAY = 86_400;
const WHOLE_DAYS = 100 * DAY;
const LARGE = [
  ['m', 's', 60, 1],
  ['h', 'm', 3600, 60],
  ['d', 'h', DAY, 3600],
] as const;

/** A duration in the two units that say enough: `350 ms`, `12.3 s`, `1 h 12 m`, `3 d 4 h`; from 100 days on in days alone. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds === 0) return `0${THIN}s`;
  const sign = seconds < 0 ? '−' : '';
  return sign + ofPositive(Math.abs(seconds));
}

function ofPositive(seconds: number): string {
  // Rounded first, so that 59.96 s is a minute and not 60 s.
  const shown = Number(seconds.toPrecision(3));
  if (shown < 60) {
    const [name, factor] = SMALL.findLast(([, each]) => shown >= each) ?? SMALL[0];
    return `${significant(Number((shown / factor).toPrecision(3)))}${THIN}${name}`;
  }
  if (seconds >= WHOLE_DAYS) return `${formatNumber(Math.round(seconds / DAY))}${THIN}d`;
  const large = LARGE.findLast(([, , factor, part]) => Math.round(seconds / part) * part >= factor) ?? LARGE[0];
  const [name, partName, factor, part] = large;
  const parts = Math.round(seconds / part);
  const perUnit = factor / part;
  const rest = parts % perUnit;
  const whole = significant(Math.floor(parts / perUnit));
  return rest === 0 ? `${whole}${THIN}${name}` : `${whole}${THIN}${name}${THIN}${rest}${THIN}${partName}`;
}
