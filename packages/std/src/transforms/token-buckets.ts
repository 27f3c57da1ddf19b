/** A token bucket per key: each holds `burst` tokens at most and gains `perMs` of them in a millisecond. */
export interface TokenBuckets {
  /** Takes a token; false when there is none. `now` in milliseconds, never less than before. */
  take(key: string, now: number): boolean;
  /** Buckets that were forgotten before they were full again, since it was last asked. */
  takeForgotten(): number;
  readonly size: number;
}

/** Makes buckets, at most `maxKeys`: of more, the one that was used longest ago is forgotten, and full when its key comes again. */
export function tokenBuckets({
  perMs,
  burst,
  maxKeys,
}: {
  readonly perMs: number;
  readonly burst: number;
  readonly maxKeys: number;
}): TokenBuckets {
  /** The one that was used longest ago comes first. */
  const all = new Map<string, { tokens: number; at: number }>();
  let forgotten = 0;
  const tokensOf = ({ tokens, at }: { tokens: number; at: number }, now: number): number =>
    Math.min(burst, tokens + (now - at) * perMs);

  function forgetOldest(now: number): void {
    const [key, bucket] = all.entries().next().value!;
    all.delete(key);
    if (tokensOf(bucket, now) < burst) forgotten++;
  }
  return {
    take(key, now) {
      const bucket = all.get(key) ?? { tokens: burst, at: now };
      const tokens = tokensOf(bucket, now);
      const isLeft = tokens >= 1;
      bucket.tokens = isLeft ? tokens - 1 : tokens;
      bucket.at = now;
      all.delete(key);
      all.set(key, bucket);
      if (all.size > maxKeys) forgetOldest(now);
      return isLeft;
    },
    takeForgotten() {
      const count = forgotten;
      forgotten = 0;
      return count;
    },
    get size() {
      return all.size;
    },
  };
}
