const [ZERO, NINE, DOT, PLUS, MINUS] = [0x30, 0x39, 0x2e, 0x2b, 0x2d];
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const POWERS = Array.from({ length: 16 }, (_, k) => 10 ** k);
const SECONDS = /^(-?)(\d+)(?:\.(\d*))?$/;
/** What a nanosecond column can hold: the years 1678 to 2262, a signed 64-bit integer. */
const LONGEST_NANOS = 2n ** 63n;

/** The number that `text[from, to)` spells, as Go's ParseFloat reads it but without hexadecimal ones; `undefined` when it spells none. */
export function readNumber(text: string, from: number, to: number): number | undefined {
  // At most 15 digits are exact in a double, and so is a power of ten up to 22: their quotient is the nearest double.
  if (to - from <= 16) {
    const short = shortDecimal(text, from, to);
    if (short !== undefined) return short;
  }
  return anyNumber(text.slice(from, to));
}

function shortDecimal(text: string, from: number, to: number): number | undefined {
  let digits = 0;
  let value = 0;
  let fraction = -1;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT && fraction < 0) {
      fraction = 0;
      continue;
    }
    if (code < ZERO || code > NINE || digits === 15) return undefined;
    value = value * 10 + (code - ZERO);
    digits++;
    if (fraction >= 0) fraction++;
  }
  if (digits === 0) return undefined;
  return fraction > 0 ? value / POWERS[fraction]! : value;
}

function anyNumber(spelled: string): number | undefined {
  if (DECIMAL.test(spelled)) return Number(spelled);
  const infinite = INFINITY.exec(spelled);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?nan$/i.test(spelled) ? Number.NaN : undefined;
}

/** Nanoseconds of a 0.0.4 timestamp, whole milliseconds; `undefined` when it is none. */
export function readMilliseconds(spelled: string): bigint | undefined {
  if (!/^[+-]?\d{1,19}$/.test(spelled)) return undefined;
  return within(BigInt(spelled.charCodeAt(0) === PLUS ? spelled.slice(1) : spelled) * 1_000_000n);
}

/** Nanoseconds of an OpenMetrics timestamp, seconds with or without a fraction; `undefined` when it is none. */
export function readSeconds(spelled: string): bigint | undefined {
  const match = SECONDS.exec(spelled);
  if (!match) {
    const nanos = DECIMAL.test(spelled) ? Math.round(Number(spelled) * 1e9) : Number.NaN;
    return Number.isFinite(nanos) ? within(BigInt(nanos)) : undefined;
  }
  if (match[2]!.length > 19) return undefined;
  const nanos = BigInt(match[2]!) * 1_000_000_000n + BigInt((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  return within(spelled.charCodeAt(0) === MINUS ? -nanos : nanos);
}

function within(nanos: bigint): bigint | undefined {
  return nanos < LONGEST_NANOS && nanos >= -LONGEST_NANOS ? nanos : undefined;
}
