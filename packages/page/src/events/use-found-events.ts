import type { EventRow, FoundEvents } from '@tailrace/local';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Failure, Parameters } from '../api/client.ts';
import { type Question, useAnswer } from '../api/use-answer.ts';
import { useSession } from '../state/session.ts';

/** Events of a page and those that were read on. */
export interface Found {
  readonly events: readonly EventRow[];
  readonly columns: readonly string[];
  /** Null before the first answer. */
  readonly total: number | null;
  readonly failure: Failure | null;
  readonly isLoading: boolean;
  /** Further pages were read: the list is no longer refreshed under the reader. */
  readonly isLong: boolean;
  /** Undefined at the end. */
  readonly more: (() => void) | undefined;
}

interface Further {
  /** The answer whose list goes on. */
  readonly of: FoundEvents;
  readonly events: readonly EventRow[];
  readonly next: string | null;
  readonly failure: Failure | null;
  readonly isLoading: boolean;
}

const PATH = '/events';

export function useFoundEvents(parameters: Parameters | null, attempt: string): Found {
  const question: Question | null = parameters === null ? null : { path: PATH, parameters };
  const first = useAnswer<FoundEvents>(question, attempt);
  const [further, setFurther] = useState<Further | null>(null);
  const { api } = useSession();
  const stopped = useRef<AbortController | null>(null);
  const { value } = first;
  useEffect(() => () => stopped.current?.abort(), [value]);
  const tail = further !== null && further.of === value ? further : null;
  const next = tail === null ? (value?.next ?? null) : tail.next;
  const more = async () => {
    const asked = first.question?.parameters;
    if (value === null || next === null || asked === undefined || tail?.isLoading === true) return;
    const before = tail ?? { of: value, events: [], next, failure: null, isLoading: false };
    setFurther({ ...before, isLoading: true });
    stopped.current = new AbortController();
    const answer = await api.get<FoundEvents>(PATH, { ...asked, before: next }, stopped.current.signal);
    if ('aborted' in answer) return;
    if ('failure' in answer) return setFurther({ ...before, failure: answer.failure });
    const { events, next: then } = answer.value;
    setFurther({ of: value, events: [...before.events, ...events], next: then, failure: null, isLoading: false });
  };
  return {
    events: useMemo(() => [...(value?.events ?? []), ...(tail?.events ?? [])], [value, tail]),
    columns: value?.columns ?? [],
    total: value?.total ?? null,
    failure: tail?.failure ?? first.failure,
    isLoading: first.isLoading || tail?.isLoading === true,
    isLong: tail !== null,
    more: next === null ? undefined : () => void more(),
  };
}
