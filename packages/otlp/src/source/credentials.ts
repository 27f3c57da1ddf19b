import { createHash, timingSafeEqual } from 'node:crypto';
import { ConfigError, readPem, readServerTls, type Secret, type ServerTls, type SourceContext } from '@tailrace/core';
import type { OtlpSourceConfig } from './options.ts';
import { type Refused, refused } from './reply.ts';

/** What the listeners prove themselves with, as PEM. */
export interface ServerCredentials extends ServerTls {
  /** Whose clients are let in; without it any client is. */
  readonly clientCa: string | null;
}

/** Reads the files of the `tls` options; `null` without them. Throws a ConfigError that names the option and the file. */
export function readCredentials(
  { client_ca: clientCa, ...pair }: OtlpSourceConfig['tls'],
  context: Pick<SourceContext, 'resolvePath'>,
): ServerCredentials | null {
  const tls = readServerTls(pair, context);
  if (tls)
    return { ...tls, clientCa: clientCa === undefined ? null : readPem(clientCa, ['tls', 'client_ca'], context) };
  if (clientCa === undefined) return null;
  throw new ConfigError(['tls', 'client_ca'], 'needs `certificate` and `key`: without them nothing is encrypted');
}

/** A check of the `authorization` header: the refusal, or `null` when it may come in. */
export function bearerCheck(token: Secret | undefined): (header: string | undefined) => Refused | null {
  if (!token) return () => null;
  // Of equal length, as timingSafeEqual wants them, whatever the sender brings.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token.reveal());
  return (header) => {
    const given = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return null;
    const what = header === undefined ? 'no authorization' : 'another authorization than the one that is expected';
    return refused('unauthorized', `the request brings ${what}: send \`authorization: Bearer <token>\``);
  };
}
