import { unixSeconds, type Zone } from './zone.ts';

/** A moment: Unix seconds and the nanoseconds behind them. */
export interface Moment {
  readonly seconds: number;
  readonly nanos: number;
}

/** What a text says of a time. */
export interface Reading {
  /** `null`: the text does not say it. */
  readonly year: number | null;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  /** From 1; it takes the place of month and day. `null`: the text does not say it. */
  readonly dayOfYear: number | null;
  readonly hour: number;
  readonly minute: number;
  /** Up to 60, in a leap second. */
  readonly second: number;
  readonly nanos: number;
  /** `null`: the text does not say it. */
  readonly zone: Zone | null;
}

const NANOS = 1_000_000_000n;

/** The moment of a reading; without a year it is the one that is nearest to `now`. `null`: there is no such time. */
export function momentOf(reading: Reading, zone: Zone, now: () => bigint): Moment | null {
  const clocks = reading.zone ?? zone;
  if (reading.year !== null) return momentIn(reading.year, reading, clocks);
  const at = Number(now() / NANOS);
  const year = new Date((at + clocks.offsetAt(at)) * 1000).getUTCFullYear();
  let nearest: Moment | null = null;
  for (const moment of [year - 1, year, year + 1].map((one) => momentIn(one, reading, clocks))) {
    if (moment && (!nearest || Math.abs(moment.seconds - at) < Math.abs(nearest.seconds - at))) nearest = moment;
  }
  return nearest;
}

function momentIn(year: number, reading: Reading, zone: Zone): Moment | null {
  const { hour, minute, second, nanos } = reading;
  const date = dateIn(year, reading);
  if (!date || hour > 23 || minute > 59 || second > 60) return null;
  // Unix time has no leap seconds: 23:59:60 is the first second of the next day.
  return { seconds: unixSeconds(date.getTime() / 1000 + hour * 3600 + minute * 60 + second, zone), nanos };
}

/** Midnight of the day, in UTC; `null` when the year has no such day. */
function dateIn(year: number, { month, day, dayOfYear }: Reading): Date | null {
  const date = new Date(0);
  if (dayOfYear !== null) {
    date.setUTCFullYear(year, 0, dayOfYear);
    return date.getUTCFullYear() === year ? date : null;
  }
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : null;
}

/** The moment as RFC 3339 text in UTC, with no fraction or one of 3, 6 or 9 digits; `null` outside the years 0 to 9999. */
export function printMoment({ seconds, nanos }: Moment): string | null {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return null;
  const whole = date.toISOString().slice(0, 19);
  if (nanos === 0) return `${whole}Z`;
  const digits = String(nanos).padStart(9, '0');
  return `${whole}.${digits.replace(/(?:000){1,2}$/, '')}Z`;
}
