import type { Fault } from '@tailrace/testkit';
import type { MatrixCase } from './axes.ts';
import type { Stage } from './stage.ts';

/** Something wrong with the target, for as long as it is on. */
export interface SinkFault {
  on(): void;
  off(): void;
}

const CHANGE_MS = 150;

/** Plays faults in turn, for faults of servers do not come one at a time. */
function playing({ proxy }: Stage, faults: readonly (Fault | null)[]): SinkFault {
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  const step = () => proxy.apply(faults[next++ % faults.length]!);
  return {
    on() {
      clearInterval(timer);
      step();
      if (faults.length > 1) timer = setInterval(step, CHANGE_MS);
    },
    off() {
      clearInterval(timer);
      proxy.apply(null);
    },
  };
}

/** The fault of a case; `entry_400` comes from the server itself, which refuses the events that are made for it. */
export function sinkFault(name: MatrixCase['sink'], stage: Stage): SinkFault {
  const someEntries: Fault = { kind: 'entries', refuse: () => (stage.random() < 0.5 ? 429 : undefined) };
  const faults: Readonly<Record<MatrixCase['sink'], readonly (Fault | null)[]>> = {
    ok: [null],
    entry_400: [null],
    storm_429: [{ kind: 'status', status: 429 }, someEntries, { kind: 'status', status: 429, retryAfter: '1' }],
    down_503: [{ kind: 'status', status: 503 }],
    reset: [{ kind: 'reset', at: 'answer' }, { kind: 'half' }, { kind: 'reset', at: 'connection' }],
    hang: [{ kind: 'hang' }],
    too_large_413: [{ kind: 'too_large', maxBytes: 30_000 }],
  };
  return playing(stage, faults[name]);
}
