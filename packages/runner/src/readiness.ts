import type { Log } from '@tailrace/core';

/** Why the process is not ready, by component and subject. */
export interface Readiness {
  set(component: string, subject: string, reason: string | null): void;
  reasons(): { component: string; subject: string; reason: string }[];
  /** Takes back all that a component said: it is no longer there. */
  forget(component: string): void;
  /** What /readyz says beside, without being less ready for it; `null` takes it back. */
  note(subject: string, text: string | null): void;
  notes(): { subject: string; text: string }[];
}

/** A subject that comes and goes (one of several requests fails now and then) is written at most so often. */
const QUIET_MS = 10_000;

/** Collects reasons; one is logged once when it comes or changes and once when it goes, never per event. */
export function readiness(log: Log): Readiness {
  const reasons = new Map<string, { component: string; subject: string; reason: string }>();
  const notes = new Map<string, string>();
  /** When each was last written to the log, and whether it was as a fault. */
  const told = new Map<string, { at: number; reason: string | null }>();
  const tell = (key: string, reason: string | null, write: () => void): void => {
    const last = told.get(key);
    if (last?.reason === reason || (!last && reason === null)) return;
    if (last && reason !== null && performance.now() - last.at < QUIET_MS) return;
    told.set(key, { at: performance.now(), reason });
    write();
  };
  return {
    set(component, subject, reason) {
      const key = `${component}\n${subject}`;
      if (reason === null) reasons.delete(key);
      else reasons.set(key, { component, subject, reason });
      if (subject === STARTING) return;
      const name = `${component}: ${subject}`;
      if (reason === null) tell(key, null, () => log.info({ component, subject }, `${name} works again`));
      else tell(key, reason, () => log.warn({ component, subject }, `${name}: ${reason}`));
    },
    reasons: () => [...reasons.values()],
    forget(component) {
      for (const kept of [reasons, told])
        for (const key of kept.keys()) if (key.startsWith(`${component}\n`)) kept.delete(key);
    },
    note(subject, text) {
      if (text === null) notes.delete(subject);
      else notes.set(subject, text);
    },
    notes: () => [...notes].map(([subject, text]) => ({ subject, text })),
  };
}

/** The subject of a source that does not listen, watch or read yet. */
export const STARTING = 'start';
