import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiProblem } from './api-problem.ts';
import { SECURITY_HEADERS } from './reply.ts';
import type { ApiContext } from './route.ts';
import { statusOf } from './routes/status.ts';

/** Pages that may listen at once. */
const MOST_CLIENTS = 20;
const TOO_MANY = `${MOST_CLIENTS} pages are listening already: close one, or ask /api/v1/status`;
/** So that whatever stands between does not take the connection for a dead one. */
const COMMENT_MS = 15_000;
/** What may wait for a client that does not read. */
const MOST_WAITING = 64 * 1024;

const HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
};

/** Tells pages that the store has changed, as server-sent events (WHATWG HTML, section 9.2). */
export interface Changes {
  /** Answers with an event `change` now and after each change; throws an {@link ApiProblem} when too many listen. */
  join(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

/** Nobody listens yet. */
export function tellChanges(context: ApiContext): Changes {
  const clients = new Set<ServerResponse>();
  const tell = (text: string, to: Iterable<ServerResponse>): void => {
    for (const client of to) {
      client.write(text);
      // It will ask anew when it reads again, and misses nothing: each event tells all.
      if (client.writableLength > MOST_WAITING) client.destroy();
    }
  };
  const change = () => `event: change\ndata: ${JSON.stringify(statusOf(context))}\n\n`;
  const unsubscribe = context.revisions.onPublish(() => {
    if (clients.size > 0) tell(change(), clients);
  });
  const comments = setInterval(() => tell(':\n\n', clients), COMMENT_MS);
  comments.unref();
  return {
    join(request, response) {
      if (clients.size >= MOST_CLIENTS) throw new ApiProblem('busy', TOO_MANY, { 'retry-after': '30' });
      response.writeHead(200, HEADERS);
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      clients.add(response);
      response.on('close', () => clients.delete(response));
      tell(change(), [response]);
    },
    close() {
      unsubscribe();
      clearInterval(comments);
      for (const client of clients) client.end();
      clients.clear();
    },
  };
}
