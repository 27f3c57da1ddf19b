/** What a `traceparent` says; ids in lowercase hexadecimal digits. */
export interface TraceParent {
  /** 32 digits, never all zero. */
  readonly traceId: string;
  /** 16 digits, never all zero: the span that the bearer belongs to. */
  readonly spanId: string;
  /** Eight bits; 1: sampled, 2: the trace id is random. */
  readonly flags: number;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const LARGEST = 512;

/**
 * Reads a `traceparent` of any version (W3C Trace Context, section 3.2): of a version that is newer than 00 the four fields that are
 * known. `null` for what that document calls invalid: capitals, version ff, ids of zeros, version 00 with something behind it.
 */
export function parseTraceparent(text: string): TraceParent | null {
  if (text.length > LARGEST) return null;
  const match = TRACEPARENT.exec(text);
  if (!match) return null;
  const [, version, traceId, spanId, flags, more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (isZero(traceId!) || isZero(spanId!)) return null;
  return { traceId: traceId!, spanId: spanId!, flags: Number.parseInt(flags!, 16) };
}

const isZero = (digits: string): boolean => /^0+$/.test(digits);
