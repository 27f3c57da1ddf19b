import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { http } from '@tailrace/core';

/** Where the client wants to go; what undici hands to a connector. */
interface Destination {
  readonly hostname: string;
  readonly port: string;
  readonly protocol: string;
}

/** A longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Connected = (...result: [null, Socket] | [Error, null]) => void;

/**
 * Makes a connector that goes through an HTTP proxy by CONNECT (RFC 9110, 9.3.6), then by TLS where the node speaks it. The client's
 * own way through a proxy loses answers that come before the whole body was read, a 413 for one. `timeoutMs` is for tunnel and TLS together.
 */
export function proxyConnector(proxy: URL, tls: ConnectionOptions, timeoutMs: number) {
  const headers: Record<string, string> = {};
  if (proxy.username !== '') {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers['proxy-authorization'] = `Basic ${Buffer.from(user).toString('base64')}`;
  }
  const request = proxy.protocol === 'https:' ? httpsRequest : http.request;
  return (to: Destination, tell: Connected): void => {
    const secure = to.protocol === 'https:';
    const authority = `${to.hostname}:${to.port || (secure ? 443 : 80)}`;
    const tunnel = request(new URL('/', proxy), {
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...headers },
      agent: false,
    });
    let opened: Socket | null = null;
    let isTold = false;
    const connected: Connected = (...result) => {
      clearTimeout(timer);
      if (!isTold) tell(...result);
      isTold = true;
    };
    const late = (): void => {
      fail('no connection within connect_timeout');
      tunnel.destroy();
      opened?.destroy();
    };
    const timer = timeoutMs > 0 ? setTimeout(late, Math.min(timeoutMs, LONGEST_TIMER_MS)) : undefined;
    const fail = (message: string): void => connected(new Error(`proxy ${proxy.host}: ${message}`), null);
    tunnel.on('error', (error) => fail(error.message));
    tunnel.once('response', (answer) => fail(`status ${answer.statusCode}`));
    tunnel.once('connect', (answer, socket: Socket) => {
      opened = socket;
      if (answer.statusCode === 200) return secure ? wrap(socket, to, tls, connected) : connected(null, socket);
      socket.destroy();
      fail(`status ${answer.statusCode}`);
    });
    tunnel.end();
  };
}

function wrap(socket: Socket, to: Destination, tls: ConnectionOptions, connected: Connected): void {
  const wrapped = tlsConnect({ ...nameOf(to.hostname), ...tls, socket, ALPNProtocols: ['http/1.1'] });
  const fail = (error: Error): void => connected(error, null);
  wrapped.once('error', fail);
  wrapped.once('secureConnect', () => {
    wrapped.off('error', fail);
    connected(null, wrapped);
  });
}

/** What the certificate has to be for; an address is no server name (RFC 6066, 3). */
function nameOf(host: string): ConnectionOptions {
  return isIP(host) === 0 ? { servername: host } : { host };
}
