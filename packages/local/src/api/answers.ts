import { ApiProblem } from './api-problem.ts';
import type { Body } from './reply.ts';

/** What is kept of answers, together, their compressed forms included. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Questions that may be under way at once; the store itself reads only some of them at a time. */
const MOST_UNDER_WAY = 64;
const TOO_MANY = `${MOST_UNDER_WAY} questions are under way: ask again later`;

/** Makes the body of an answer; the signal aborts when nobody waits for it any more. */
export type Ask = (signal: AbortSignal) => Promise<Body>;

/** Answers that are shared by all who ask the same within one revision of the store. */
export interface Answers {
  /** `key` is the whole question; without one the answer is nobody else's. Rejects as `ask` does, and with an {@link ApiProblem} when too much is under way. */
  get(key: string | undefined, revision: number, signal: AbortSignal, ask: Ask): Promise<Body>;
}

interface UnderWay {
  readonly answer: Promise<Body>;
  readonly abort: AbortController;
  waiting: number;
}

/** An empty set of answers. */
export function keepAnswers(): Answers {
  const kept = keptBodies();
  const underWay = new Map<string, UnderWay>();
  let asking = 0;
  const start = (ask: Ask): UnderWay => {
    if (asking >= MOST_UNDER_WAY) throw new ApiProblem('busy', TOO_MANY, { 'retry-after': '1' });
    asking += 1;
    const abort = new AbortController();
    const answer = ask(abort.signal).finally(() => {
      asking -= 1;
    });
    return { answer, abort, waiting: 0 };
  };
  const startShared = (name: string, ask: Ask, keep: (body: Body) => void): UnderWay => {
    const asked = start(ask);
    underWay.set(name, asked);
    const forget = () => {
      if (underWay.get(name) === asked) underWay.delete(name);
    };
    asked.answer.then((body) => {
      forget();
      keep(body);
    }, forget);
    return asked;
  };
  return {
    async get(key, revision, signal, ask) {
      if (key === undefined) return await joined(start(ask), signal);
      const found = kept.get(key, revision);
      if (found !== undefined) return found;
      // A question of an earlier revision is another question: its answer may lack what was written since.
      const name = `${revision} ${key}`;
      const present = underWay.get(name);
      if (present !== undefined && !present.abort.signal.aborted) return await joined(present, signal);
      const keep = (body: Body) => kept.keep(key, revision, body);
      return await joined(startShared(name, ask, keep), signal);
    },
  };
}

interface KeptBodies {
  /** Lets go of all that is kept of other revisions. */
  get(key: string, revision: number): Body | undefined;
  /** Keeps nothing of a revision that was asked for before another one. */
  keep(key: string, revision: number, body: Body): void;
}

function keptBodies(): KeptBodies {
  const kept = new Map<string, Body>();
  let [keptRevision, bytes] = [-1, 0];
  return {
    get(key, revision) {
      if (revision !== keptRevision) {
        kept.clear();
        [keptRevision, bytes] = [revision, 0];
      }
      return kept.get(key);
    },
    keep(key, revision, body) {
      if (revision !== keptRevision) return;
      kept.set(key, body);
      bytes += sizeOf(key, body);
      for (const [oldest, other] of kept) {
        if (bytes <= MOST_BYTES) return;
        kept.delete(oldest);
        bytes -= sizeOf(oldest, other);
      }
    },
  };
}

/** The compressed form comes later, and is hardly ever larger. */
function sizeOf(key: string, { bytes }: Body): number {
  return key.length + 2 * bytes.length;
}

/** Waits with the others; the last one that goes ends the question. */
async function joined(asked: UnderWay, signal: AbortSignal): Promise<Body> {
  asked.waiting += 1;
  const leave = (): void => {
    asked.waiting -= 1;
    if (asked.waiting === 0) asked.abort.abort();
  };
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  try {
    return await asked.answer;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
