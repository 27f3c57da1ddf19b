/** A moment: Unix seconds and nanoseconds. */
interface Moment {
  readonly seconds: number;
  readonly nanos: number;
}

const TIME =
  /^"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?)?)?"$/;
/** Seconds in 400 years, after which the calendar is the same again. */
const CYCLE = 12_622_780_800;

/**
 * The moment of an `@timestamp`, given as JSON text: RFC 3339, or what Elasticsearch's strict_date_optional_time takes (parts left out
 * from the right, no offset for UTC, ±hh, ±hhmm); a space may stand for the `T`, and digits beyond nanoseconds are cut off. `undefined`
 * when it is none. The kernel reads the times of lines by the same rules.
 */
export function parseTime(text: string): Moment | undefined {
  const match = TIME.exec(text) ?? (text[0] === '"' && text.includes('\\') ? TIME.exec(plain(text)) : null);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  const [east, minutesEast] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || east > 23 || minutesEast > 59) return undefined;
  // Date.UTC takes the years below 100 for those of the last century.
  const local = Date.UTC(year + 400, month - 1, day, hour, minute, second) / 1000 - CYCLE;
  const offset = east * 3600 + minutesEast * 60;
  return {
    seconds: match[8] === '-' ? local + offset : local - offset,
    nanos: match[7] === undefined ? 0 : Number(match[7].padEnd(9, '0')),
  };
}

/** The same string without the escapes that it can do without. */
const plain = (text: string): string => JSON.stringify(JSON.parse(text));

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}
