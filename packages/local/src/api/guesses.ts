/** Wrong tokens that one address may send within a minute. */
const MOST_GUESSES = 10;
const MINUTE_MS = 60_000;
/** Addresses that are remembered; beyond it the oldest is forgotten. */
const MOST_ADDRESSES = 10_000;

/** Counts wrong tokens, so that they cannot be tried one after another. */
export interface Guesses {
  /** Whole seconds until this address may try again; 0 when it may. */
  wait(address: string): number;
  /** A wrong token came from there. */
  wrong(address: string): void;
}

/** Remembers wrong tokens by address; of IPv6 by the network of 64 bits, which one machine can have whole. */
export function countGuesses(now: () => number = () => performance.now()): Guesses {
  const byNetwork = new Map<string, { count: number; until: number }>();
  return {
    wait(address) {
      const found = byNetwork.get(networkOf(address));
      if (found === undefined || found.count < MOST_GUESSES) return 0;
      return Math.max(0, Math.ceil((found.until - now()) / 1000));
    },
    wrong(address) {
      const network = networkOf(address);
      const found = byNetwork.get(network);
      const isOver = found === undefined || found.until <= now();
      byNetwork.delete(network);
      byNetwork.set(network, isOver ? { count: 1, until: now() + MINUTE_MS } : { ...found, count: found.count + 1 });
      const [oldest] = byNetwork.keys();
      if (byNetwork.size > MOST_ADDRESSES && oldest !== undefined) byNetwork.delete(oldest);
    },
  };
}

function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const behind = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + behind < 8) groups.push('0');
  }
  return groups.slice(0, 4).join(':');
}
