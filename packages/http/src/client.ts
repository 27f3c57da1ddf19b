import type { ClientRequest, Agent as HttpAgent, OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { http } from '@tailrace/core';
import type { HttpAnswer, NoAnswer } from './answer.ts';
import { exchange, type Limits, STALE } from './exchange.ts';
import { openTunnel } from './tunnel.ts';
import { unpacked } from './unpack.ts';

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Requests over HTTP/1.1 with connections that are kept. */
export interface HttpClient {
  /** Whatever becomes of the request is a value, answers unpacked. The body has to stay as it is until then. */
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer | NoAnswer>;
  close(): void;
}

/** How a client connects and how long it waits; times in milliseconds, 0: without limit. */
export interface ClientOptions extends Limits {
  readonly tls: ConnectionOptions;
  /** An HTTP proxy, with its credentials. */
  readonly proxy?: URL | undefined;
  /** Connections that are kept for later. */
  readonly kept: number;
}

/** Makes a client; opens nothing. */
export function httpClient(options: ClientOptions): HttpClient {
  const agents = agentsOf(options);
  // A tunnel keeps to the time itself, and is open when it is handed over.
  const limits = options.proxy ? { ...options, connectTimeout: 0 } : options;
  const open = ({ method, url, headers, body }: HttpRequest): ClientRequest => {
    // Answers are short, and a request that says nothing lets them be packed in any way (RFC 9110, 12.5.3).
    const all = { 'accept-encoding': 'identity', ...headers, ...(body && { 'content-length': body.length }) };
    return agents.open(url, method, all);
  };
  return {
    async request(request, signal) {
      const first = await exchange(open(request), request.body, limits, signal);
      // A kept connection may have been closed by the server the moment it was used again.
      const answer = first === STALE ? await exchange(open(request), request.body, limits, signal) : first;
      return answer.kind === 'none' ? answer : await unpacked(answer, limits.maxAnswerBytes);
    },
    close: agents.close,
  };
}

function agentsOf({ tls, proxy, kept, connectTimeout }: ClientOptions) {
  const keep = { keepAlive: true, maxFreeSockets: kept };
  const plain = new http.Agent(keep);
  const secure = new HttpsAgent({ ...keep, ...tls });
  if (proxy) {
    const through = (protocol: string): HttpAgent['createConnection'] => {
      return ({ host, port }, opened) => {
        const to = { protocol, hostname: host ?? '', port: port ?? '' };
        const options = { tls, timeoutMs: connectTimeout };
        openTunnel(proxy, to, options, (error, socket) => opened?.(error, socket as never));
        return undefined;
      };
    };
    plain.createConnection = through('http:');
    secure.createConnection = through('https:');
  }
  return {
    open(url: URL, method: string, headers: OutgoingHttpHeaders): ClientRequest {
      return url.protocol === 'https:'
        ? httpsRequest(url, { method, headers, agent: secure })
        : http.request(url, { method, headers, agent: plain });
    },
    close(): void {
      plain.destroy();
      secure.destroy();
    },
  };
}
