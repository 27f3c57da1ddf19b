import { lstat, unlink } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { http } from '@tailrace/core';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

/** The endpoint for Prometheus and probes. */
export interface StatusServer {
  /** Where it listens, as a person would type it. */
  readonly address: string;
  close(): Promise<void>;
}

/** `host:port` or `unix:PATH`, taken apart; `undefined` when it is neither. */
export function parseAddress(address: string): { path: string } | { host: string; port: number } | undefined {
  if (address.startsWith('unix:')) return address.length > 5 ? { path: address.slice(5) } : undefined;
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  if (!match || Number(match[3]) > 65_535) return undefined;
  return { host: match[1] ?? match[2]!, port: Number(match[3]) };
}

/** Serves /metrics, /healthz and /readyz (503 and the reasons, one a line, while something is not ready). */
export async function serveStatus(address: string, metrics: Metrics, readiness: Readiness): Promise<StatusServer> {
  const where = parseAddress(address);
  if (!where) throw new TypeError(`metrics.address: must be host:port or unix:PATH, is ${JSON.stringify(address)}`);
  const server = http.createServer({ requestTimeout: 10_000, maxHeaderSize: 16_384 }, (request, response) => {
    answer(request, response, metrics, readiness).catch((error: Error) => reply(response, 500, `${error.message}\n`));
  });
  server.unref();
  if ('path' in where) await clearSocket(where.path, address);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(explain(error, address))));
    server.listen(where, () => {
      server.on('error', () => undefined);
      resolve();
    });
  });
  const bound = server.address();
  return {
    address:
      typeof bound === 'object' && bound && 'host' in where ? `http://${shown(where.host)}:${bound.port}` : address,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** IPv6 addresses stand in brackets in a URL. */
function shown(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Removes the socket that a killed process left; anything else at that place is not ours to remove. */
async function clearSocket(path: string, address: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (!found) return;
  if (!found.isSocket())
    throw new Error(`metrics.address ${address}: there is a file that is no socket; choose another path`);
  const isAlive = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
  if (isAlive) throw new Error(inUse(address));
  await unlink(path);
}

function inUse(address: string): string {
  return `metrics.address ${address} is in use: stop what listens there, or set another address`;
}

function explain(error: NodeJS.ErrnoException, address: string): string {
  if (error.code === 'EADDRINUSE') return inUse(address);
  return `metrics.address ${address} cannot be listened on: ${error.message}`;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  readiness: Readiness,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return reply(response, 405, 'only GET and HEAD\n');
  }
  const path = (request.url ?? '/').split('?')[0];
  if (path === '/healthz') return reply(response, 200, 'ok\n');
  if (path === '/metrics') {
    const { text, contentType } = await metrics.text();
    return reply(response, 200, text, contentType);
  }
  if (path !== '/readyz') return reply(response, 404, 'try /metrics, /healthz or /readyz\n');
  const reasons = readiness.reasons();
  const lines = reasons.map(({ component, subject, reason }) => `${component}: ${subject}: ${reason}`);
  if (lines.length === 0) lines.push('ready');
  for (const { subject, text } of readiness.notes()) lines.push(`${subject}: ${text}`);
  const text = lines.map((line) => `${line.replace(/\s*[\r\n]+\s*/g, ' ')}\n`).join('');
  return reply(response, reasons.length === 0 ? 200 : 503, text);
}

function reply(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
