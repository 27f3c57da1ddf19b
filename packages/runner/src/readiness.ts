import type { Log } from '@tailrace/core';

/** Why the process is not ready, by component and subject. */
export interface Readiness {
  set(component: string, subject: string, reason: string | null): void;
  reasons(): { component: string; subject: string; reason: string }[];
}

/** Collects reasons; a reason is logged once when it comes and once when it goes, never per event. */
export function readiness(log: Log): Readiness {
  const reasons = new Map<string, { component: string; subject: string; reason: string }>();
  return {
    set(component, subject, reason) {
      const key = `${component}\n${subject}`;
      const known = reasons.get(key);
      if (reason === null) {
        if (reasons.delete(key) && subject !== STARTING)
          log.info({ component, subject }, `${component}: ${subject} works again`);
        return;
      }
      reasons.set(key, { component, subject, reason });
      if (!known && subject !== STARTING) log.warn({ component, subject }, `${component}: ${subject}: ${reason}`);
    },
    reasons: () => [...reasons.values()],
  };
}

/** The subject of a source that does not listen, watch or read yet. */
export const STARTING = 'start';
