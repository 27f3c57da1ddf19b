import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { packer } from '@tailrace/core';
import type { TlsSettings } from './credentials.ts';
import type { OtlpSinkConfig } from './options.ts';
import type { Targets } from './targets.ts';
import { ABORTED, brokenOff, type HttpReply, type NoReply, type Transport } from './transport.ts';

/** OTLP 1.11 lets responses have 4 MiB; of a longer one the rest is not read. */
const MAX_RESPONSE_BYTES = 4 * 1024 ** 2;

interface Limits {
  readonly connect: number;
  readonly headers: number;
  readonly body: number;
}

/** Requests over HTTP/1.1 with connections that are kept (OTLP 1.11, “OTLP/HTTP”). */
export function httpTransport(
  config: OtlpSinkConfig,
  targets: Targets,
  headers: Readonly<Record<string, string>>,
  tls: TlsSettings,
): Transport {
  const agents = agentsOf(config.max_in_flight, tls);
  const limits = { connect: config.connect_timeout, headers: config.headers_timeout, body: config.body_timeout };
  const { headers: encoding, pack } = packer(config);
  const ownHeaders = {
    'user-agent': 'tailrace',
    ...headers,
    'content-type': config.protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
    ...encoding,
  };
  return {
    async send(signal, body, stop) {
      const bytes = await pack(body);
      const open = () => agents.post(targets[signal], { ...ownHeaders, 'content-length': bytes.length });
      const first = await exchange(open(), bytes, limits, stop);
      // A kept connection may have been closed by the target the moment it was used again.
      return first === STALE ? await exchange(open(), bytes, limits, stop) : first;
    },
    close: agents.close,
  };
}

function agentsOf(maxFreeSockets: number, { context, serverName, verify }: TlsSettings) {
  const kept = { keepAlive: true, maxFreeSockets };
  const name = serverName === undefined ? {} : { servername: serverName };
  const plain = new HttpAgent(kept);
  const secure = new HttpsAgent({ ...kept, ...context, ...name, rejectUnauthorized: verify });
  return {
    post(url: URL, headers: OutgoingHttpHeaders): ClientRequest {
      const options = { method: 'POST', headers };
      return url.protocol === 'https:'
        ? httpsRequest(url, { ...options, agent: secure })
        : httpRequest(url, { ...options, agent: plain });
    },
    close(): void {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** The connection was an old one, and gave way before any answer. */
const STALE: NoReply = { kind: 'none', cause: 'refused', message: 'the connection was closed by the target' };

/** One request; resolves with the answer, whatever its status, or with why there is none. */
function exchange(
  request: ClientRequest,
  body: Uint8Array,
  limits: Limits,
  stop: AbortSignal,
): Promise<HttpReply | NoReply> {
  return new Promise((resolve) => {
    const alarm = alarmOf((message, cause) => end({ kind: 'none', cause, message }));
    let answer: AnswerReader | null = null;
    const onStop = (): void => end(ABORTED);
    function end(reply: HttpReply | NoReply): void {
      alarm.clear();
      stop.removeEventListener('abort', onStop);
      resolve(reply);
      // What is left of a request that was answered early must not stand before the next one.
      if (reply.kind === 'none' || !request.writableFinished) request.destroy();
    }
    function fail(error: Error): void {
      const isStale = request.reusedSocket && !answer && /ECONNRESET|EPIPE|socket hang up/.test(codeOf(error));
      // What a refusal says needs no end; a success may have gone on to say what was rejected.
      if (answer && answer.status >= 300) end(answer.reply());
      else end(isStale ? STALE : brokenOff(error));
    }
    stop.addEventListener('abort', onStop, { once: true });
    limitConnecting(request, limits.connect, alarm);
    request.once('finish', () => {
      if (!answer) alarm.set(limits.headers, 'no answer began within headers_timeout', 'aborted');
    });
    request.on('error', fail);
    request.once('response', (response) => {
      const rearm = (): void => alarm.set(limits.body, 'the answer stopped in the middle for body_timeout', 'aborted');
      answer = readAnswer(response, rearm, end, fail);
    });
    if (stop.aborted) onStop();
    else request.end(body);
  });
}

function limitConnecting(request: ClientRequest, milliseconds: number, alarm: Alarm): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    alarm.set(milliseconds, 'no connection within connect_timeout', 'refused');
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', alarm.clear);
  });
}

function codeOf(error: Error): string {
  return `${'code' in error ? String(error.code) : ''} ${error.message}`;
}

interface AnswerReader {
  readonly status: number;
  /** What was read so far. */
  reply(): HttpReply;
}

function readAnswer(
  response: IncomingMessage,
  rearm: () => void,
  done: (reply: HttpReply) => void,
  fail: (error: Error) => void,
): AnswerReader {
  const chunks: Buffer[] = [];
  const status = response.statusCode ?? 0;
  let bytes = 0;
  const reply = (): HttpReply => ({ kind: 'http', status, headers: response.headers, body: Buffer.concat(chunks) });
  rearm();
  response.on('data', (chunk: Buffer) => {
    rearm();
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) response.destroy(new Error('the answer is longer than 4 MiB'));
  });
  response.once('end', () => done(reply()));
  response.once('error', fail);
  return { status, reply };
}

interface Alarm {
  /** Replaces the time that runs, if one does; 0: without limit. */
  set(milliseconds: number, message: string, cause: NoReply['cause']): void;
  clear(): void;
}

/** A longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function alarmOf(ring: (message: string, cause: NoReply['cause']) => void): Alarm {
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => clearTimeout(timer);
  return {
    clear,
    set(milliseconds, message, cause) {
      clear();
      if (milliseconds > 0) timer = setTimeout(() => ring(message, cause), Math.min(milliseconds, LONGEST_TIMER_MS));
    },
  };
}
