import { ConfigError, type Signal } from '@tailrace/core';
import type { OtlpSinkConfig } from './options.ts';

/** Where the requests of each signal go. */
export type Targets = Readonly<Record<Signal, URL>>;

const SIGNALS: readonly Signal[] = ['logs', 'metrics', 'traces'];

/**
 * The URL of each signal: `endpoint` with the signal's path (OTLP 1.11, “OTLP/HTTP Request”), or the one that stands under `endpoints`.
 * Throws {@link ConfigError} for what is no URL of a receiver.
 */
export function targetsOf({ endpoint, endpoints, protocol }: OtlpSinkConfig): Targets {
  const isGrpc = protocol === 'grpc';
  const base = receiverUrl(endpoint ?? `http://localhost:${isGrpc ? 4317 : 4318}`, ['endpoint'], isGrpc);
  const of = (signal: Signal): URL => {
    const own = endpoints[signal];
    if (own !== undefined) return receiverUrl(own, ['endpoints', signal], isGrpc);
    return isGrpc ? base : new URL(`${base.pathname.replace(/\/+$/, '')}/v1/${signal}`, base);
  };
  const [logs, metrics, traces] = SIGNALS.map(of) as [URL, URL, URL];
  return { logs, metrics, traces };
}

function receiverUrl(text: string, at: readonly string[], isGrpc: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    const example = `http://collector.example.com:${isGrpc ? 4317 : 4318}`;
    throw new ConfigError(at, `must be a URL such as ${example}, is ${JSON.stringify(text)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(at, 'must not hold a user or password: put them under `auth`');
  }
  if (url.hash !== '' || (at.length === 1 && url.search !== '')) {
    throw new ConfigError(at, 'must end with its path, without ? and #');
  }
  if (isGrpc && (url.pathname !== '/' || url.search !== '')) {
    throw new ConfigError(at, 'must not have a path: gRPC has paths of its own');
  }
  return url;
}
