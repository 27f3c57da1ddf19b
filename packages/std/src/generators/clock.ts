/** Texts of moments that are given as seconds after one start; fractions keep about nanoseconds for the first four months. */
export interface Clock {
  /** RFC 3339 with exactly six digits, as Rust's tracing prints it. */
  micros(at: number): string;
  /** RFC 3339 with up to nine digits and no trailing zeros, as Go's RFC3339Nano prints it. */
  nanos(at: number): string;
  /** RFC 3339 with exactly three digits, as JavaScript prints it. */
  millis(at: number): string;
  /** How busy people are at that moment: about 0.2 in the night, about 1.9 at 10 and 14 o'clock UTC, 1 on average. */
  activity(at: number): number;
}

/** Makes a clock that begins at an ISO 8601 time; throws RangeError when the text is no time. */
export function createClock(start: string): Clock {
  const startMs = Date.parse(start);
  if (Number.isNaN(startMs)) {
    throw new RangeError(`start: ${JSON.stringify(start)} is not a time; write it like 2026-11-02T06:00:00Z`);
  }
  const startSecond = Math.floor(startMs / 1000);
  const startFraction = (startMs - startSecond * 1000) / 1000;
  let cachedSecond = Number.NaN;
  let cachedText = '';

  const secondText = (second: number) => {
    if (second !== cachedSecond) {
      cachedSecond = second;
      cachedText = new Date((startSecond + second) * 1000).toISOString().slice(0, 19);
    }
    return cachedText;
  };
  // Rounded, not cut: 2.3 seconds are 300 milliseconds although 2.3 - 2 is a little less than 0.3.
  const fixed = (at: number, unitsPerSecond: number) => {
    const moment = at + startFraction;
    const second = Math.floor(moment);
    const units = Math.round((moment - second) * unitsPerSecond);
    const carry = units === unitsPerSecond ? 1 : 0;
    return { text: secondText(second + carry), digits: (unitsPerSecond * (1 - carry) + units).toString().slice(1) };
  };
  const padded = (at: number, unitsPerSecond: number) => {
    const { text, digits } = fixed(at, unitsPerSecond);
    return `${text}.${digits}Z`;
  };

  return {
    micros: (at) => padded(at, 1e6),
    millis: (at) => padded(at, 1e3),
    nanos: (at) => {
      const { text, digits } = fixed(at, 1e9);
      let end = digits.length;
      while (end > 0 && digits.charCodeAt(end - 1) === 48) end -= 1;
      return end === 0 ? `${text}Z` : `${text}.${digits.slice(0, end)}Z`;
    },
    activity: (at) => {
      const hours = ((((startSecond + at) % 86400) + 86400) % 86400) / 3600;
      const hour = Math.floor(hours);
      const before = HOURLY[hour % 24] ?? 1;
      const after = HOURLY[(hour + 1) % 24] ?? 1;
      return before + (after - before) * (hours - hour);
    },
  };
}

const HOURLY = [
  0.25, 0.2, 0.2, 0.2, 0.25, 0.4, 0.7, 1.1, 1.5, 1.8, 1.9, 1.7, 1.3, 1.7, 1.9, 1.8, 1.6, 1.3, 1.0, 0.8, 0.7, 0.6, 0.45,
  0.35,
];
