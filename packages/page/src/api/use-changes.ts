import type { Status } from '@tailrace/local';
import { useEffect, useState } from 'preact/hooks';
import type { Api, Failure } from './client.ts';

/** What is known of the store, kept current. */
export interface Changes {
  readonly status: Status | null;
  /** Whether news come; `paused` while nobody looks at the tab. */
  readonly connection: 'connecting' | 'live' | 'lost' | 'paused';
  readonly failure: Failure | null;
  /** Its clock in milliseconds less that of this browser. */
  readonly skew: number;
}

const START: Changes = { status: null, connection: 'connecting', failure: null, skew: 0 };
const AGAIN = 3000;

/** Asks for the status once and then listens. While the tab is hidden it lets go of its connection: browsers have but six of them for all tabs. */
export function useChanges(api: Api): Changes {
  const [changes, setChanges] = useState<Changes>(START);
  const [visible, setVisible] = useState(() => !document.hidden);
  useEffect(() => {
    const changed = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);
  useEffect(() => {
    if (visible) return listen(api, (change) => setChanges((before) => ({ ...before, ...change })));
    setChanges((before) => ({ ...before, connection: 'paused' }));
    return undefined;
  }, [api, visible]);
  return changes;
}

/** Until the given function is called. */
function listen(api: Api, tell: (change: Partial<Changes>) => void): () => void {
  const stopped = new AbortController();
  const heard = (status: Status) => tell({ status, failure: null, connection: 'live', skew: status.now - Date.now() });
  let timer = 0;
  const connect = async () => {
    const answer = await api.get<Status>('/status', {}, stopped.signal);
    if (stopped.signal.aborted || 'aborted' in answer) return;
    if ('failure' in answer) {
      tell({ failure: answer.failure, connection: 'lost' });
      timer = window.setTimeout(() => void connect(), AGAIN);
      return;
    }
    heard(answer.value);
    stream(heard, stopped.signal, () => {
      tell({ connection: 'lost' });
      timer = window.setTimeout(() => void connect(), AGAIN);
    });
  };
  void connect();
  return () => {
    stopped.abort();
    clearTimeout(timer);
  };
}

/** Calls `lost` once, at the first break: what was missed is asked for before listening goes on. */
function stream(heard: (status: Status) => void, signal: AbortSignal, lost: () => void): void {
  const source = new EventSource('/api/v1/changes');
  source.addEventListener('change', ({ data }) => heard(JSON.parse(String(data)) as Status));
  source.addEventListener('error', () => {
    source.close();
    if (!signal.aborted) lost();
  });
  signal.addEventListener('abort', () => source.close());
}
