/** Writes the period that a time (Unix seconds, UTC) belongs to. */
export interface DatePattern {
  /** Whether the pattern is finer than a day. */
  readonly hourly: boolean;
  print(seconds: number): string;
}

const TOKEN = /YYYY|GGGG|MM|DD|HH|WW/g;
const ANY_TOKEN = /YYYY|GGGG|MM|DD|HH|WW/;
const DAY = 86_400;

const digits = (value: number, width: number): string => String(Math.abs(value)).padStart(width, '0');

const PARTS: Readonly<Record<string, (date: Date) => string>> = {
  YYYY: (date) => digits(date.getUTCFullYear(), 4),
  MM: (date) => digits(date.getUTCMonth() + 1, 2),
  DD: (date) => digits(date.getUTCDate(), 2),
  HH: (date) => digits(date.getUTCHours(), 2),
  GGGG: (date) => digits(thursday(date).getUTCFullYear(), 4),
  WW: (date) => digits(isoWeek(date), 2),
};

/** Whether a text is made of date tokens and punctuation alone, and holds at least one token. */
export function isDatePattern(text: string): boolean {
  return ANY_TOKEN.test(text) && !/[\p{L}%]/u.test(text.replace(TOKEN, ''));
}

/** Compiles a pattern of YYYY, MM, DD, HH, GGGG and WW (ISO 8601 week year and week); all else stands as it is. */
export function datePattern(text: string): DatePattern {
  return {
    hourly: text.includes('HH'),
    print(seconds) {
      const date = new Date(seconds * 1000);
      return text.replace(TOKEN, (token) => PARTS[token]!(date));
    },
  };
}

/** An ISO week belongs to the year that its Thursday is in (ISO 8601, 2.2.10). */
function thursday(date: Date): Date {
  const weekday = (date.getUTCDay() + 6) % 7;
  return new Date(date.getTime() + (3 - weekday) * DAY * 1000);
}

function isoWeek(date: Date): number {
  const middle = thursday(date);
  const yearStart = Date.UTC(middle.getUTCFullYear(), 0, 1);
  return 1 + Math.floor((middle.getTime() - yearStart) / (7 * DAY * 1000));
}
