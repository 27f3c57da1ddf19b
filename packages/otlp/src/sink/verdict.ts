import type { ErrorCode, Refusal, Signal, Verdict } from '@tailrace/core';
import type { NoAnswer } from '@tailrace/http';
import type { PartialSuccess } from '@tailrace/telemetry';

/** What was sent, as far as an answer has to be judged by it. */
export interface Sent {
  readonly signal: Signal;
  readonly entries: number;
  /** What becomes of a request of which the target rejected a part. */
  readonly partialSuccess: 'dead_letters' | 'accept';
}

/** What an answer means. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Records that the target rejected without saying which, and that nothing else counts. */
  readonly rejected?: number;
  /** What the target wants a person to know. */
  readonly warning?: string;
}

const MAX_MESSAGE = 1000;

/**
 * The target took a request, or parts of it, and must not be sent it again (OTLP 1.11, “Partial Success”). It says how many records it
 * rejected, never which; so where only some were, all are kept as dead letters unless told otherwise.
 */
export function accepted(sent: Sent, { rejected, message }: PartialSuccess): Judgement {
  const { entries, partialSuccess } = sent;
  const done: Verdict = { kind: 'done', refused: [] };
  if (rejected <= 0n) return message === '' ? { verdict: done } : { verdict: done, warning: message };
  const said = message === '' ? 'without a reason' : shorten(message);
  if (rejected >= entries) {
    const all = `the target rejected ${entries === 1 ? 'the record' : `all ${entries} records of the request`}: ${said}`;
    return { verdict: allRefused(sent, { retry: false, code: 'records_rejected', message: all }) };
  }
  const some = `the target rejected ${rejected} of ${entries} records of the request and does not say which: ${said}`;
  if (partialSuccess === 'accept') return { ...leftOut(Number(rejected)), warning: some };
  return { verdict: allRefused(sent, { retry: false, code: 'records_rejected', message: some }) };
}

/** So many entries end as discarded: as nobody knows which they are, the first ones stand for them, and the sums are right. */
function leftOut(rejected: number): Judgement {
  const entries = Array.from({ length: rejected }, (_, index) => ({ index, reason: 'rejected_by_target' }));
  return { verdict: { kind: 'done', refused: [], leftOut: entries }, rejected };
}

/** Every entry of the request is refused for the same reason. */
export function allRefused({ entries }: Pick<Sent, 'entries'>, reason: Omit<Refusal, 'index'>): Verdict {
  return { kind: 'done', refused: Array.from({ length: entries }, (_, index) => ({ index, ...reason })) };
}

/**
 * The target has no place for this signal, or none for requests of this form. That is a fault of the configuration, so the entries are tried
 * again beside the others, and /readyz names the signal.
 */
export function notServed(sent: Sent, message: string): Verdict {
  const { signal } = sent;
  return allRefused(sent, { retry: true, code: 'not_otlp', message, subject: signal });
}

/** There is no answer: all of it can be sent again. */
export function unanswered({ cause, message }: NoAnswer): Verdict {
  const codes: Readonly<Record<NoAnswer['cause'], ErrorCode>> = {
    aborted: 'server_timeout',
    tls: 'tls_failed',
    refused: 'server_unreachable',
  };
  return { kind: 'retry', code: codes[cause], message };
}

/** A text on one line, cut where it is too long for a dead letter. */
export function shorten(text: string, length = MAX_MESSAGE): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
