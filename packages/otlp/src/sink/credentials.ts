import { basicAuthorization, ConfigError, checkHeader, readHeaders, readUser } from '@tailrace/core';
import type { OtlpSinkConfig } from './options.ts';

/** Headers that say how a request is sent, which is the sink's affair. */
const OWN_HEADERS =
  /^(?:accept|connection|content-.*|expect|grpc-.*|host|keep-alive|te|trailer|transfer-encoding|upgrade|user-agent|.*-bin)$/;

/** The options' headers by their lower-case names, with that of `auth`. Throws {@link ConfigError} for what no header can hold. */
export function requestHeaders({ headers, auth }: OtlpSinkConfig): Record<string, string> {
  const authorization = authorizationOf(auth);
  if (authorization === undefined) return readHeaders(headers, OWN_HEADERS);
  const taken = { authorization: 'cannot stand beside `auth`' };
  return { ...readHeaders(headers, OWN_HEADERS, ['headers'], taken), authorization };
}

function authorizationOf(auth: OtlpSinkConfig['auth']): string | undefined {
  const { bearer, username, password } = auth;
  if (bearer) {
    if (username !== undefined || password) {
      throw new ConfigError(['auth', 'bearer'], 'cannot stand beside `username` and `password`');
    }
    const token = bearer.reveal().trim();
    if (token === '') throw new ConfigError(['auth', 'bearer'], 'is empty');
    checkHeader(['auth', 'bearer'], 'authorization', token);
    return `Bearer ${token}`;
  }
  const user = readUser(auth);
  return user && basicAuthorization(user);
}
