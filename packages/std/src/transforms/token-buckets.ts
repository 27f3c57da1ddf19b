import { type RecentKeys, recentKeys } from './recent-keys.ts';

/** A token bucket per key: each holds `burst` tokens at most and gains `perMs` of them in a millisecond. */
export interface TokenBuckets extends Pick<RecentKeys<unknown>, 'tell'> {
  /** Takes a token; false when there is none. `now` in milliseconds, never less than before. */
  take(key: string, now: number): boolean;
}

interface Bucket {
  tokens: number;
  at: number;
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
  const tokensOf = ({ tokens, at }: Bucket, now: number): number => Math.min(burst, tokens + (now - at) * perMs);
  const buckets = recentKeys<Bucket>(maxKeys, (bucket, now) => tokensOf(bucket, now) < burst);
  return {
    take(key, now) {
      const bucket = buckets.get(key) ?? { tokens: burst, at: now };
      const tokens = tokensOf(bucket, now);
      const isLeft = tokens >= 1;
      bucket.tokens = isLeft ? tokens - 1 : tokens;
      bucket.at = now;
      buckets.set(key, bucket, now);
      return isLeft;
    },
    tell: buckets.tell,
  };
}
