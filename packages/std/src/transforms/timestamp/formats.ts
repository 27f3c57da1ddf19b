import { type Moment, momentOf, printMoment, type Reading } from './clock.ts';
import { compilePattern, PatternError } from './pattern.ts';
import { type Zone, zoneWritten } from './zone.ts';

/** The moment that a text tells in a format; `null` when it does not. `now`, in nanoseconds, helps where a year is missing. */
export type Format = (text: string, now: () => bigint) => Moment | null;

/** Nanoseconds of one, as a power of ten. */
const EPOCHS: Readonly<Record<string, number>> = { epoch: 9, epoch_ms: 6, epoch_us: 3, epoch_ns: 0 };
/** Texts that are longer tell no time. */
const MAX_LENGTH = 256;

/** Compiles a format of `parse_timestamp`; throws a {@link PatternError}. Times without a zone are those of `zone`. */
export function compileFormat(format: string, zone: Zone): Format {
  const unit = Object.hasOwn(EPOCHS, format) ? EPOCHS[format] : undefined;
  if (unit !== undefined) return (text) => epoch(text, unit);
  if (format !== 'rfc3339' && !format.includes('%')) {
    const words = ['rfc3339', ...Object.keys(EPOCHS)].join(', ');
    throw new PatternError(`is neither one of ${words} nor a pattern such as %Y-%m-%d %H:%M:%S`);
  }
  const read = format === 'rfc3339' ? rfc3339 : compilePattern(format);
  return (text, now) => {
    const reading = read(text);
    return reading && momentOf(reading, zone, now);
  };
}

/** RFC 3339 text in UTC of the first format that fits; `null` when none does. */
export function readTime(text: string, formats: readonly Format[], now: () => bigint): string | null {
  if (text.length > MAX_LENGTH) return null;
  const trimmed = text.trim();
  for (const format of formats) {
    const moment = format(trimmed, now);
    const printed = moment && printMoment(moment);
    if (printed !== null) return printed;
  }
  return null;
}

const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt _](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,30}))?(?: ?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?$/;

/** RFC 3339, and what comes near it: a space for the T, a comma in the fraction, no zone. */
function rfc3339(text: string): Reading | null {
  const match = RFC3339.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const zone = match[8] === undefined ? null : zoneWritten(match[8]);
  if (match[8] !== undefined && !zone) return null;
  const nanos = Number((match[7] ?? '').slice(0, 9).padEnd(9, '0'));
  return { year, month, day, dayOfYear: null, hour, minute, second, nanos, zone };
}

const NUMBER = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,2}))?$/;
const SECOND = 1_000_000_000n;

/** A count since 1970, also with a fraction or an exponent; exact, and what is smaller than a nanosecond is cut off. */
function epoch(text: string, unit: number): Moment | null {
  const match = NUMBER.exec(text);
  if (!match) return null;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const shift = unit + Number(exponent) - fraction.length;
  const nanos = shift >= 0 ? digits * 10n ** BigInt(shift) : floor(digits, 10n ** BigInt(-shift));
  const seconds = floor(nanos, SECOND);
  return { seconds: Number(seconds), nanos: Number(nanos - seconds * SECOND) };
}

function floor(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}
