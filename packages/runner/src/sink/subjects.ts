import type { Refusal } from '@tailrace/core';
import type { Body } from './body.ts';

/**
 * What refused entries were refused for (an index that may not be written), while they wait for another try. A subject is not ready as
 * long as one body with such entries is under way: what others achieve elsewhere says nothing about it.
 */
export interface Subjects {
  /** The entries of a body are tried again because of these refusals. */
  enter(body: Body, refusals: readonly Refusal[]): void;
  /** A part of a body waits for the same. */
  inherit(part: Body, body: Body): void;
  /** The entries of a body have ended, or are under way in another body. */
  leave(body: Body): void;
}

/** Tells `notReady` of each subject when its first body enters and, with `null`, when its last one has left. */
export function subjectsOf(notReady: (subject: string, reason: string | null) => void): Subjects {
  const waiting = new Map<string, number>();
  const named = new WeakMap<Body, ReadonlySet<string>>();
  const keep = (body: Body, subjects: ReadonlySet<string>): void => {
    if (subjects.size === 0) return;
    named.set(body, subjects);
    for (const subject of subjects) waiting.set(subject, (waiting.get(subject) ?? 0) + 1);
  };
  return {
    enter(body, refusals) {
      const reasons = new Map<string, string>();
      for (const { subject, message } of refusals) if (subject !== undefined) reasons.set(subject, message);
      keep(body, new Set(reasons.keys()));
      for (const [subject, reason] of reasons) notReady(subject, reason);
    },
    inherit: (part, body) => keep(part, named.get(body) ?? new Set()),
    leave(body) {
      for (const subject of named.get(body) ?? []) {
        const rest = waiting.get(subject)! - 1;
        waiting.set(subject, rest);
        if (rest > 0) continue;
        waiting.delete(subject);
        notReady(subject, null);
      }
      named.delete(body);
    },
  };
}
