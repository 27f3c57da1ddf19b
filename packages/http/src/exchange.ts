import type { ClientRequest, IncomingMessage } from 'node:http';
import { ABORTED, brokenOff, type HttpAnswer, type NoAnswer } from './answer.ts';

/** How long to wait, in milliseconds; 0: without limit. */
export interface Limits {
  /** For an open connection, proxy and TLS included. */
  readonly connectTimeout: number;
  /** From the end of the request to the headers of its answer. */
  readonly headersTimeout: number;
  /** For more, in the middle of an answer. */
  readonly bodyTimeout: number;
  /** Of a longer body the rest is not read. */
  readonly maxAnswerBytes: number;
}

/** The connection was an old one, and gave way before any answer. */
export const STALE: NoAnswer = { kind: 'none', cause: 'refused', message: 'the connection was closed by the target' };

/** Sends one request; resolves with the answer, whatever its status, or with why there is none. */
export function exchange(
  request: ClientRequest,
  body: Uint8Array | undefined,
  limits: Limits,
  signal: AbortSignal,
): Promise<HttpAnswer | NoAnswer> {
  return new Promise((resolve) => {
    const alarm = alarmOf((cause, message) => end({ kind: 'none', cause, message }));
    let partial: (() => HttpAnswer) | null = null;
    const onAbort = (): void => end(ABORTED);
    function end(answer: HttpAnswer | NoAnswer): void {
      alarm.clear();
      signal.removeEventListener('abort', onAbort);
      resolve(answer);
      // What is left of a request that was answered early must not stand before the next one.
      if (answer.kind === 'none' || !request.writableFinished) request.destroy();
    }
    function fail(error: Error): void {
      const isStale = request.reusedSocket && /ECONNRESET|EPIPE|socket hang up/.test(nameOf(error));
      // A server that answers early, with 413 for one, may close before it has read all.
      if (partial) end(partial());
      else end(isStale ? STALE : brokenOff(error));
    }
    signal.addEventListener('abort', onAbort, { once: true });
    limitConnecting(request, limits.connectTimeout, alarm);
    request.once('finish', () => {
      if (!partial) alarm.set(limits.headersTimeout, 'aborted', 'no answer began within headers_timeout');
    });
    request.on('error', fail);
    request.once('response', (response) => {
      const rearm = () => alarm.set(limits.bodyTimeout, 'aborted', 'the answer stopped in the middle for body_timeout');
      partial = readAnswer(response, limits.maxAnswerBytes, rearm, end, fail);
    });
    if (signal.aborted) onAbort();
    else request.end(body);
  });
}

function limitConnecting(request: ClientRequest, milliseconds: number, alarm: Alarm): void {
  alarm.set(milliseconds, 'refused', 'no connection within connect_timeout');
  request.once('socket', (socket) => {
    if (request.reusedSocket) alarm.clear();
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', alarm.clear);
  });
}

/** Reads an answer; gives a function that says what has come of it so far. */
function readAnswer(
  response: IncomingMessage,
  maxBytes: number,
  rearm: () => void,
  done: (answer: HttpAnswer) => void,
  fail: (error: Error) => void,
): () => HttpAnswer {
  const chunks: Buffer[] = [];
  let size = 0;
  const { headers, statusCode: status = 0 } = response;
  const answer = (isWhole: boolean): HttpAnswer => {
    return { kind: 'answer', status, headers, body: Buffer.concat(chunks), isWhole };
  };
  rearm();
  response.on('data', (chunk: Buffer) => {
    rearm();
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) response.destroy(new Error(`the answer is longer than ${maxBytes} bytes`));
  });
  response.once('end', () => done(answer(true)));
  response.once('error', fail);
  return () => answer(false);
}

interface Alarm {
  /** Replaces the time that runs, if one does. */
  set(milliseconds: number, cause: NoAnswer['cause'], message: string): void;
  clear(): void;
}

/** A longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function alarmOf(ring: (cause: NoAnswer['cause'], message: string) => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => clearTimeout(timer);
  return {
    clear,
    set(milliseconds, cause, message) {
      clear();
      if (milliseconds > 0) timer = setTimeout(() => ring(cause, message), Math.min(milliseconds, LONGEST_TIMER_MS));
    },
  };
}

function nameOf(error: Error): string {
  return `${'code' in error ? String(error.code) : ''} ${error.message}`;
}
