import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { http } from '@tailrace/core';

/** A longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Opened = (error: Error | null, socket?: Socket) => void;

/**
 * Opens a way to `target` through an HTTP proxy by CONNECT (RFC 9110, 9.3.6), then by TLS where the target speaks it. The proxy has
 * `timeoutMs` to answer; 0: without limit.
 */
export function openTunnel(
  proxy: URL,
  target: URL,
  { tls, timeoutMs }: { readonly tls: ConnectionOptions; readonly timeoutMs: number },
  opened: Opened,
): void {
  const secure = target.protocol === 'https:';
  const authority = `${target.hostname}:${target.port || (secure ? 443 : 80)}`;
  const headers: Record<string, string> = { host: authority };
  if (proxy.username !== '') {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers['proxy-authorization'] = `Basic ${Buffer.from(user).toString('base64')}`;
  }
  const request = proxy.protocol === 'https:' ? httpsRequest : http.request;
  const tunnel = request(new URL('/', proxy), { method: 'CONNECT', path: authority, headers, agent: false });
  const fail = (message: string): void => opened(new Error(`proxy ${proxy.host}: ${message}`));
  if (timeoutMs > 0)
    tunnel.setTimeout(Math.min(timeoutMs, LONGEST_TIMER_MS), () =>
      tunnel.destroy(new Error('no answer within connect_timeout')),
    );
  tunnel.once('error', (error) => fail(error.message));
  tunnel.once('response', (answer) => {
    answer.destroy();
    fail(`status ${answer.statusCode}`);
  });
  tunnel.once('connect', (answer, socket: Socket) => {
    if (answer.statusCode !== 200) {
      socket.destroy();
      return fail(`status ${answer.statusCode}`);
    }
    if (!secure) return opened(null, socket);
    // An address is no server name (RFC 6066, 3).
    const name = isIP(target.hostname) === 0 ? { servername: target.hostname } : { host: target.hostname };
    opened(null, tlsConnect({ ...name, ...tls, socket, ALPNProtocols: ['http/1.1'] }));
  });
  tunnel.end();
}
