import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError, type Secret, type SourceContext } from '@tailrace/core';
import type { OtlpSourceConfig } from './options.ts';
import { type Refused, refused } from './reply.ts';

/** What the listeners prove themselves with, PEM. */
export interface ServerCredentials {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** Whose clients are let in; without it any client is. */
  readonly clientCa: Buffer | null;
}

/** Reads the files of the `tls` options; `null` without them. Throws a ConfigError that names the option and the file. */
export function readCredentials(
  tls: OtlpSourceConfig['tls'],
  context: Pick<SourceContext, 'resolvePath'>,
): ServerCredentials | null {
  const { certificate, key, client_ca: clientCa } = tls;
  if (certificate === undefined || key === undefined) {
    if (certificate !== undefined) throw new ConfigError(['tls', 'key'], 'is missing beside `certificate`');
    if (key !== undefined) throw new ConfigError(['tls', 'certificate'], 'is missing beside `key`');
    if (clientCa === undefined) return null;
    throw new ConfigError(['tls', 'client_ca'], 'needs `certificate` and `key`: without them nothing is encrypted');
  }
  const credentials = {
    certificate: read('certificate', certificate, context),
    key: read('key', key, context),
    clientCa: clientCa === undefined ? null : read('client_ca', clientCa, context),
  };
  try {
    createSecureContext({ cert: credentials.certificate, key: credentials.key });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(['tls', 'certificate'], `${certificate} and ${key} do not make a server: ${why}`);
  }
  return credentials;
}

function read(option: string, file: string, context: Pick<SourceContext, 'resolvePath'>): Buffer {
  let text: Buffer;
  try {
    text = readFileSync(context.resolvePath(file));
  } catch (error) {
    throw new ConfigError(['tls', option], `cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
  if (!text.includes('-----BEGIN ')) throw new ConfigError(['tls', option], `${file} holds no PEM`);
  return text;
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
