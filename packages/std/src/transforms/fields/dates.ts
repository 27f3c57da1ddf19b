const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const STRICT = /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:\.\d{1,9})?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?)?)?$/;

/** A moment: whole seconds since 1970 and the digits behind the decimal point. */
interface Moment {
  readonly seconds: number;
  readonly fraction: string;
}

/**
 * ISO 8601 text (UTC, `T` and `Z`) of a time that is written in another way: epoch seconds, milliseconds, microseconds or
 * nanoseconds, told by their size (below 10^11 seconds, 10^14 milliseconds, 10^17 microseconds), seconds with a fraction; ISO with
 * a space for the `T` or a comma in the fraction; RFC 1123 (`Mon, 02 Jan 2006 15:04:05 GMT`); the common log
 * format (`02/Jan/2006:15:04:05 -0700`). `null` when it is none of them.
 */
export function isoDate(source: string): string | null {
  const text = source.trim();
  if (text.length > 64) return null;
  const moment = epoch(text) ?? isoLike(text) ?? named(text);
  return moment && print(moment);
}

/** Whether text is a date that Elasticsearch takes as it is (`strict_date_optional_time`), on a day that exists. */
export function isStrictDate(text: string): boolean {
  return STRICT.test(text) && isoLike(text) !== null;
}

/** Whether ISO 8601 text lies in the years that `date_nanos` can hold: 1970 to 2261. */
export function fitsNanos(iso: string): boolean {
  const year = Number(iso.slice(0, 4));
  return year >= 1970 && year <= 2261;
}

function epoch(text: string): Moment | null {
  const match = /^(-?\d{1,20})(?:\.(\d+))?$/.exec(text);
  if (!match) return null;
  const digits = BigInt(match[1]!);
  const size = digits < 0n ? -digits : digits;
  const scale = size < 10n ** 11n ? 0 : size < 10n ** 14n ? 3 : size < 10n ** 17n ? 6 : 9;
  if (match[2] !== undefined && scale > 0) return null;
  const unit = 10n ** BigInt(scale);
  let seconds = digits / unit;
  let rest = digits % unit;
  if (rest < 0n) {
    rest += unit;
    seconds -= 1n;
  }
  const fraction = scale === 0 ? (match[2] ?? '') : rest.toString().padStart(scale, '0');
  // Minus half a second is not the 5 behind -1: such times before 1970 are not guessed.
  if (scale === 0 && match[1]!.startsWith('-') && /[1-9]/.test(fraction)) return null;
  return { seconds: Number(seconds), fraction };
}

function isoLike(text: string): Moment | null {
  const match =
    /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt _](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?)?)?$/.exec(
      text,
    );
  if (!match) return null;
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction, zone] = match;
  return moment([year, month, day, hour, minute, second].map(Number), fraction, zone);
}

function named(text: string): Moment | null {
  const mail = /^(?:[A-Za-z]{3}, )?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) (Z|UTC|GMT|[+-]\d{4})$/.exec(
    text,
  );
  const log = /^(\d\d)\/([A-Za-z]{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})$/.exec(text);
  const match = mail ?? log;
  if (!match) return null;
  const [, day, month, year, hour, minute, second, zone] = match;
  const at = MONTHS.indexOf(month!.toLowerCase()) + 1;
  return moment([Number(year), at, Number(day), Number(hour), Number(minute), Number(second)], undefined, zone);
}

function moment(parts: readonly number[], fraction = '', zone = 'Z'): Moment | null {
  const [year, month, day, hour, minute, second] = parts;
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day!);
  const exists = date.getUTCMonth() === month! - 1 && date.getUTCDate() === day!;
  if (!exists || hour! > 23 || minute! > 59 || second! > 59) return null;
  const offset = offsetOf(zone);
  if (offset === null) return null;
  const seconds = date.getTime() / 1000 + hour! * 3600 + minute! * 60 + second! - offset;
  return { seconds, fraction: fraction.slice(0, 9) };
}

/** Seconds east of UTC. */
function offsetOf(zone: string): number | null {
  const match = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(zone);
  if (!match) return 0;
  const minutes = Number(match[3] ?? 0);
  const seconds = Number(match[2]) * 3600 + minutes * 60;
  if (seconds > 18 * 3600 || minutes > 59) return null;
  return match[1] === '-' ? -seconds : seconds;
}

function print({ seconds, fraction }: Moment): string | null {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) return null;
  const digits = fraction.slice(0, 9);
  return `${date.toISOString().slice(0, 19)}${digits === '' ? '' : `.${digits}`}Z`;
}
