/**
 * Writes bytes[from, to) as the inside of a JSON string like Docker's json-file driver and returns the new position in `output`, which
 * must have room for six bytes per byte. Go escapes < > & U+2028 U+2029, and each byte that is not UTF-8 becomes \ufffd. Source: moby
 * `jsonlogbytes.go`.
 */
export function escapeGo(bytes: Buffer, from: number, to: number, output: Buffer, position: number): number {
  let end = position;
  let at = from;
  while (at < to) {
    const byte = bytes[at] as number;
    const form = FORMS[byte] as number;
    if (form === PLAIN) {
      output[end] = byte;
      end += 1;
      at += 1;
    } else if (form === SHORT) {
      output[end] = BACKSLASH;
      output[end + 1] = SHORT_LETTERS[byte] as number;
      end += 2;
      at += 1;
    } else if (form === LONG) {
      end += output.write(`\\u00${byte < 16 ? '0' : ''}${byte.toString(16)}`, end, 'latin1');
      at += 1;
    } else {
      const length = letterLength(bytes, at, to);
      if (length === 0) end += output.write('\\ufffd', end, 'latin1');
      else if (isLineSeparator(bytes, at, length))
        end += output.write(`\\u202${bytes[at + 2] === 0xa8 ? 8 : 9}`, end, 'latin1');
      else end += bytes.copy(output, end, at, at + length);
      at += Math.max(1, length);
    }
  }
  return end;
}

const PLAIN = 0;
const SHORT = 1;
const LONG = 2;
const WIDE = 3;
const BACKSLASH = 0x5c;
const SHORT_LETTERS = Uint8Array.from({ length: 128 }, (_, byte) =>
  byte === 0x0a ? 0x6e : byte === 0x0d ? 0x72 : byte,
);
const FORMS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return WIDE;
  if ('"\\\n\r'.includes(String.fromCharCode(byte))) return SHORT;
  return byte < 0x20 || '<>&'.includes(String.fromCharCode(byte)) ? LONG : PLAIN;
});

// The text was well formed before it was cut, so only letters without their beginning or their end are bad: 0.
function letterLength(bytes: Buffer, at: number, to: number): number {
  const lead = bytes[at] as number;
  if (lead < 0xc0) return 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return at + length <= to ? length : 0;
}

function isLineSeparator(bytes: Buffer, at: number, length: number): boolean {
  return length === 3 && bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && ((bytes[at + 2] as number) & 0xfe) === 0xa8;
}
