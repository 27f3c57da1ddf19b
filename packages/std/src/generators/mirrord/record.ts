import type { Target } from './cast.ts';

/** What is really in an event, whatever its spelling: the names are canonical and the numbers are numbers. Absent means the event does not have it. */
export interface Truth {
  kind: 'functional' | 'unknown' | 'operator' | 'text';
  message?: string;
  level?: string;
  clientId?: string;
  clientUser?: string;
  cliVersion?: string;
  sessionId?: string;
  /** Without a namespace when the event names its target in one text. */
  target?: Pick<Target, 'type' | 'name'> & { namespace?: string };
  /** Milliseconds; the event itself says seconds. */
  durationMs?: number;
  port?: number;
  httpFilter?: string;
  scaleDown?: boolean;
  large?: boolean;
  mistyped?: boolean;
}

/** One log event: what the program wrote, where, when the container runtime read it (seconds after the start), and the truth about it. */
export interface MirrordRecord {
  text: string;
  stream: 'stdout' | 'stderr';
  at: number;
  truth: Truth;
}
