/** What one request says about the load of its target; `unknown`: it ended for a reason that has nothing to do with load. */
export type Load = 'easy' | 'overloaded' | 'unknown';

/** A request that has ended, as the limit looks at it. */
export interface EndedRequest {
  /** The round in which it was sent. */
  readonly round: number;
  /** Whether as many requests as allowed were under way: only then could a higher limit have helped. */
  readonly isFull: boolean;
  readonly load: Load;
  readonly milliseconds: number;
}

/** How many requests may be under way at once: found by trying, between 1 and a maximum. */
export interface Concurrency {
  /** A whole number, at least 1. */
  readonly limit: number;
  /** Counts the times that the target has answered a request sent after the last change. */
  readonly round: number;
  ended(request: EndedRequest): void;
  /** After an outage: begin again with one request. */
  collapse(): void;
}

/** A target that says it is overloaded gets half as many requests, one that only grows slow nine of ten. */
const CUT_BUSY = 0.5;
const CUT_SLOW = 0.9;
/** How far above the usual a round's mean latency has to be: this many mean deviations, and at least that much of the usual itself. */
const DEVIATIONS = 2.5;
const LEAST_EXCESS = 0.5;
/** Differences below it are the noise of one machine, not the load of a target. */
const LEAST_EXCESS_MS = 20;
/** How much of the latest round goes into what is usual. */
const WEIGHT = 0.3;

/**
 * Additive increase, multiplicative decrease (as TCP does it, RFC 5681): from one request on, one more per answer until the first sign of
 * load, then one more per round; at most one decrease per round, since requests sent together meet the same overload.
 */
export function concurrency(max: number): Concurrency {
  let value = 1;
  let threshold = max;
  let round = 0;
  let lastCut = -1;
  let sum = 0;
  let count = 0;
  let usual = 0;
  let deviation = 0;

  function cut(sentIn: number, factor: number): void {
    if (sentIn <= lastCut) return;
    value = Math.max(1, value * factor);
    threshold = value;
    nextRound();
    lastCut = round - 1;
  }
  function nextRound(): void {
    round++;
    sum = 0;
    count = 0;
  }
  function endRound(): void {
    const mean = sum / count;
    const difference = mean - usual;
    const isSlow =
      usual > 0 && difference > Math.max(DEVIATIONS * deviation, LEAST_EXCESS * usual) && difference > LEAST_EXCESS_MS;
    deviation = usual === 0 ? mean / 2 : deviation + WEIGHT * (Math.abs(difference) - deviation);
    usual = usual === 0 ? mean : usual + WEIGHT * difference;
    if (isSlow) cut(round, CUT_SLOW);
    else nextRound();
  }

  return {
    get limit() {
      return Math.floor(value);
    },
    get round() {
      return round;
    },
    ended({ round: sentIn, isFull, load, milliseconds }) {
      if (load === 'overloaded') return cut(sentIn, CUT_BUSY);
      if (load === 'unknown') return;
      sum += milliseconds;
      count++;
      if (isFull) value = Math.min(max, value + (value < threshold ? 1 : 1 / value));
      if (sentIn === round) endRound();
    },
    collapse() {
      // A second failure in a row knows nothing better than the first.
      if (value > 1) threshold = value;
      value = 1;
      nextRound();
      lastCut = round - 1;
    },
  };
}
