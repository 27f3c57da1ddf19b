/** A seeded stream of numbers: the same seed gives the same numbers on every machine and Node version. */
export interface Random {
  /** A number in [0, 1). */
  unit(): number;
  /** An integer in [0, limit). */
  below(limit: number): number;
  /** True with the given probability. */
  chance(share: number): boolean;
  /** One element, all equally likely; throws RangeError on an empty list. */
  pick<T>(list: readonly T[]): T;
  /** 32 random bits as an unsigned integer. */
  bits(): number;
}

/** Makes the stream of a seed; texts and numbers are both seeds, and "7" equals 7. Algorithm: sfc32 (Chris Doty-Humphrey, PractRand). */
export function createRandom(seed: string | number): Random {
  let [a, b, c, counter] = seedWords(String(seed));

  const bits = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  const unit = () => bits() / 4294967296;
  const below = (limit: number) => Math.floor(unit() * limit);
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new RangeError('pick: the list is empty');
    return list[below(list.length)] as T;
  };

  for (let round = 0; round < 12; round += 1) bits();
  return { bits, unit, below, pick, chance: (share) => unit() < share };
}

/** A positive number spread like a log-normal one around its median; sigma 1 puts about 16 % above 2.7 medians. */
export function spread(random: Random, median: number, sigma: number): number {
  // Four uniform numbers are normal enough, and unlike Math.log or Math.cos their sum has the same bits in every engine.
  const normal = (random.unit() + random.unit() + random.unit() + random.unit() - 2) * 1.7320508075688772;
  return median * exponential(normal * sigma);
}

/** A picker that prefers the first elements: the n-th is drawn about 1/n as often as the first (Zipf). */
export function popularity<T>(list: readonly T[]): (random: Random) => T {
  const weights = list.map((_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const slots = list.flatMap((item, index) => {
    const share = ((weights[index] ?? 0) / total) * 16 * list.length;
    return Array.from({ length: Math.max(1, Math.round(share)) }, () => item);
  });
  return (random) => random.pick(slots);
}

/** Lower-case hexadecimal digits, `words` times eight of them. */
export function hex(random: Random, words: number): string {
  let digits = '';
  for (let word = 0; word < words; word += 1) digits += (random.bits() + 4294967296).toString(16).slice(1);
  return digits;
}

function seedWords(seed: string): [number, number, number, number] {
  let hash = 0x811c9dc5;
  const next = () => {
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash = (hash ^ (hash >>> 16)) + 0x9e3779b9;
    hash |= 0;
    return hash;
  };
  for (let at = 0; at < seed.length; at += 1) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
  return [next(), next(), next(), 1];
}

// e^x as (1 + x/1024)^1024: ten exact-order multiplications, so no engine's Math.exp can change a golden file.
function exponential(x: number): number {
  let power = 1 + x / 1024;
  for (let doubling = 0; doubling < 10; doubling += 1) power *= power;
  return power;
}
