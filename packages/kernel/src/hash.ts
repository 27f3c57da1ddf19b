// The hash of assembly/keys.ts, for keys that are known when paths are compiled.
const SEED = 0x9e37_79b9_7f4a_7c15n;
const STEP = 0xff51_afd7_ed55_8ccdn;

const absorb = (h: bigint, word: bigint): bigint => {
  const product = BigInt.asUintN(64, (h ^ word) * STEP);
  return product ^ (product >> 29n);
};

/** 64-bit hash of bytes. */
function hashBytes(bytes: Uint8Array): bigint {
  let h = SEED;
  for (let at = 0; at < bytes.length; at += 8) {
    let word = 0n;
    for (let i = Math.min(bytes.length, at + 8) - 1; i >= at; i--) word = (word << 8n) | BigInt(bytes[i]!);
    h = absorb(h, word);
  }
  h = BigInt.asUintN(64, (h ^ BigInt(bytes.length)) * SEED);
  return h ^ (h >> 32n);
}

/** Hash of a key: of its UTF-8 bytes, a lone surrogate taking the three bytes that the scheme would give it. */
export function hashKey(key: string): bigint {
  const bytes: number[] = [];
  for (const char of key) {
    const c = char.codePointAt(0)!;
    if (c < 0x80) bytes.push(c);
    else if (c < 0x800) bytes.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x1_0000) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else bytes.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return hashBytes(Uint8Array.from(bytes));
}

/** Hash of the path of an event itself, before its first key. */
export const ROOT_HASH = SEED;

/** Hash of the path that goes from the path `parent` by a key with the hash `key`. */
export const childHash = (parent: bigint, key: bigint): bigint => absorb(parent, key);
