import { useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../state/session.ts';
import type { Failure, Parameters } from './client.ts';

/** What is asked for; `key` is the same for the same question at another time of asking. */
export interface Question {
  readonly path: string;
  readonly parameters: Parameters;
}

/** An answer that stays while the next one is on its way. */
export interface Loaded<T> {
  readonly value: T | null;
  /** The question that `value` answers. */
  readonly question: Question | null;
  readonly failure: Failure | null;
  readonly isLoading: boolean;
}

const NOTHING = { value: null, question: null, failure: null, isLoading: false };

/** Asks whenever the question is another one (null: none), and no longer for the one before. Another `attempt` asks the same again. */
export function useAnswer<T>(question: Question | null, attempt: string | number = 0): Loaded<T> {
  const { api } = useSession();
  const [loaded, setLoaded] = useState<Loaded<T>>(NOTHING);
  const current = useRef(question);
  current.current = question;
  const key = question === null ? null : JSON.stringify(question);
  // The text stands for the question, which is made anew with each drawing.
  useEffect(() => {
    const asked = current.current;
    if (key === null || asked === null) return setLoaded(NOTHING);
    const stopped = new AbortController();
    setLoaded((before) => ({ ...before, isLoading: true }));
    const ask = async () => {
      const answer = await api.get<T>(asked.path, asked.parameters, stopped.signal);
      if (stopped.signal.aborted || 'aborted' in answer) return;
      if ('failure' in answer) setLoaded((before) => ({ ...before, failure: answer.failure, isLoading: false }));
      else setLoaded({ value: answer.value, question: asked, failure: null, isLoading: false });
    };
    void ask();
    return () => stopped.abort();
  }, [api, key, attempt]);
  return loaded;
}
