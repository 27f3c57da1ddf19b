import { request as httpsRequest } from 'node:https';
import { isIP, isIPv6, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { http } from '@tailrace/core';

/** A longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Where a tunnel goes, as undici and Node's agents say it: an IPv6 address has no brackets, no port is that of the protocol. */
export interface Destination {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string | number;
}

/** How a way through a proxy is opened. */
export interface TunnelOptions {
  /** To the server, not to the proxy. */
  readonly tls: ConnectionOptions;
  /** Milliseconds for the proxy's answer and TLS together; 0: without limit. */
  readonly timeoutMs: number;
}

/**
 * Opens a way to a server through an HTTP proxy by CONNECT (RFC 9110, 9.3.6), then by TLS for `https:`. `opened` is called once, with
 * a socket that is ready for a request.
 */
export function openTunnel(
  proxy: URL,
  { protocol, hostname, port }: Destination,
  { tls, timeoutMs }: TunnelOptions,
  opened: (...result: [error: null, socket: Socket] | [error: Error, socket: null]) => void,
): void {
  const secure = protocol === 'https:';
  const authority = `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port || (secure ? 443 : 80)}`;
  const headers: Record<string, string> = { host: authority };
  if (proxy.username !== '') {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers['proxy-authorization'] = `Basic ${Buffer.from(user).toString('base64')}`;
  }
  const request = proxy.protocol === 'https:' ? httpsRequest : http.request;
  const tunnel = request(new URL('/', proxy), { method: 'CONNECT', path: authority, headers, agent: false });
  let wrapped: Socket | null = null;
  let isTold = false;
  const tell: typeof opened = (...result) => {
    clearTimeout(timer);
    if (!isTold) opened(...result);
    isTold = true;
  };
  const fail = (message: string): void => tell(new Error(`proxy ${proxy.host}: ${message}`), null);
  const late = (): void => {
    fail('no connection within connect_timeout');
    tunnel.destroy();
    wrapped?.destroy();
  };
  const timer = timeoutMs > 0 ? setTimeout(late, Math.min(timeoutMs, LONGEST_TIMER_MS)) : undefined;
  tunnel.on('error', (error) => fail(error.message));
  tunnel.once('response', (answer) => {
    answer.destroy();
    fail(`status ${answer.statusCode}`);
  });
  tunnel.once('connect', (answer, socket: Socket) => {
    if (answer.statusCode !== 200) {
      socket.destroy();
      return fail(`status ${answer.statusCode}`);
    }
    if (!secure) return tell(null, socket);
    const own = tlsConnect({ ...nameOf(hostname), ...tls, socket, ALPNProtocols: ['http/1.1'] });
    const failTls = (error: Error): void => tell(error, null);
    wrapped = own.once('error', failTls).once('secureConnect', () => {
      own.off('error', failTls);
      tell(null, own);
    });
  });
  tunnel.end();
}

/** What the certificate has to be for; an address is no server name (RFC 6066, 3). */
function nameOf(host: string): ConnectionOptions {
  return isIP(host) === 0 ? { servername: host } : { host };
}
