import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Client, errors, UndiciConnection } from '@elastic/elasticsearch';
import { ConfigError, type PluginContext } from '@tailrace/core';
import type { ElasticsearchConfig } from './options.ts';
import { proxyConnector } from './proxy.ts';
import { PlainTransport, TextSerializer } from './transport.ts';

/** An answer of a server, with the body as text; `headers` have lower-case names. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Why there is no answer. */
export interface NoAnswer {
  readonly kind: 'none';
  readonly cause: 'refused' | 'tls' | 'aborted';
  readonly message: string;
}

/** One request; `body` is JSON text or a bulk body. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: string;
  readonly body?: string | Buffer;
  readonly gzipped?: boolean;
}

/** The client as the sink uses it: every answer is a value, whatever its status. */
export interface Connection {
  /** How many nodes there are to try. */
  readonly nodes: readonly string[];
  request(request: Request, signal: AbortSignal): Promise<Answer | NoAnswer>;
  close(): Promise<void>;
}

const DEFAULT_NODES = ['http://localhost:9200'];

/** Makes a connection from the options; opens nothing. Throws {@link ConfigError} for options that cannot work. */
export function createConnection(config: ElasticsearchConfig, context: PluginContext): Connection {
  const nodes = nodeUrls(config);
  const tls = tlsOptions(config, nodes, context);
  const auth = authentication(config);
  const proxy = config.proxy && proxyUrl(config.proxy.reveal());
  const headers = Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), value.reveal()] as const);
  // These options go to undici's pool as they are; the client's types know only some of them.
  const agent = proxy && { pipelining: 1, connect: proxyConnector(proxy, tls ?? {}) };
  const client = new Client({
    nodes: nodes.map((url) => ({ url })),
    Transport: PlainTransport,
    Serializer: TextSerializer,
    // The other connection loses an answer that comes before the whole body was read: a 413 would be tried for ever.
    Connection: UndiciConnection,
    maxRetries: 0,
    // The runner limits the time of a request, by its signal.
    requestTimeout: 0,
    compression: false,
    enableMetaHeader: false,
    // It would copy the request into each error; nothing of that is ever printed.
    redaction: { type: 'off' },
    headers: { 'user-agent': 'tailrace', ...Object.fromEntries(headers) },
    ...(tls && !proxy && { tls }),
    ...(agent && { agent }),
    ...(auth && { auth }),
  });
  return {
    nodes: nodes.map((url) => url.origin),
    request: (request, signal) => perform(client, request, signal),
    close: () => client.close(),
  };
}

async function perform(client: Client, request: Request, signal: AbortSignal): Promise<Answer | NoAnswer> {
  const { method, path, query, body, gzipped } = request;
  const params = {
    method,
    path,
    ...(query !== undefined && { querystring: query }),
    ...(body !== undefined && (typeof body === 'string' ? { body } : { bulkBody: body })),
  };
  const headers = {
    ...(gzipped && { 'content-encoding': 'gzip' }),
    ...(typeof body === 'string' && { 'content-type': 'application/json' }),
  };
  try {
    const answer = await client.transport.request<string>(params, { meta: true, signal, headers });
    return { kind: 'answer', status: answer.statusCode ?? 0, headers: answer.headers ?? {}, text: textOf(answer.body) };
  } catch (error) {
    if (!(error instanceof errors.ElasticsearchClientError)) throw error;
    if (error instanceof errors.ResponseError) {
      const { statusCode, headers: received, body: text } = error.meta;
      return { kind: 'answer', status: statusCode ?? 0, headers: received ?? {}, text: textOf(text) };
    }
    return noAnswer(error, signal);
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : '';
}

const TLS = /certificate|\bSSL\b|\bTLS\b|\bCERT_|altnames|self.signed|unable to (?:get|verify)|handshake/i;

function noAnswer(error: Error, signal: AbortSignal): NoAnswer {
  if (signal.aborted || error instanceof errors.RequestAbortedError || error instanceof errors.TimeoutError) {
    return { kind: 'none', cause: 'aborted', message: 'no answer in time' };
  }
  const message = error.message === '' ? 'the connection was refused' : error.message.replace(/ - Local: .*$/s, '');
  return { kind: 'none', cause: TLS.test(message) ? 'tls' : 'refused', message };
}

function nodeUrls(config: ElasticsearchConfig): URL[] {
  if (config.cloud_id !== undefined && config.nodes !== undefined) {
    throw new ConfigError(['cloud_id'], 'cannot stand beside `nodes`: both say where the cluster is');
  }
  if (config.cloud_id !== undefined) return [cloudUrl(config.cloud_id)];
  return (config.nodes ?? DEFAULT_NODES).map((text, i) => nodeUrl(text, i));
}

function nodeUrl(text: string, i: number): URL {
  const at = ['nodes', i];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(at, `must be a URL such as https://search.example.com:9200, is ${JSON.stringify(text)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(at, 'must not hold a user or password: put them under `auth`');
  }
  if (url.search !== '' || url.hash !== '') throw new ConfigError(at, 'must end with its path, without ? and #');
  return url;
}

/** Cloud ID: `name:base64("<domain>[:port]$<elasticsearch>[$<kibana>]")`; a name may be empty. */
function cloudUrl(cloudId: string): URL {
  const encoded = cloudId.slice(cloudId.lastIndexOf(':') + 1);
  const [domain, elasticsearch] = Buffer.from(encoded, 'base64').toString().split('$');
  const url = `https://${elasticsearch}.${domain}`;
  if (!domain || !elasticsearch || !/^[\w.-]+(:\d+)?$/.test(domain) || !URL.canParse(url)) {
    throw new ConfigError(['cloud_id'], 'must be the Cloud ID as the deployment’s page shows it, name:base64 text');
  }
  return new URL(url);
}

function proxyUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(['proxy'], 'must be a URL such as http://proxy.example.com:3128');
  }
  return url;
}

function authentication({ auth }: ElasticsearchConfig) {
  const { username, password, api_key } = auth;
  if (api_key) {
    if (username !== undefined || password) {
      throw new ConfigError(['auth', 'api_key'], 'cannot stand beside `username` and `password`');
    }
    const text = api_key.reveal();
    return { apiKey: text.includes(':') ? Buffer.from(text).toString('base64') : text };
  }
  if (username === undefined && !password) return undefined;
  if (username === undefined) throw new ConfigError(['auth', 'username'], 'is missing beside `password`');
  if (!password) throw new ConfigError(['auth', 'password'], 'is missing beside `username`');
  return { username, password: password.reveal() };
}

function tlsOptions({ tls }: ElasticsearchConfig, nodes: readonly URL[], context: PluginContext) {
  const { ca, certificate, key, key_passphrase, server_name, verify } = tls;
  const options: ConnectionOptions = {};
  if (ca !== undefined) options.ca = pem('ca', ca, context);
  if (certificate !== undefined) options.cert = pem('certificate', certificate, context);
  if (key !== undefined) options.key = pem('key', key, context);
  if (certificate !== undefined && key === undefined) {
    throw new ConfigError(['tls', 'key'], 'is missing beside `certificate`');
  }
  if (key !== undefined && certificate === undefined) {
    throw new ConfigError(['tls', 'certificate'], 'is missing beside `key`');
  }
  if (key_passphrase) options.passphrase = key_passphrase.reveal();
  if (server_name !== undefined) options.servername = server_name;
  if (!verify) options.rejectUnauthorized = false;
  if (Object.keys(options).length === 0) return undefined;
  if (nodes.every((url) => url.protocol === 'http:')) {
    throw new ConfigError(['tls'], `has no effect, for ${nodes[0]!.origin} is reached without TLS: write https://`);
  }
  return options;
}

function pem(option: string, file: string, context: PluginContext): string {
  let text: string;
  try {
    text = readFileSync(context.resolvePath(file), 'utf8');
  } catch (error) {
    throw new ConfigError(['tls', option], `cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
  if (!text.includes('-----BEGIN ')) throw new ConfigError(['tls', option], `${file} holds no PEM`);
  return text;
}
