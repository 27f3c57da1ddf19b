import type { ConnectionOptions } from 'node:tls';
import {
  basicAuthorization,
  type ClientTls,
  ConfigError,
  checkHeader,
  type PluginContext,
  readClientTls,
  readHeaders,
  readUser,
} from '@tailrace/core';
import type { ScrapeConfig, TargetConfig } from './options.ts';

/** One endpoint, ready to be scraped. */
export interface Target {
  readonly url: URL;
  /** The URL as logs may show it: without a query, which may hold a token. */
  readonly shown: string;
  readonly job: string;
  readonly instance: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly interval: number;
  readonly timeout: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A file with a bearer token. */
  readonly tokenFile?: string;
  readonly tls: ConnectionOptions;
}

type Context = Pick<PluginContext, 'componentId' | 'resolvePath'>;
type At = readonly (string | number)[];
type Auth = NonNullable<ScrapeConfig['auth']>;

/** Headers that say how a request is made, which is the source's affair. */
const OWN_HEADERS =
  /^(?:accept|accept-encoding|connection|content-.*|expect|host|te|trailer|transfer-encoding|upgrade)$/;
/** Timers of Node.js cannot be longer. */
const LONGEST_MS = 2 ** 31 - 1;
const DEFAULT_TIMEOUT_MS = 10_000;

/** The targets of a configuration, their files read; throws {@link ConfigError}. */
export function readTargets(config: ScrapeConfig, context: Context): Target[] {
  const targets = config.targets.map((entry, i) => {
    const at = ['targets', i];
    if (typeof entry === 'string') return readTarget(config, { url: entry }, at, at, context);
    return readTarget(config, entry, [...at, 'url'], at, context);
  });
  const urls = targets.map(({ url }) => url);
  // Where one is reached with TLS, they are for it.
  if (urls.every(({ protocol }) => protocol === 'http:')) readClientTls(config.tls, urls, context);
  const known = new Map<string, number>();
  for (const [i, { job, instance, labels }] of targets.entries()) {
    const identity = JSON.stringify([job, instance, labels]);
    const twin = known.get(identity);
    if (twin !== undefined) {
      const problem = `has the same job and instance as targets[${twin}], so nobody could tell their metrics apart: give one an \`instance\``;
      throw new ConfigError(['targets', i], problem);
    }
    known.set(identity, i);
  }
  return targets;
}

function readTarget(
  config: ScrapeConfig,
  own: Pick<TargetConfig, 'url'> & Partial<TargetConfig>,
  urlAt: At,
  at: At,
  context: Context,
): Target {
  const url = targetUrl(own.url, urlAt);
  const times = timesOf(config, own, at);
  const auth = isSet(own.auth) ? { auth: own.auth, at: [...at, 'auth'] } : { auth: config.auth, at: ['auth'] };
  const headers = {
    ...readHeaders(config.headers ?? {}, OWN_HEADERS),
    ...readHeaders(own.headers ?? {}, OWN_HEADERS, [...at, 'headers']),
  };
  const authorization = authorizationOf(auth.auth, auth.at);
  if (headers['authorization'] !== undefined && isSet(auth.auth))
    throw new ConfigError(auth.at, 'cannot stand beside a header `authorization`');
  const tokenFile = auth.auth.bearer_file;
  return {
    url,
    shown: `${url.origin}${url.pathname}`,
    job: own.job ?? config.job ?? context.componentId,
    instance: own.instance ?? `${url.hostname}:${portOf(url)}`,
    labels: { ...labelsOf(config.labels, ['labels']), ...labelsOf(own.labels, [...at, 'labels']) },
    ...times,
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    ...(tokenFile !== undefined && { tokenFile: context.resolvePath(tokenFile) }),
    tls: tlsOf(config, own.tls, url, at, context),
  };
}

/** The port of a URL, also where it is the usual one. */
export function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}

function targetUrl(text: string, at: At): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(text)) {
    throw new ConfigError(at, `must be a URL such as http://10.0.0.7:9000/metrics, is ${JSON.stringify(text)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(at, 'must not hold a user or password: put them under `auth`');
  }
  if (url.hash !== '') throw new ConfigError(at, 'must not hold a #');
  if (!/^https?:\/\/[^/?]+[/?]/i.test(text)) url.pathname = '/metrics';
  return url;
}

function timesOf(config: ScrapeConfig, own: Partial<TargetConfig>, at: At): { interval: number; timeout: number } {
  const interval = own.interval ?? config.interval;
  const intervalAt = own.interval === undefined ? ['interval'] : [...at, 'interval'];
  if (interval < 100 || interval > LONGEST_MS) throw new ConfigError(intervalAt, 'must be 100ms to 24d');
  const timeout = own.timeout ?? config.timeout ?? Math.min(DEFAULT_TIMEOUT_MS, interval);
  const timeoutAt = own.timeout === undefined ? ['timeout'] : [...at, 'timeout'];
  if (timeout === 0) throw new ConfigError(timeoutAt, 'must be more than 0');
  if (timeout > interval)
    throw new ConfigError(timeoutAt, 'must not be longer than the interval: scrapes would overlap');
  return { interval, timeout };
}

function labelsOf(labels: Readonly<Record<string, string>> | undefined, at: At): Readonly<Record<string, string>> {
  for (const name of ['job', 'instance']) {
    if (labels?.[name] !== undefined) throw new ConfigError([...at, name], `is set by \`${name}\`, not by a label`);
  }
  return labels ?? {};
}

function isSet(options: object | undefined): options is object {
  return options !== undefined && Object.values(options).some((value) => value !== undefined);
}

function authorizationOf(auth: Auth, at: At): string | undefined {
  const { bearer, bearer_file, username, password } = auth;
  const ways = [bearer, bearer_file, username ?? password].filter((way) => way !== undefined);
  if (ways.length > 1) throw new ConfigError(at, 'can have one of `bearer`, `bearer_file` and `username`');
  if (bearer) {
    const token = bearer.reveal().trim();
    if (token === '') throw new ConfigError([...at, 'bearer'], 'is empty');
    checkHeader([...at, 'bearer'], 'authorization', token);
    return `Bearer ${token}`;
  }
  const user = readUser({ username, password }, at);
  return user && basicAuthorization(user);
}

/** The source's options under `tls`, and those of the target before them. */
function tlsOf(
  { tls }: ScrapeConfig,
  own: ClientTls | undefined,
  url: URL,
  at: At,
  context: Context,
): ConnectionOptions {
  const set = Object.fromEntries(Object.entries(own ?? {}).filter(([, value]) => value !== undefined));
  const isOwn = (option?: string): boolean => (option === undefined ? url.protocol === 'http:' : option in set);
  return readClientTls(url.protocol === 'http:' ? set : { ...tls, ...set }, [url], context, (option) => [
    ...(isOwn(option) ? at : []),
    'tls',
    ...(option === undefined ? [] : [option]),
  ]);
}
