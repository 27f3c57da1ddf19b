/** Encoders for the few ASN.1 types an X.509 certificate needs (DER, ITU-T X.690); each gives tag, length and content. */
export const der = {
  sequence: (...parts: Buffer[]): Buffer => element(0x30, Buffer.concat(parts)),
  set: (...parts: Buffer[]): Buffer => element(0x31, Buffer.concat(parts)),
  /** A non-negative integer, given as big-endian bytes. */
  integer: (bytes: Buffer): Buffer => element(0x02, bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes),
  boolean: (value: boolean): Buffer => element(0x01, Buffer.of(value ? 0xff : 0)),
  octetString: (content: Buffer): Buffer => element(0x04, content),
  /** `unused` is the number of bits at the end that do not count. */
  bitString: (content: Buffer, unused = 0): Buffer => element(0x03, Buffer.concat([Buffer.of(unused), content])),
  utf8String: (text: string): Buffer => element(0x0c, Buffer.from(text)),
  /** UTCTime, right until 2049. */
  utcTime: (time: Date): Buffer =>
    element(
      0x17,
      Buffer.from(
        `${time
          .toISOString()
          .replace(/[-:T]|\..*/g, '')
          .slice(2)}Z`,
      ),
    ),
  oid: (dotted: string): Buffer => element(0x06, oidContent(dotted)),
  /** A context-specific tag; `constructed` when the content is itself encoded. */
  tagged: (tag: number, content: Buffer, constructed = false): Buffer =>
    element((constructed ? 0xa0 : 0x80) | tag, content),
};

function element(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthOctets(content.length), content]);
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const octets = base(length, 256);
  return Buffer.of(0x80 | octets.length, ...octets);
}

function oidContent(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const groups = [first * 40 + second, ...rest].map((arc) => {
    const digits = base(arc, 128);
    return digits.map((digit, index) => (index < digits.length - 1 ? digit | 0x80 : digit));
  });
  return Buffer.from(groups.flat());
}

/** The digits of a number, most significant first, at least one. */
function base(value: number, radix: number): number[] {
  const digits = [value % radix];
  for (let rest = Math.floor(value / radix); rest > 0; rest = Math.floor(rest / radix)) digits.unshift(rest % radix);
  return digits;
}
