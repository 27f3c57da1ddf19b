/** How many events per second a target took while it worked. */
export interface SteadyRate {
  /** Events per second; 0 while unknown. */
  readonly perSecond: number;
  delivered(events: number, now: number): void;
  /** The target works again: the time in between does not count. */
  resume(now: number): void;
}

const WINDOW_MS = 1000;
const WEIGHT = 0.3;

/** A moving average over windows of one second or, with fewer requests, of one request. Times are milliseconds of any clock. */
export function steadyRate(): SteadyRate {
  let perSecond = 0;
  let since: number | null = null;
  let events = 0;
  return {
    get perSecond() {
      return perSecond;
    },
    delivered(count, now) {
      // What was delivered first took a time that nobody measured: it only starts the clock.
      if (since === null) {
        since = now;
        return;
      }
      events += count;
      if (now - since < WINDOW_MS) return;
      const latest = (events * 1000) / (now - since);
      perSecond = perSecond === 0 ? latest : perSecond + WEIGHT * (latest - perSecond);
      since = now;
      events = 0;
    },
    resume(now) {
      since = now;
      events = 0;
    },
  };
}

/** After that much time, in milliseconds, a target that works again takes what there is. */
export const RAMP_MS = 10_000;

/**
 * Milliseconds after the recovery at which so many events may have been sent: the rate begins at the steady one and doubles every second,
 * so the first second brings 1 / ln 2 = 1.44 times the steady rate.
 */
export function rampMs(events: number, perSecond: number): number {
  return Math.min(RAMP_MS, 1000 * Math.log2(1 + (events * Math.LN2) / perSecond));
}
