import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ListenOptions, Socket } from 'node:net';
import { http, type ServerTls } from '@tailrace/core';

/** Most connections at once; further ones are closed. */
const MOST_CONNECTIONS = 128;
const SECOND = 1000;

/** What keeps slow and greedy clients from holding a server: a request has to arrive whole, and connections have to move. */
const LIMITS: ServerOptions = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 5 * SECOND,
  requestTimeout: 10 * SECOND,
  keepAliveTimeout: 10 * SECOND,
  connectionsCheckingInterval: SECOND,
};
/** A connection over which nothing moves for so long is closed; longer than the silence between two comments of a stream of events. */
const IDLE_MS = 60 * SECOND;

/** A server with limits that does not listen yet; over TLS when there is a certificate. */
export function limitedServer(listener: RequestListener, tls: ServerTls | null): Server {
  const server =
    tls === null
      ? http.createServer(LIMITS, listener)
      : createSecureServer(
          { ...LIMITS, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2', handshakeTimeout: 10 * SECOND },
          listener,
        );
  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = IDLE_MS;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket));
  // The pipeline decides how long the process lives.
  server.unref();
  return server;
}

/** Resolves when it listens. */
export async function listening(server: Server, where: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}

/** Ends all connections and resolves when there are none. */
export async function closed(server: Server): Promise<void> {
  const done = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await done;
}

/** Answers what is no HTTP, or does not arrive, in the form of the API. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, code, message] = FAULTS[error.code ?? ''] ?? ['400 Bad Request', 'bad_request', 'this is no HTTP'];
  const body = JSON.stringify({ error: { code, message } });
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    'x-content-type-options: nosniff',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const FAULTS: Readonly<Record<string, readonly [status: string, code: string, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request_timeout', 'the request did not arrive in time'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headers_too_large', 'the headers are too large'],
};
