import type { ErrorCode, Refusal, Sink } from '@tailrace/core';
import type { SinkSettings } from '../options.ts';
import type { SinkStats } from '../stats.ts';
import { backoff, pause } from './backoff.ts';
import type { Body } from './body.ts';
import type { BodySize } from './body-size.ts';
import type { Gate } from './gate.ts';
import { type Sent, sendOnce } from './send.ts';
import type { Subjects } from './subjects.ts';

/** What the delivery of a body reports to, entry by entry. */
export interface Ends {
  /** All entries but these (ascending) are stored. */
  delivered(body: Body, except: readonly number[]): void;
  deadLetter(body: Body, entry: number, code: ErrorCode, message: string): void;
  /** The sink left this entry out. */
  discarded(body: Body, entry: number, reason: string): void;
  /** These entries are to be sent again after the pause, beside the other bodies. */
  again(body: Body, pauseMs: number): void;
  /** The runner gave up at shutdown. */
  givenUp(body: Body): void;
  countErrors(code: ErrorCode, count: number): void;
  notReady(subject: string, reason: string | null): void;
}

/** What a delivery works with. */
export interface DeliveryContext {
  readonly sink: Sink;
  readonly settings: SinkSettings;
  readonly stats: SinkStats;
  readonly ends: Ends;
  readonly stop: AbortSignal;
  /** What /readyz names while entries refused for it are tried again. */
  readonly subjects: Subjects;
  readonly gate: Gate;
  readonly size: BodySize;
}

/** A request that stored nothing. */
type Failed = Exclude<Sent, { kind: 'done' | 'aborted' }>;
type Done = Extract<Sent, { kind: 'done' }>;

const TARGET = 'target';
const THROWS_BEFORE_BISECT = 3;
/** From so many attempts on, a body that the target itself fails at is halved: one entry may be why. */
const ATTEMPTS_BEFORE_HALVING = 4;

/**
 * Sends a body until each of its entries has ended or is handed to `again`. While the target takes nothing, the body stays here and keeps
 * its slot, so that no more is taken out of the queue.
 */
export async function deliver(body: Body, context: DeliveryContext): Promise<void> {
  const { ends, gate, settings, size, stats, stop } = context;
  let failed: Failed | null = null;
  for (let threw = 0; ; ) {
    const pass = await gate.enter(body);
    if (!pass) return giveUp(body, context);
    if (size.isTooLarge(body)) {
      gate.skip(pass);
      return divide(body, context);
    }
    if (failed && expired(body, settings)) {
      gate.skip(pass);
      return expire(body, failed.message, context);
    }
    const sent: Sent = await sendOnce(context.sink, body, settings.request_timeout, stop, stats);
    const othersSucceed = gate.leave(pass, sent);
    tellReadiness(sent, context);
    if (sent.kind === 'aborted') return giveUp(body, context);
    if (sent.kind === 'done') return finish(body, sent, context);
    failed = sent;
    ends.countErrors(sent.code, body.entries);
    if (sent.kind === 'split' || sent.kind === 'refused') return bisect(body, sent, context);
    if (sent.kind === 'threw' && ++threw === THROWS_BEFORE_BISECT) return bisect(body, sent, context);
    if (expired(body, settings)) return expire(body, sent.message, context);
    stats.retries++;
    if (isToBeHalved(body, sent, size)) return divide(body, context);
    const ownPause = backoff(sent.kind === 'threw' ? threw - 1 : body.attempts - 1, settings.retry);
    if (sent.kind === 'threw') await pause(ownPause, stop);
    // It is this body and not the target that has to wait, so its slot goes to another one.
    else if (othersSucceed) return stepAside(body, ownPause, context);
  }
}

/** A target is not ready while the gate is closed; one body that fails while others succeed says nothing about it. */
function tellReadiness(sent: Sent, { ends, stats }: DeliveryContext): void {
  if (sent.kind === 'threw' || sent.kind === 'aborted') return;
  const why = sent.kind === 'done' ? sent.refused.find(({ retry }) => retry) : sent;
  if (!stats.isPaused) ends.notReady(TARGET, null);
  else if (why) ends.notReady(TARGET, `${why.code}: ${why.message}`);
}

function isToBeHalved(body: Body, { kind, code }: Failed, size: BodySize): boolean {
  if (kind !== 'retry' || body.entries === 1) return false;
  if (code === 'server_busy') return size.refused(body);
  if (body.attempts < ATTEMPTS_BEFORE_HALVING) return false;
  return code === 'server_error' || (code === 'server_timeout' && size.refused(body));
}

/** Steps aside; what waits there holds no more memory than it needs. */
function stepAside(body: Body, pauseMs: number, { ends, subjects }: DeliveryContext): void {
  const rest = body.pick(Array.from({ length: body.entries }, (_, entry) => entry));
  subjects.inherit(rest, body);
  subjects.leave(body);
  body.release();
  ends.again(rest, pauseMs);
}

function expired(body: Body, settings: SinkSettings): boolean {
  const { max_age, max_attempts } = settings.retry;
  if (max_attempts !== undefined && body.attempts >= max_attempts) return true;
  return max_age !== undefined && Date.now() - body.firstTried >= max_age;
}

function giveUp(body: Body, { ends, subjects }: DeliveryContext): void {
  subjects.leave(body);
  ends.givenUp(body);
}

function expire(body: Body, message: string, { ends, subjects }: DeliveryContext): void {
  ends.countErrors('retry_expired', body.entries);
  for (let entry = 0; entry < body.entries; entry++) ends.deadLetter(body, entry, 'retry_expired', message);
  subjects.leave(body);
  body.release();
}

/** Halves a body that the target does not take as a whole; a single entry that it does not take is a dead letter. */
function bisect(body: Body, sent: Failed, context: DeliveryContext): Promise<void> | undefined {
  if (body.entries > 1) return divide(body, context);
  context.ends.deadLetter(body, 0, sent.code, sent.message);
  context.subjects.leave(body);
  body.release();
  return undefined;
}

/** Halves go side by side, as far as the gate lets them: neither has to wait until the other one has ended. */
async function divide(body: Body, context: DeliveryContext): Promise<void> {
  const middle = body.entries >> 1;
  const all = Array.from({ length: body.entries }, (_, entry) => entry);
  const halves = [body.pick(all.slice(0, middle)), body.pick(all.slice(middle))];
  for (const half of halves) context.subjects.inherit(half, body);
  context.subjects.leave(body);
  body.release();
  await Promise.all(halves.map((half) => deliver(half, context)));
}

/** Entry by entry: stored, left out, refused for good, or to be tried again. */
function finish(body: Body, { refused, leftOut = [], duplicates = 0 }: Done, context: DeliveryContext): void {
  const { ends, settings, size, stats, subjects } = context;
  if (refused.length < body.entries) size.taken(body);
  stats.duplicatesAvoided += duplicates;
  const others = [...refused, ...leftOut].map(({ index }) => index);
  ends.delivered(body, leftOut.length === 0 ? others : others.sort((a, b) => a - b));
  for (const { index, reason } of leftOut) ends.discarded(body, index, reason);
  const again: Refusal[] = [];
  for (const refusal of refused) {
    ends.countErrors(refusal.code, 1);
    if (!refusal.retry) ends.deadLetter(body, refusal.index, refusal.code, refusal.message);
    else if (expired(body, settings)) expireEntry(body, refusal, context);
    else again.push(refusal);
  }
  if (again.length > 0) {
    stats.retries++;
    const afterMs = Math.max(0, ...again.map((refusal) => refusal.afterMs ?? 0));
    const rest = body.pick(again.map((refusal) => refusal.index));
    subjects.enter(rest, again);
    ends.again(rest, backoff(body.attempts - 1, settings.retry, afterMs));
  }
  subjects.leave(body);
  body.release();
}

function expireEntry(body: Body, refusal: Refusal, { ends }: DeliveryContext): void {
  ends.countErrors('retry_expired', 1);
  ends.deadLetter(body, refusal.index, 'retry_expired', refusal.message);
}
