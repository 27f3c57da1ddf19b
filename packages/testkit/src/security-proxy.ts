import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { certificateAuthority, type KeyedCertificate } from './certificates.ts';
import { errorAnswer, productHeader } from './elasticsearch-answers.ts';
import { listenOnLoopback } from './listen.ts';

/** Who may pass; with neither list everybody may. */
export interface Credentials {
  /** Accepted as `Authorization: Basic`. */
  users?: { username: string; password: string }[];
  /** Accepted as `Authorization: ApiKey`, the base64 of `id:key`. */
  apiKeys?: { id: string; key: string }[];
}

/** A reverse proxy in front of a server that knows neither TLS nor users. */
export interface SecurityProxy {
  url: string;
  /** Requests handed on and requests refused so far. */
  counts: { passed: number; refused: number };
  stop(): Promise<void>;
}

/** A proxy that speaks TLS, and all the PEM a client of it needs. */
export interface TlsProxy extends SecurityProxy {
  /** The authority that signed the server's certificate. */
  ca: string;
  /** A client certificate the proxy accepts. */
  client: KeyedCertificate;
  /** One signed by an authority the proxy does not know. */
  stranger: KeyedCertificate;
}

/** How a TLS proxy behaves. */
export interface TlsProxyOptions extends Credentials {
  /** The URL behind the proxy. */
  target: string;
  /** Ask for a client certificate and end the handshake without one. */
  clientCertificate?: boolean;
  /** Names in the server's certificate; default `localhost` and `127.0.0.1`. */
  hosts?: string[];
  /** Let the server's certificate have ended an hour ago. */
  expired?: boolean;
}

/** Puts TLS, optionally mutual and with users, in front of a plain HTTP server; every certificate is made for the call. */
export async function tlsProxy(options: TlsProxyOptions): Promise<TlsProxy> {
  const authority = certificateAuthority();
  const hosts = options.hosts ?? ['localhost', '127.0.0.1'];
  const hour = 3_600_000;
  const expiry = options.expired
    ? { validFrom: new Date(Date.now() - 2 * hour), validTo: new Date(Date.now() - hour) }
    : {};
  const { certificate, key } = authority.issue({ name: 'tls proxy', hosts, ...expiry });
  const mutual = options.clientCertificate
    ? { requestCert: true, rejectUnauthorized: true, ca: authority.certificate }
    : {};
  const counts = { passed: 0, refused: 0 };
  const server = createTlsServer({ cert: certificate, key, ...mutual }, handler(options.target, options, counts));
  const { port, stop } = await listenOnLoopback(server);
  return {
    url: `https://127.0.0.1:${port}`,
    counts,
    stop,
    ca: authority.certificate,
    client: authority.issue({ name: 'client' }),
    stranger: certificateAuthority('unknown authority').issue({ name: 'stranger' }),
  };
}

/** Puts users and API keys in front of a plain HTTP server, without TLS. */
export async function authProxy(options: Credentials & { target: string }): Promise<SecurityProxy> {
  const counts = { passed: 0, refused: 0 };
  const server = createServer(handler(options.target, options, counts));
  const { port, stop } = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, counts, stop };
}

function handler(target: string, credentials: Credentials, counts: SecurityProxy['counts']) {
  const accepted = acceptedHeaders(credentials);
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (accepted.size > 0 && !accepted.has(request.headers.authorization ?? '')) {
      counts.refused += 1;
      refuse(request, response);
      return;
    }
    counts.passed += 1;
    forward(new URL(target), request, response);
  };
}

function acceptedHeaders({ users = [], apiKeys = [] }: Credentials): Set<string> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return new Set([
    ...users.map(({ username, password }) => `Basic ${base64(`${username}:${password}`)}`),
    ...apiKeys.map(({ id, key }) => `ApiKey ${base64(`${id}:${key}`)}`),
  ]);
}

/** As a node with security answers, with and without credentials in the request. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
  const why =
    request.headers.authorization === undefined ? 'missing authentication credentials' : 'unable to authenticate';
  const { status, body } = errorAnswer(401, 'security_exception', `${why} for REST request [${request.url}]`);
  request.resume();
  response.writeHead(status, {
    ...productHeader,
    'content-type': 'application/json',
    'www-authenticate': ['Basic realm="security", charset="UTF-8"', 'ApiKey'],
  });
  response.end(body);
}

/** Hands a request on and its answer back; a target that is down shows as 502. */
export function forward(target: URL, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url } = request;
  const onward = httpRequest({
    host: target.hostname,
    port: target.port,
    method,
    path: url,
    headers: { ...headers, host: target.host },
  });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', (error) => {
    if (!response.headersSent) response.writeHead(502);
    response.end(`the proxy cannot reach ${target.host}: ${error.message}`);
  });
  request.pipe(onward);
}
