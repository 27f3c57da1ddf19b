import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { listenOnLoopback } from './listen.ts';
import { forward } from './security-proxy.ts';

/** How a forward proxy behaves. */
export interface HttpProxyOptions {
  /** Asked for as `Proxy-Authorization: Basic`; without it nobody is asked. */
  user?: { username: string; password: string };
  /** Where `host:port` really is, for names that no resolver knows: `{ 'search.example.com:443': '127.0.0.1:4711' }`. */
  routes?: Record<string, string>;
}

/** A running forward proxy and what went through it. */
export interface HttpProxy {
  url: string;
  /** `CONNECT host:port` or `GET http://host:port/path` in the order in which they came, refused ones included. */
  requests: string[];
  stop(): Promise<void>;
}

/** Starts a forward proxy on a free loopback port: CONNECT tunnels (RFC 9110, 9.3.6) and requests in absolute form. */
export async function httpProxy(options: HttpProxyOptions = {}): Promise<HttpProxy> {
  const requests: string[] = [];
  const { username, password } = options.user ?? {};
  const expected = options.user && `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const isRefused = (request: IncomingMessage) =>
    expected !== undefined && request.headers['proxy-authorization'] !== expected;
  const route = (host: string) => options.routes?.[host] ?? host;

  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (isRefused(request)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    const asked = new URL(request.url ?? '/');
    request.url = `${asked.pathname}${asked.search}`;
    forward(new URL(`http://${route(`${asked.hostname}:${asked.port || 80}`)}`), request, response);
  });
  const tunnels = new Set<Socket>();
  server.on('connect', (request: IncomingMessage, client: Socket, early: Buffer) => {
    requests.push(`CONNECT ${request.url}`);
    if (isRefused(request)) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="proxy"\r\n\r\n');
      return;
    }
    const upstream = tunnel(route(request.url ?? ''), client, early);
    tunnels.add(upstream);
    upstream.once('close', () => tunnels.delete(upstream));
  });
  const { port, stop } = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    stop() {
      for (const socket of tunnels) socket.destroy();
      return stop();
    },
  };
}

function tunnel(destination: string, client: Socket, early: Buffer): Socket {
  const { hostname, port } = new URL(`tcp://${destination}`);
  const upstream = connect(Number(port), hostname);
  let isOpen = false;
  upstream.once('connect', () => {
    isOpen = true;
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(early);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on('error', () => client.end(isOpen ? '' : 'HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  client.on('error', () => upstream.destroy());
  client.once('close', () => upstream.destroy());
  return upstream;
}
