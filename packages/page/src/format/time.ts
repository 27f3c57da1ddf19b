import { formatDuration } from './duration.ts';

/** In the viewer's zone, to be read and sorted alike: `2026-03-01 09:05:07.123`. */
export function formatTime(milliseconds: number): string {
  return `${formatDay(milliseconds)} ${formatClock(milliseconds)}.${digits(new Date(milliseconds).getMilliseconds(), 3)}`;
}

/** To the second, and without the day where it is that of `now`. */
export function formatMoment(milliseconds: number, now: number): string {
  const day = formatDay(milliseconds);
  return day === formatDay(now) ? formatClock(milliseconds) : `${day} ${formatClock(milliseconds)}`;
}

/** How long ago, in one unit: `12 s ago`, `just now`. */
export function formatAgo(milliseconds: number, now: number): string {
  const seconds = Math.floor((now - milliseconds) / 1000);
  if (seconds < 1) return 'just now';
  const unit = [86_400, 3600, 60, 1].find((each) => seconds >= each) ?? 1;
  return `${formatDuration(Math.floor(seconds / unit) * unit)} ago`;
}

function formatDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  return `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
}

function formatClock(milliseconds: number): string {
  const date = new Date(milliseconds);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part, 2)).join(':');
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
