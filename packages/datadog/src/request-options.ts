import type { ConnectionOptions } from 'node:tls';
import { ConfigError, checkHeader, type PluginContext, readPem } from '@tailrace/core';
import type { ConnectionConfig } from './targets.ts';

/** Headers that say how a request is sent, which is the sink's affair. */
const OWN_HEADERS =
  /^(?:accept|connection|content-.*|dd-api-key|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade|user-agent)$/;

/** The headers of every request by their lower-case names, with the key; throws {@link ConfigError} for what no header can hold. */
export function requestHeaders({ api_key, headers }: ConnectionConfig): Record<string, string> {
  const key = api_key.reveal().trim();
  if (key === '') throw new ConfigError(['api_key'], 'is empty');
  checkHeader(['api_key'], 'dd-api-key', key);
  const others = Object.entries(headers).map(([written, secret]) => {
    const name = written.toLowerCase();
    const value = secret.reveal();
    checkHeader(['headers', written], name, value);
    if (OWN_HEADERS.test(name)) throw new ConfigError(['headers', written], 'cannot be set: the sink sets it');
    return [name, value] as const;
  });
  return { 'user-agent': 'tailrace', ...Object.fromEntries(others), 'dd-api-key': key };
}

/** What Node’s TLS needs, its files read. Throws {@link ConfigError}. */
export function tlsOptions({ tls }: ConnectionConfig, url: URL, context: PluginContext): ConnectionOptions {
  const { ca, server_name, verify } = tls;
  const options: ConnectionOptions = {};
  if (ca !== undefined) options.ca = readPem(ca, ['tls', 'ca'], context);
  if (server_name !== undefined) options.servername = server_name;
  if (!verify) options.rejectUnauthorized = false;
  if (Object.keys(options).length > 0 && url.protocol === 'http:') {
    throw new ConfigError(['tls'], `has no effect, for ${url.origin} is reached without TLS: write https://`);
  }
  return options;
}

/** The URL of the proxy; throws {@link ConfigError} for any other text. */
export function proxyUrl({ proxy }: ConnectionConfig): URL | undefined {
  if (!proxy) return undefined;
  const text = proxy.reveal();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(['proxy'], 'must be a URL such as http://proxy.example.com:3128');
  }
  return url;
}
