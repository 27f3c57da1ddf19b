import type { SinkSettings } from '../options.ts';
import type { SinkStats } from '../stats.ts';
import { backoff, LONGEST_RETRY_AFTER_MS, timerMs } from './backoff.ts';
import { concurrency, type Load } from './concurrency.ts';
import { RAMP_MS, rampMs, steadyRate } from './recovery.ts';
import type { Sent } from './send.ts';

/** What the gate knows of a body. */
interface Waiting {
  readonly entries: number;
  readonly attempts: number;
}

/** Leave to send one request. */
export interface Pass {
  readonly body: Waiting;
  readonly isFirst: boolean;
  readonly sentAt: number;
  readonly round: number;
  /** Requests that had succeeded, and outages that had begun, when it was given. */
  readonly successes: number;
  readonly closings: number;
}

/** Decides when a sink may send: how many requests at once, and after an outage when and how fast. */
export interface Gate {
  /** Waits for leave to send a body; `null` when the runner gave up. */
  enter(body: Waiting): Promise<Pass | null>;
  /** Tells how the request ended. True: others succeeded meanwhile, so its failure says nothing about the target. */
  leave(pass: Pass, sent: Sent): boolean;
  /** Gives the leave back unused. */
  skip(pass: Pass): void;
}

/** Time and chance; a test sets both. */
export interface Chance {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  random(): number;
}

interface Options {
  readonly maxInFlight: number;
  readonly retry: SinkSettings['retry'];
  readonly stats: SinkStats;
  readonly stop: AbortSignal;
  readonly chance?: Chance;
}

interface Waiter {
  readonly body: Waiting;
  resolve(pass: Pass | null): void;
}

/** An outage shorter than this leaves less behind than the target takes in a second anyway. */
const SHORT_OUTAGE_MS = 1000;
const CHANCE: Chance = { now: () => performance.now(), random: Math.random };

/**
 * A target that takes nothing closes the gate for a pause that grows with each failure; then one request at a time is let through, each
 * time that of another body, until one succeeds. From there on the limit grows from one, and the rate from the steady one.
 */
export function sinkGate({ maxInFlight, retry, stats, stop, chance = CHANCE }: Options): Gate {
  const limit = concurrency(maxInFlight);
  const rate = steadyRate();
  const waiters: Waiter[] = [];
  let inFlight = 0;
  let successes = 0;
  /** Failures in a row of the target as a whole; 0 while it works. */
  let failures = 0;
  let closings = 0;
  let closedUntil = 0;
  let outageSince = 0;
  let ramp: { since: number; sent: number; perSecond: number } | null = null;
  let timer: NodeJS.Timeout | undefined;

  function show(): void {
    stats.concurrencyLimit = failures > 0 ? 1 : limit.limit;
    stats.isPaused = failures > 0;
  }
  /** Milliseconds until a request may go; `null`: not before another one has ended. */
  function waitMs(entries: number, now: number): number | null {
    if (inFlight >= (failures > 0 ? 1 : limit.limit)) return null;
    if (now < closedUntil) return closedUntil - now;
    if (!ramp) return 0;
    return ramp.since + rampMs(ramp.sent + entries, ramp.perSecond) - now;
  }
  function admit(): void {
    clearTimeout(timer);
    for (let waiter = waiters[0]; waiter; waiter = waiters[0]) {
      const now = chance.now();
      const wait = waitMs(waiter.body.entries, now);
      if (wait === null) return;
      if (wait > 0) {
        timer = setTimeout(admit, Math.max(1, Math.ceil(timerMs(wait))));
        return;
      }
      waiters.shift();
      inFlight++;
      if (ramp) ramp.sent += waiter.body.entries;
      const { body } = waiter;
      const isFirst = body.attempts === 0;
      waiter.resolve({ body, isFirst, sentAt: now, round: limit.round, successes, closings });
    }
  }
  function close(now: number, afterMs: number | undefined): void {
    if (failures === 0) outageSince = now;
    failures++;
    closings++;
    closedUntil = now + backoff(failures - 1, retry, afterMs, chance.random);
    limit.collapse();
  }
  function reopen(pass: Pass, now: number): void {
    failures = 0;
    closedUntil = 0;
    const perSecond = rate.perSecond;
    const isLong = now - outageSince >= SHORT_OUTAGE_MS;
    ramp = (isLong || ramp) && perSecond > 0 ? { since: now, sent: pass.body.entries, perSecond } : null;
    // Short pauses are part of how fast a busy target takes events.
    if (isLong) rate.resume(now);
  }
  function works(pass: Pass, now: number): void {
    // An answer to what was sent before the outage says nothing about the time since.
    if (failures > 0 && pass.closings === closings) reopen(pass, now);
    if (ramp && now - ramp.since >= RAMP_MS) ramp = null;
  }
  function failed(pass: Pass, { isForAll, afterMs }: Failure, now: number): void {
    if (!isForAll && pass.successes !== successes) return;
    // Requests that were under way together fail together: that is one failure.
    if (pass.closings === closings) close(now, afterMs);
    else closedUntil = Math.max(closedUntil, now + Math.min(afterMs ?? 0, LONGEST_RETRY_AFTER_MS));
  }
  function end(): void {
    inFlight--;
    show();
    admit();
  }

  stop.addEventListener(
    'abort',
    () => {
      clearTimeout(timer);
      for (const waiter of waiters.splice(0)) waiter.resolve(null);
    },
    { once: true },
  );
  show();
  return {
    enter(body) {
      if (stop.aborted) return Promise.resolve(null);
      return new Promise((resolve) => {
        waiters.push({ body, resolve });
        if (waiters.length === 1) admit();
      });
    },
    leave(pass, sent) {
      const now = chance.now();
      const othersSucceed = pass.successes !== successes;
      const milliseconds = now - pass.sentAt;
      limit.ended({ round: pass.round, isFull: inFlight >= limit.limit, load: loadOf(sent), milliseconds });
      if (sent.kind === 'done') rate.delivered(pass.body.entries - sent.refused.length, now);
      // What is left of a body may be for the one shard that is busy, and has a pause of its own; unless nothing else works either.
      const failure =
        sent.kind === 'done' && !pass.isFirst && failures === 0 ? null : failureOf(sent, pass.body.entries);
      if (failure) failed(pass, failure, now);
      // The target reads what it refuses, so it is there.
      else if (sent.kind !== 'threw' && sent.kind !== 'aborted') works(pass, now);
      if (sent.kind === 'done' && !failure) successes++;
      end();
      return othersSucceed;
    },
    skip: end,
  };
}

/** A sign that the target takes nothing now; `isForAll`: whatever it says to other requests. */
interface Failure {
  readonly isForAll: boolean;
  readonly afterMs: number | undefined;
}

/** A target that is too busy for so many of the entries of a request does not work. */
const STORM = 0.9;

/** `null`: the target works. */
function failureOf(sent: Sent, entries: number): Failure | null {
  if (sent.kind === 'retry') return { isForAll: sent.afterMs !== undefined, afterMs: sent.afterMs };
  if (sent.kind === 'pause') return { isForAll: true, afterMs: sent.afterMs };
  if (sent.kind !== 'done') return null;
  const busy = sent.refused.filter(isBusy);
  if (busy.length < STORM * entries) return null;
  const afterMs = Math.max(0, ...busy.map((refusal) => refusal.afterMs ?? 0));
  return { isForAll: false, afterMs };
}

function loadOf(sent: Sent): Load {
  if (sent.kind === 'done') return sent.refused.some(isBusy) ? 'overloaded' : 'easy';
  return sent.kind === 'retry' ? 'overloaded' : 'unknown';
}

function isBusy({ retry, code }: { retry: boolean; code: string }): boolean {
  return retry && (code === 'server_busy' || code === 'server_error');
}
