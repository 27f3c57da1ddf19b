import type { SecureContextOptions } from 'node:tls';
import { ConfigError, checkHeader, type PluginContext, readPem } from '@tailrace/core';
import type { OtlpSinkConfig } from './options.ts';
import type { Targets } from './targets.ts';

/** Headers that say how a request is sent, which is the sink's affair. */
const OWN_HEADERS =
  /^(?:accept|connection|content-.*|expect|grpc-.*|host|keep-alive|te|trailer|transfer-encoding|upgrade|user-agent|.*-bin)$/;

/** The options' headers by their lower-case names, with that of `auth`. Throws {@link ConfigError} for what no header can hold. */
export function requestHeaders({ headers, auth }: OtlpSinkConfig): Record<string, string> {
  const authorization = authorizationOf(auth);
  const pairs = Object.entries(headers).map(([key, value]) => {
    const name = key.toLowerCase();
    const text = value.reveal();
    checkHeader(['headers', key], name, text);
    if (OWN_HEADERS.test(name)) throw new ConfigError(['headers', key], 'cannot be set: it says how requests are sent');
    if (name === 'authorization' && authorization) {
      throw new ConfigError(['headers', key], 'cannot stand beside `auth`');
    }
    return [name, text] as const;
  });
  return { ...Object.fromEntries(pairs), ...(authorization && { authorization }) };
}

function authorizationOf({ bearer, username, password }: OtlpSinkConfig['auth']): string | undefined {
  if (bearer) {
    if (username !== undefined || password) {
      throw new ConfigError(['auth', 'bearer'], 'cannot stand beside `username` and `password`');
    }
    const token = bearer.reveal().trim();
    if (token === '') throw new ConfigError(['auth', 'bearer'], 'is empty');
    checkHeader(['auth', 'bearer'], 'authorization', token);
    return `Bearer ${token}`;
  }
  if (username === undefined && !password) return undefined;
  if (username === undefined) throw new ConfigError(['auth', 'username'], 'is missing beside `password`');
  if (!password) throw new ConfigError(['auth', 'password'], 'is missing beside `username`');
  if (username.includes(':')) throw new ConfigError(['auth', 'username'], 'cannot hold a colon (RFC 7617)');
  return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;
}

/** What TLS needs, its files read. */
export interface TlsSettings {
  readonly context: SecureContextOptions;
  /** Name to expect in the certificate. */
  readonly serverName: string | undefined;
  readonly verify: boolean;
}

/** The options under `tls`; throws {@link ConfigError} for files that cannot be read and for options without effect. */
export function tlsSettings({ tls }: OtlpSinkConfig, targets: Targets, context: PluginContext): TlsSettings {
  const { ca, certificate, key, key_passphrase, server_name, verify } = tls;
  const files = Object.entries({ ca, cert: certificate, key }).flatMap(([name, file]) =>
    file === undefined
      ? []
      : [[name, readPem(file, ['tls', name === 'cert' ? 'certificate' : name], context)] as const],
  );
  if (certificate !== undefined && key === undefined) {
    throw new ConfigError(['tls', 'key'], 'is missing beside `certificate`');
  }
  if (key !== undefined && certificate === undefined) {
    throw new ConfigError(['tls', 'certificate'], 'is missing beside `key`');
  }
  const isSet = files.length > 0 || server_name !== undefined || !verify;
  if (isSet && Object.values(targets).every((url) => url.protocol === 'http:')) {
    throw new ConfigError(['tls'], `has no effect, for ${targets.logs.origin} is reached without TLS: write https://`);
  }
  const passphrase = key_passphrase && { passphrase: key_passphrase.reveal() };
  return { context: { ...Object.fromEntries(files), ...passphrase }, serverName: server_name, verify };
}

/** The URL of the proxy; throws {@link ConfigError} for any other text. */
export function proxyUrl({ proxy }: OtlpSinkConfig): URL | undefined {
  if (!proxy) return undefined;
  const text = proxy.reveal();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new ConfigError(['proxy'], 'must be a URL such as http://proxy.example.com:3128');
}
