import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';

/** Where the client wants to go; what undici hands to a connector. */
interface Destination {
  readonly hostname: string;
  readonly port: string;
  readonly protocol: string;
}

type Connected = (...result: [null, Socket] | [Error, null]) => void;

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Makes a connector that goes through an HTTP proxy by CONNECT (RFC 9110, 9.3.6), then by TLS where the node speaks it. The client's
 * own way through a proxy loses answers that come before the whole body was read, a 413 for one.
 */
export function proxyConnector(proxy: URL, tls: ConnectionOptions) {
  const headers: Record<string, string> = {};
  if (proxy.username !== '') {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers['proxy-authorization'] = `Basic ${Buffer.from(user).toString('base64')}`;
  }
  const request = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  return (to: Destination, connected: Connected): void => {
    const secure = to.protocol === 'https:';
    const authority = `${to.hostname}:${to.port || (secure ? 443 : 80)}`;
    const tunnel = request(new URL('/', proxy), {
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...headers },
      agent: false,
      timeout: CONNECT_TIMEOUT_MS,
    });
    const fail = (message: string): void => connected(new Error(`proxy ${proxy.host}: ${message}`), null);
    tunnel.once('timeout', () => tunnel.destroy(new Error('no answer')));
    tunnel.once('error', (error) => fail(error.message));
    tunnel.once('response', (answer) => fail(`status ${answer.statusCode}`));
    tunnel.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode === 200) return secure ? wrap(socket, to, tls, connected) : connected(null, socket);
      socket.destroy();
      fail(`status ${answer.statusCode}`);
    });
    tunnel.end();
  };
}

function wrap(socket: Socket, to: Destination, tls: ConnectionOptions, connected: Connected): void {
  const wrapped = tlsConnect({ servername: to.hostname, ...tls, socket, ALPNProtocols: ['http/1.1'] });
  const fail = (error: Error): void => connected(error, null);
  wrapped.once('error', fail);
  wrapped.once('secureConnect', () => {
    wrapped.off('error', fail);
    connected(null, wrapped);
  });
}
