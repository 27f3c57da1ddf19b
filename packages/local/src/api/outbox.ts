import type { ServerResponse } from 'node:http';
import { ApiProblem } from './api-problem.ts';

/** What may wait for all clients together to read it; the largest answer is some 50 MiB. */
const MOST_BYTES = 128 * 1024 * 1024;

/** Bodies on their way to clients, which read as they like. */
export interface Outbox {
  /** Counts a body until its response is closed; throws an {@link ApiProblem} when too much waits already. */
  enter(response: ServerResponse, bytes: number): void;
}

/** An empty outbox. */
export function createOutbox(most = MOST_BYTES): Outbox {
  let waiting = 0;
  return {
    enter(response, bytes) {
      if (waiting > 0 && waiting + bytes > most)
        throw new ApiProblem('busy', 'other clients do not read what they asked for: ask again later', {
          'retry-after': '10',
        });
      waiting += bytes;
      response.once('close', () => {
        waiting -= bytes;
      });
    },
  };
}
