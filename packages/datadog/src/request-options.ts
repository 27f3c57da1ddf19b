import { ConfigError, checkHeader, readHeaders } from '@tailrace/core';
import type { ConnectionConfig } from './targets.ts';

/** Headers that say how a request is sent, which is the sink's affair. */
const OWN_HEADERS =
  /^(?:accept|connection|content-.*|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade|user-agent)$/;

/** The headers of every request by their lower-case names, with the key; throws {@link ConfigError} for what no header can hold. */
export function requestHeaders({ api_key, headers }: ConnectionConfig): Record<string, string> {
  const key = api_key.reveal().trim();
  if (key === '') throw new ConfigError(['api_key'], 'is empty');
  checkHeader(['api_key'], 'dd-api-key', key);
  const others = readHeaders(headers, OWN_HEADERS, ['headers'], { 'dd-api-key': 'cannot be set: `api_key` sets it' });
  return { 'user-agent': 'tailrace', ...others, 'dd-api-key': key };
}
