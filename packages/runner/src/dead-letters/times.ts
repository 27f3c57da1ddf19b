/** Furthest second from 1970 that a date can hold (ECMA-262, time values). */
const LAST_SECOND = 8_640_000_000_000n;

/** Nanoseconds since 1970 as RFC 3339 with nine digits; `undefined` for a time that no date can hold. */
export function timeText(nanoseconds: bigint): string | undefined {
  const nanos = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = (nanoseconds - nanos) / 1_000_000_000n;
  if (seconds > LAST_SECOND || seconds < -LAST_SECOND) return undefined;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  return `${whole}.${String(nanos).padStart(9, '0')}Z`;
}

/** What {@link timeText} wrote, as Unix seconds and nanoseconds. */
export function parseTimeText(text: string): { seconds: number; nanos: number } | undefined {
  const match = /^(.*)\.(\d{9})Z$/.exec(text);
  const milliseconds = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : { seconds: milliseconds / 1000, nanos: Number(match![2]) };
}
