/** 1 for the bytes that stand in a JSON string as they are: ASCII but for quotes, backslashes and control characters (RFC 8259, section 7). */
export const PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);
