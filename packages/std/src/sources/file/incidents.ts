import type { SourceContext } from '@tailrace/core';

/** What can happen to a file that is being read. */
export type Incident = 'file_truncated' | 'file_rewritten' | 'file_lost';

/** Counts incidents by kind, with the bytes that are known to have gone before they were read. */
export interface Incidents {
  /** `damage`: what is wrong with a compressed file that is there. */
  tell(kind: Incident, path: string, lostBytes: number, damage?: string | null): void;
}

const MEANINGS: Readonly<Record<Incident, string>> = {
  file_truncated: 'a file was truncated; it is read from its start as a new one',
  file_rewritten: 'a file was rewritten; it is read from its start as a new one',
  file_lost: 'a file went away before it was read to its end',
};

/** Creates the counters of one source. */
export function createIncidents(context: SourceContext): Incidents {
  const lost = new Map<Incident, number>();
  return {
    tell(kind, path, lostBytes, damage = null) {
      context.countErrors(kind, 1);
      const meaning =
        damage === null
          ? MEANINGS[kind]
          : `a compressed file is damaged, or none, and was read as far as it goes; gzip -t tells more: ${damage}`;
      context.log.warn({ file: path, lost_bytes: lostBytes }, meaning);
      const sum = (lost.get(kind) ?? 0) + lostBytes;
      lost.set(kind, sum);
      const help = 'Bytes known to have gone before they were read, since the start.';
      context.gauge('file_lost_bytes', help, sum, { kind });
    },
  };
}
