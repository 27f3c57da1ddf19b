import type { ConnectionOptions } from 'node:tls';
import { httpClient as clientOf, type HttpRequest, type NoAnswer } from '@tailrace/http';

export type { HttpRequest, NoAnswer };

/** An answer of a server, with the body as text, or why it cannot be read; `headers` have lower-case names. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Requests over HTTP/1.1 with connections that are kept. */
export interface HttpClient {
  /** Whatever becomes of the request, which is JSON when it has a body, is a value. */
  request(request: HttpRequest, signal: AbortSignal): Promise<Answer | NoAnswer>;
  close(): void;
}

interface ClientOptions {
  readonly tls: ConnectionOptions;
  readonly proxy: URL | undefined;
  /** Milliseconds until a connection has to be open; 0: without limit. */
  readonly connectTimeout: number;
  /** Milliseconds from the end of a request to the headers of its answer, and of silence within the answer; 0: without limit. */
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  /** Connections that are kept for later. */
  readonly kept: number;
}

/** An answer of the intake is a few hundred bytes; of a longer one the rest is not read. */
const MAX_ANSWER_BYTES = 1 << 20;

/** Makes a client; opens nothing. An answer that breaks off counts as far as it came: its status says all. */
export function httpClient(options: ClientOptions): HttpClient {
  const client = clientOf({ ...options, maxAnswerBytes: MAX_ANSWER_BYTES });
  return {
    async request(request, signal) {
      const type = request.body && { 'content-type': 'application/json' };
      const headers = { accept: 'application/json', ...request.headers, ...type };
      const answer = await client.request({ ...request, headers }, signal);
      if (answer.kind === 'none') return answer;
      const { status, body, unreadable } = answer;
      return { kind: 'answer', status, headers: answer.headers, text: unreadable ?? Buffer.from(body).toString() };
    },
    close: client.close,
  };
}
