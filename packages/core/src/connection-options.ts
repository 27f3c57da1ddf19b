import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { http } from './node-http.ts';
import { ConfigError, type PluginContext } from './plugin.ts';
import { boolean, type Secret, secret, string } from './schema.ts';

/** Where an option stands in the configuration of its component. */
type At = readonly (string | number)[];
type Files = Pick<PluginContext, 'resolvePath'>;

/** The options under `tls` of a plugin that is a client; read by {@link readClientTls}. */
export const CLIENT_TLS = {
  ca: string({ description: 'PEM file of the authorities to trust, in place of the well-known ones.' }),
  certificate: string({ description: 'PEM file of the client certificate.' }),
  key: string({ description: 'PEM file of its private key.' }),
  key_passphrase: secret({ description: 'Passphrase of the private key.' }),
  server_name: string({
    description: 'Name to expect in the server’s certificate, where it differs from the URL.',
  }),
  verify: boolean({
    default: true,
    description: 'Check the server’s certificate; `false` lets anybody in between read along.',
  }),
};

/** The text of a PEM file that the option at `at` names; throws a {@link ConfigError} when it cannot be read or holds no PEM (RFC 7468). */
export function readPem(file: string, at: At, context: Files): string {
  let text: string;
  try {
    text = readFileSync(context.resolvePath(file), 'utf8');
  } catch (error) {
    throw new ConfigError(at, `cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
  if (!text.includes('-----BEGIN ')) throw new ConfigError(at, `${file} holds no PEM`);
  return text;
}

/** The options of {@link CLIENT_TLS}, or some of them. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly key_passphrase?: Secret | undefined;
  readonly server_name?: string | undefined;
  readonly verify?: boolean | undefined;
}

/**
 * What Node's TLS needs of the options under `tls` for requests to `urls`, the files read; `{}` when nothing is set. Throws a
 * {@link ConfigError} for files that cannot be used, and for options without effect. `at`: where an option stands, or all of them.
 */
export function readClientTls(
  tls: ClientTls,
  urls: readonly URL[],
  context: Files,
  at: (option?: keyof ClientTls) => At = (option) => (option === undefined ? ['tls'] : ['tls', option]),
): ConnectionOptions {
  const { ca, certificate, key, key_passphrase: passphrase, server_name: name, verify } = tls;
  const options: ConnectionOptions = {
    ...(ca !== undefined && { ca: readPem(ca, at('ca'), context) }),
    ...(certificate !== undefined && { cert: readPem(certificate, at('certificate'), context) }),
    ...(key !== undefined && { key: readPem(key, at('key'), context) }),
    ...(passphrase && { passphrase: passphrase.reveal() }),
    ...(name !== undefined && { servername: name }),
    ...(verify === false && { rejectUnauthorized: false }),
  };
  refuseHalf(tls, at);
  if (Object.keys(options).length > 0 && urls.every(({ protocol }) => protocol === 'http:')) {
    throw new ConfigError(at(), `has no effect, for ${urls[0]!.origin} is reached without TLS: write https://`);
  }
  if (certificate !== undefined)
    refuseMisfit(options, at('certificate'), `${certificate} and ${key} do not make a client`);
  return options;
}

/** What a listener proves itself with, as PEM. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
}

/** Reads the certificate of a listener and its key; `null` without them. Throws a {@link ConfigError} for one alone, and for files that cannot be used. */
export function readServerTls(
  tls: Pick<ClientTls, 'certificate' | 'key'>,
  context: Files,
  at: At = ['tls'],
): ServerTls | null {
  const { certificate, key } = tls;
  refuseHalf(tls, (option) => [...at, option]);
  if (certificate === undefined || key === undefined) return null;
  const read = {
    certificate: readPem(certificate, [...at, 'certificate'], context),
    key: readPem(key, [...at, 'key'], context),
  };
  const misfit = `${certificate} and ${key} do not make a server`;
  refuseMisfit({ cert: read.certificate, key: read.key }, [...at, 'certificate'], misfit);
  return read;
}

function refuseHalf(
  { certificate, key }: Pick<ClientTls, 'certificate' | 'key'>,
  at: (option: 'certificate' | 'key') => At,
): void {
  if ((certificate === undefined) === (key === undefined)) return;
  if (key === undefined) throw new ConfigError(at('key'), 'is missing beside `certificate`');
  throw new ConfigError(at('certificate'), 'is missing beside `key`');
}

function refuseMisfit(options: ConnectionOptions, at: At, message: string): void {
  try {
    // Loaded by those alone who need it.
    process.getBuiltinModule('node:tls').createSecureContext(options);
  } catch (error) {
    throw new ConfigError(at, `${message}: ${error instanceof Error ? error.message : error}`);
  }
}

/** The URL of an HTTP proxy, as the option `proxy` has it; throws a {@link ConfigError} for any other text. */
export function readProxy(proxy: Secret | undefined): URL | undefined {
  if (!proxy) return undefined;
  const text = proxy.reveal();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new ConfigError(['proxy'], 'must be a URL such as http://proxy.example.com:3128');
}

/** A user for basic authentication (RFC 7617); `undefined` without one. Throws a {@link ConfigError} for half of one. */
export function readUser(
  { username, password }: { readonly username: string | undefined; readonly password: Secret | undefined },
  at: At = ['auth'],
): { readonly username: string; readonly password: string } | undefined {
  if (username === undefined && !password) return undefined;
  if (username === undefined) throw new ConfigError([...at, 'username'], 'is missing beside `password`');
  if (!password) throw new ConfigError([...at, 'password'], 'is missing beside `username`');
  if (username.includes(':')) throw new ConfigError([...at, 'username'], 'cannot hold a colon (RFC 7617)');
  return { username, password: password.reveal() };
}

/** The `authorization` header of such a user. */
export function basicAuthorization(user: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
}

/**
 * Headers by their lower-case names; throws a {@link ConfigError} for what cannot be sent. `own`: those that say how a request is sent, which
 * is the plugin's affair; `taken`: others that cannot be set, and why.
 */
export function readHeaders(
  headers: Readonly<Record<string, Secret>>,
  own: RegExp,
  at: At = ['headers'],
  taken: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const pairs = Object.entries(headers).map(([written, secret]) => {
    const name = written.toLowerCase();
    const value = secret.reveal();
    checkHeader([...at, written], name, value);
    if (own.test(name)) throw new ConfigError([...at, written], 'cannot be set: it says how requests are sent');
    if (Object.hasOwn(taken, name)) throw new ConfigError([...at, written], taken[name]!);
    return [name, value] as const;
  });
  return Object.fromEntries(pairs);
}

/** Throws a {@link ConfigError} for a name or value that no HTTP header can have; the value, which may be a secret, stays out of it. */
export function checkHeader(at: At, name: string, value: string): void {
  try {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
  } catch {
    throw new ConfigError(at, 'holds characters that an HTTP header cannot have, such as a line break');
  }
}
