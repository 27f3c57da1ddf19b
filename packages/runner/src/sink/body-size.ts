import type { Body } from './body.ts';

/** The size of request that a target takes, where it takes less than the sink's own limit. */
export interface BodySize {
  /** Whether a body has to be halved before it is sent. */
  isTooLarge(body: Body): boolean;
  /** The target turned this body away; true: its size may be why, so it should be halved. */
  refused(body: Body): boolean;
  taken(body: Body): void;
}

/** So many refusals of sizes that were never taken are needed to blame the size, whichever bodies they meet. */
const REFUSALS = 2;
/** What is left of the size of a body that was turned away: a bound far off is found in few attempts. */
const CUT = 0.25;
/** Each body taken near the bound lets the next ones be that much larger. */
const GROWTH = 1.05;
/** What is left of what is known to be taken, with each refusal of no more than that: a server may have been given a lower limit. */
const DOUBT = 0.5;

/**
 * Remembers a bound: a quarter of the body that was turned away, from there on a little more with each one that is taken, up to `maxBytes`.
 * A server that limits the bytes it indexes at once refuses a larger request for ever, with the same 429 as one that is busy; only
 * the latter took as much before.
 */
export function bodySize(maxBytes: number): BodySize {
  let bound = maxBytes;
  let known = 0;
  let refusals = 0;
  return {
    isTooLarge: ({ bytes, entries }) => entries > 1 && bytes.length > bound,
    refused({ bytes }) {
      if (bytes.length <= known) {
        known *= DOUBT;
        return false;
      }
      if (++refusals < REFUSALS) return false;
      refusals = 0;
      bound = Math.min(bound, Math.max(known, bytes.length * CUT));
      return true;
    },
    taken({ bytes }) {
      if (bytes.length > known) refusals = 0;
      known = Math.max(known, bytes.length);
      if (bound < maxBytes && bytes.length > bound / 2)
        bound = Math.min(maxBytes, Math.max(bound, bytes.length) * GROWTH);
    },
  };
}
