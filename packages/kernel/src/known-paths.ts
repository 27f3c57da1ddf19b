import { childHash, hashKey } from './hash.ts';

/** A set of path hashes as `check` reports them, laid out as the kernel searches it: slots of 64 bits, 0 for a free one. */
export interface KnownPaths {
  readonly slots: Uint32Array;
  has(low: number, high: number): boolean;
  /** Adds a hash; a set of {@link MAX_KNOWN} hashes takes no more, and those are reported each time. */
  add(low: number, high: number): void;
  /** Adds the paths that go by these keys from the path with the hash. */
  addBelow(low: number, high: number, paths: readonly (readonly string[])[]): void;
}

/** Most hashes a set holds. */
export const MAX_KNOWN = 32_768;

export function knownPaths(): KnownPaths {
  let slots = new Uint32Array(2 * 64);
  let count = 0;
  // Where the hash stands, or the free slot in which it belongs.
  const find = (table: Uint32Array, low: number, high: number): number => {
    const mask = table.length / 2 - 1;
    let slot = low & mask;
    while (table[2 * slot] !== 0 || table[2 * slot + 1] !== 0) {
      if (table[2 * slot] === low && table[2 * slot + 1] === high) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  };
  const put = (table: Uint32Array, low: number, high: number): void => {
    const slot = find(table, low, high);
    table[2 * slot] = low;
    table[2 * slot + 1] = high;
  };
  const grow = (): void => {
    const larger = new Uint32Array(2 * slots.length);
    for (let i = 0; i < slots.length; i += 2) {
      if (slots[i] !== 0 || slots[i + 1] !== 0) put(larger, slots[i]!, slots[i + 1]!);
    }
    slots = larger;
  };
  const has = (low: number, high: number): boolean => {
    const slot = find(slots, low, high);
    return slots[2 * slot] !== 0 || slots[2 * slot + 1] !== 0;
  };
  const add = (low: number, high: number): void => {
    if (count === MAX_KNOWN || (low === 0 && high === 0) || has(low, high)) return;
    if (4 * ++count > slots.length) grow();
    put(slots, low, high);
  };
  return {
    get slots() {
      return slots;
    },
    has,
    add,
    addBelow(low, high, paths) {
      const from = (BigInt(high) << 32n) | BigInt(low);
      for (const keys of paths) {
        const hash = keys.reduce((parent, key) => childHash(parent, hashKey(key)), from);
        add(Number(hash & 0xffff_ffffn), Number(hash >> 32n));
      }
    },
  };
}
