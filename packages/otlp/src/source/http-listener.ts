import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { http } from '@tailrace/core';
import type { ServerCredentials } from './credentials.ts';
import { type Address, type Listener, printAddress } from './listening.ts';

/** Answers a request; `proceed` asks for a body that the client holds back until then (`Expect: 100-continue`). */
export type Exchange = (request: IncomingMessage, response: ServerResponse, proceed: () => void) => Promise<void>;

/** What an HTTP listener works with. */
export interface HttpParts {
  readonly address: Address;
  readonly credentials: ServerCredentials | null;
  readonly readTimeoutMs: number;
  readonly exchange: Exchange;
  /** Something came that is no HTTP, or not in time. */
  onMalformed(): void;
}

/** Longer than most proxies keep an idle connection, so that none of them sends into one that is being closed. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 10_000;
const MAX_CONNECTIONS = 4096;

/** OTLP over HTTP/1.1. */
export function httpListener(parts: HttpParts): Listener {
  let server: Server | undefined;
  return {
    async open() {
      const fresh = createOtlpServer(parts);
      await new Promise<void>((resolve, reject) => {
        fresh.once('error', reject);
        fresh.listen(parts.address, resolve);
      });
      fresh.on('error', () => undefined);
      server = fresh;
      const bound = fresh.address();
      const port = typeof bound === 'object' && bound ? bound.port : parts.address.port;
      return printAddress({ ...parts.address, port });
    },
    async drain() {
      const open = server;
      if (!open) return;
      await new Promise<void>((resolve) => open.close(() => resolve()));
    },
    destroy: () => server?.closeAllConnections(),
  };
}

function createOtlpServer({ credentials, readTimeoutMs, exchange, onMalformed }: HttpParts): Server {
  const options: ServerOptions = {
    requestTimeout: readTimeoutMs,
    headersTimeout: Math.min(HEADERS_MS, readTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(1000, readTimeoutMs),
    maxHeaderSize: 16_384,
  };
  const server = credentials
    ? createTlsServer({
        ...options,
        cert: credentials.certificate,
        key: credentials.key,
        ...(credentials.clientCa && { ca: credentials.clientCa, requestCert: true, rejectUnauthorized: true }),
      })
    : http.createServer(options);
  server.maxConnections = MAX_CONNECTIONS;
  // `exchange` answers whatever happens; it rejects never.
  server.on('request', (request, response) => void exchange(request, response, () => undefined));
  server.on('checkContinue', (request, response) => void exchange(request, response, () => response.writeContinue()));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
    // Who connects and says nothing, as probes do, is closed in time but does nothing wrong.
    if (socket.bytesRead > 0) onMalformed();
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    return undefined;
  });
  return server;
}
